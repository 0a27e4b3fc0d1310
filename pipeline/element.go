package pipeline

import (
	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

// Element is an object that media flows through.
type Element interface {
	Object
	Element() *MediaElement
}

// MediaElement is the base of all elements: a node in the graph of its pipeline.
type MediaElement struct {
	MediaObject
	pipeline *MediaPipeline
	node     *graph.Node
	self     Element
	rates    *codec.Rates // of encoders behind the element
}

// Setup gives the element its identity and puts it into the graph. self is the concrete element, parent the
// pipeline or, for ports, the hub.
func (e *MediaElement) Setup(b Creation, self Element, p *MediaPipeline, parent Object) {
	e.MediaObject.Setup(b, parent)
	e.pipeline, e.self = p, self
	e.rates = p.NewRates()
	e.node = graph.NewNode(self)
	p.graph.Update(func(g *graph.Edit) {
		g.Add(e.node)
		g.SetRates(e.node, e.rates)
	})
}

// ShareRates has encoders behind the element use bitrates that it has in common with others, and so be the same ones, until
// a client chooses some for this element. It is called after Setup.
func (e *MediaElement) ShareRates(rates *codec.Rates) {
	e.Update(func(g *graph.Edit, n *graph.Node) { g.SetRates(n, rates) })
}

// Element lets every element be seen as its base.
func (e *MediaElement) Element() *MediaElement { return e }

// Pipeline is the pipeline the element belongs to.
func (e *MediaElement) Pipeline() *MediaPipeline { return e.pipeline }

// Node is the element in its pipeline's graph.
func (e *MediaElement) Node() *graph.Node { return e.node }

// Update changes what the element produces and consumes and has the routes computed anew.
func (e *MediaElement) Update(f func(g *graph.Edit, n *graph.Node)) {
	e.pipeline.graph.Update(func(g *graph.Edit) { f(g, e.node) })
}

// NewOutput makes an output for a producer of this element. It still has to be put into the graph by Update.
func (e *MediaElement) NewOutput(up media.Upstream) *media.Output {
	return media.NewOutput(up, e.Woken)
}

// Woken is for outputs that are made elsewhere: what they call at the first packet after silence.
func (e *MediaElement) Woken() { e.pipeline.graph.Woken() }

// FormatChanged has the routes computed anew soon; for producers, from any goroutine.
func (e *MediaElement) FormatChanged() { e.pipeline.graph.Changed() }

// Close takes the element out of the graph. Elements with a Close of their own call it last.
func (e *MediaElement) Close() {
	var gone []graph.Link
	e.pipeline.graph.Update(func(g *graph.Edit) { gone = g.Remove(e.node) })
	for _, l := range gone {
		if l.Source != e.node { // the original raises nothing for the sinks of an element that dies
			emitDisconnected(l)
		}
	}
	tellSinks(gone)
}

// Linked is implemented by elements that want to know when what feeds them changes.
type Linked interface {
	// LinksChanged is called after links to the element were declared or taken back, without a lock.
	LinksChanged()
}

func tellSinks(links []graph.Link) {
	told := map[*graph.Node]bool{}
	for _, l := range links {
		if e, ok := l.Sink.Owner().(Linked); ok && !told[l.Sink] {
			told[l.Sink] = true
			e.LinksChanged()
		}
	}
}

// LinkedKinds are the kinds of media that something is linked to this element for.
func (e *MediaElement) LinkedKinds() []media.Kind {
	var kinds []media.Kind
	fed, _ := e.pipeline.graph.LinksOf(e.node)
	for _, l := range fed {
		if l.SinkPad == graph.DefaultPad {
			kinds = append(kinds, l.Kind)
		}
	}
	return kinds
}

// RefusedFormat is what comes of a kind that this element can not take; false when it can, or nothing comes.
func (e *MediaElement) RefusedFormat(k media.Kind) (media.Format, bool) {
	why, refused := e.pipeline.graph.Refused(e.node, k)
	return why.Have, refused
}

// connect declares links for some kinds. What feeds the sink now is disconnected first.
func (e *MediaElement) connect(sink *MediaElement, kinds []media.Kind, sourcePad, sinkPad string) error {
	if sink.pipeline != e.pipeline {
		return Errorf(ConnectError, "Media elements do not share pipeline")
	}
	var replaced, made []graph.Link
	ok := true
	e.pipeline.graph.Update(func(g *graph.Edit) {
		for _, k := range kinds {
			l := graph.Link{Source: e.node, Sink: sink.node, Kind: k, SourcePad: sourcePad, SinkPad: sinkPad}
			old, done := g.Connect(l)
			if ok = ok && done; !done {
				return
			}
			if old != nil {
				replaced = append(replaced, *old)
			}
			made = append(made, l)
		}
	})
	for _, l := range replaced {
		emitDisconnected(l)
	}
	for _, l := range made {
		emitConnected(l)
	}
	tellSinks(made)
	if !ok {
		return Errorf(ObjectNotFound, "Object '%s' not found", sink.id)
	}
	return nil
}

// disconnect takes links back. The original raises ElementDisconnected also for what was not connected.
func (e *MediaElement) disconnect(sink *MediaElement, kinds []media.Kind, sourcePad, sinkPad string) {
	var links []graph.Link
	for _, k := range kinds {
		links = append(links, graph.Link{Source: e.node, Sink: sink.node, Kind: k, SourcePad: sourcePad, SinkPad: sinkPad})
	}
	e.pipeline.graph.Update(func(g *graph.Edit) {
		for _, l := range links {
			g.Disconnect(l)
		}
	})
	for _, l := range links {
		emitDisconnected(l)
	}
	tellSinks(links)
}

func elementOf(n *graph.Node) Element { return n.Owner().(Element) }

func emitConnected(l graph.Link) {
	elementOf(l.Source).Base().Emit(ElementConnected{
		Sink: elementOf(l.Sink), MediaType: mediaType(l.Kind),
		SourceMediaDescription: l.SourcePad, SinkMediaDescription: l.SinkPad,
	})
}

func emitDisconnected(l graph.Link) {
	elementOf(l.Source).Base().Emit(ElementDisconnected{
		Sink: elementOf(l.Sink), MediaType: mediaType(l.Kind),
		SourceMediaDescription: l.SourcePad, SinkMediaDescription: l.SinkPad,
	})
}

// connectionData is how a client sees links, those for which keep is true.
func connectionData(links []graph.Link, keep func(graph.Link) bool) []ElementConnectionData {
	out := make([]ElementConnectionData, 0, len(links))
	for _, l := range links {
		if !keep(l) {
			continue
		}
		out = append(out, ElementConnectionData{
			Source: elementOf(l.Source), Sink: elementOf(l.Sink), Type: mediaType(l.Kind),
			SourceDescription: l.SourcePad, SinkDescription: l.SinkPad,
		})
	}
	return out
}
