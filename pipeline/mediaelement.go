package pipeline

import (
	"context"
	"reflect"

	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

// MediaElementClass describes MediaElement.
var MediaElementClass = &Class{
	Name: "MediaElement", Module: "core", Parent: MediaObjectClass,
	Methods: Methods(
		bitrateProperty("encoderBitrate", func(b *codec.Bitrates) *int { return &b.Target }),
		bitrateProperty("minEncoderBitrate", func(b *codec.Bitrates) *int { return &b.Min }),
		bitrateProperty("maxEncoderBitrate", func(b *codec.Bitrates) *int { return &b.Max }),
		// 6.x names of the three, one of them misspelt there
		bitrateProperty("minOutputBitrate", func(b *codec.Bitrates) *int { return &b.Min }),
		bitrateProperty("minOuputBitrate", func(b *codec.Bitrates) *int { return &b.Min }),
		bitrateProperty("maxOutputBitrate", func(b *codec.Bitrates) *int { return &b.Max }),
		bitrateProperty("maxOuputBitrate", func(b *codec.Bitrates) *int { return &b.Max }),
		Do("setOutputBitrate", func(_ context.Context, e Element, p bitrateParams) error {
			e.Element().setBitrate(func(b *codec.Bitrates) { b.Target = p.Bitrate })
			return nil
		}),
		Op("getSourceConnections", sourceConnections),
		Op("getSinkConnections", sinkConnections),
		Do("connect", connect),
		Do("disconnect", disconnect),
		Do("setAudioFormat", func(_ context.Context, e Element, p audioCapsParams) error {
			want, err := p.Caps.want()
			if err == nil {
				e.Element().setWant(media.Audio, want)
			}
			return err
		}),
		Do("setVideoFormat", func(_ context.Context, e Element, p videoCapsParams) error {
			want, err := p.Caps.want()
			if err == nil {
				e.Element().setWant(media.Video, want)
			}
			return err
		}),
		Op("getGstreamerDot", func(_ context.Context, e Element, _ dotParams) (string, error) {
			return e.Element().Dot(), nil
		}),
		Do("dumpGstreamerDot", func(_ context.Context, e Element, _ dotParams) error {
			e.Element().pipeline.Dump(e)
			return nil
		}),
		Op("getStats", stats),
		Op("isMediaFlowingIn", isFlowingIn),
		Op("isMediaFlowingOut", isFlowingOut),
		Op("isMediaTranscoding", isTranscoding),
	),
	Events: []EventType{
		Raises[ElementConnected](),
		Raises[ElementDisconnected](),
		Raises[MediaFlowOutStateChanged]("MediaFlowOutStateChange"),
		Raises[MediaFlowInStateChanged]("MediaFlowInStateChange"),
		Raises[MediaTranscodingStateChanged]("MediaTranscodingStateChange"),
	},
	Refer: reflect.TypeFor[Element](),
	Types: []reflect.Type{reflect.TypeFor[EndpointStats]()},
}

// ElementConnected is raised on the source, once for each kind of media.
type ElementConnected struct {
	Media
	Sink                   Element   `kurento:"sink"`
	MediaType              MediaType `kurento:"mediaType"`
	SourceMediaDescription string    `kurento:"sourceMediaDescription"`
	SinkMediaDescription   string    `kurento:"sinkMediaDescription"`
}

// ElementDisconnected is raised on the source, once for each kind of media.
type ElementDisconnected struct {
	Media
	Sink                   Element   `kurento:"sink"`
	MediaType              MediaType `kurento:"mediaType"`
	SourceMediaDescription string    `kurento:"sourceMediaDescription"`
	SinkMediaDescription   string    `kurento:"sinkMediaDescription"`
}

// MediaFlowOutStateChanged: media began or ceased to flow from the element into the pipeline.
type MediaFlowOutStateChanged struct {
	Media
	State     MediaFlowState `kurento:"state"`
	PadName   string         `kurento:"padName"`
	MediaType MediaType      `kurento:"mediaType"`
}

// MediaFlowInStateChanged: media began or ceased to flow from the pipeline into the element.
type MediaFlowInStateChanged struct {
	Media
	State     MediaFlowState `kurento:"state"`
	PadName   string         `kurento:"padName"`
	MediaType MediaType      `kurento:"mediaType"`
}

// MediaTranscodingStateChanged: what the element gives is now converted for somebody, or not.
type MediaTranscodingStateChanged struct {
	Media
	State     MediaTranscodingState `kurento:"state"`
	BinName   string                `kurento:"binName"`
	MediaType MediaType             `kurento:"mediaType"`
	Reason    *string               `kurento:"reason,optional"` // new here: which elements and formats, why, and what it costs
}

type bitrateParams struct {
	Bitrate int `kurento:"bitrate"`
}

type audioCapsParams struct {
	Caps AudioCaps `kurento:"caps"`
}

type videoCapsParams struct {
	Caps VideoCaps `kurento:"caps"`
}

type dotParams struct {
	Details *GstreamerDotDetails `kurento:"details,optional"`
}

func bitrateProperty(name string, field func(*codec.Bitrates) *int) []Method {
	return Property(name,
		func(e Element) int { b := e.Element().rates.Load(); return *field(&b) },
		func(e Element, bps int) error {
			e.Element().setBitrate(func(b *codec.Bitrates) { *field(b) = bps })
			return nil
		})
}

// setBitrate changes what encoders behind this element aim at, those of elements included that have nothing chosen for them.
func (e *MediaElement) setBitrate(change func(*codec.Bitrates)) {
	before := e.rates.Chosen()
	e.rates.Change(change)
	if !before {
		e.Update(func(g *graph.Edit, n *graph.Node) { g.SetRates(n, e.rates) })
	}
}

// setWant has everything that this element gives converted to what a client wants; what nothing converts is reported as an
// Error event of the element that would get it.
func (e *MediaElement) setWant(k media.Kind, want codec.Want) {
	e.Update(func(g *graph.Edit, n *graph.Node) { g.SetWant(n, k, want) })
}

type linkParams struct {
	Sink                   Element    `kurento:"sink"`
	MediaType              *MediaType `kurento:"mediaType,optional"`
	SourceMediaDescription *string    `kurento:"sourceMediaDescription,optional"`
	SinkMediaDescription   *string    `kurento:"sinkMediaDescription,optional"`
}

func (p linkParams) kinds() []media.Kind {
	if p.MediaType == nil {
		return media.Kinds[:]
	}
	return []media.Kind{p.MediaType.Kind()}
}

func padName(name *string) string {
	if name == nil {
		return graph.DefaultPad
	}
	return *name
}

func connect(_ context.Context, e Element, p linkParams) error {
	return e.Element().connect(p.Sink.Element(), p.kinds(),
		padName(p.SourceMediaDescription), padName(p.SinkMediaDescription))
}

func disconnect(_ context.Context, e Element, p linkParams) error {
	e.Element().disconnect(p.Sink.Element(), p.kinds(),
		padName(p.SourceMediaDescription), padName(p.SinkMediaDescription))
	return nil
}

type connectionParams struct {
	MediaType   *MediaType `kurento:"mediaType,optional"`
	Description *string    `kurento:"description,optional"`
}

// matches tells whether a link is asked for, by kind and by the name of the pad at this element.
func (p connectionParams) matches(k media.Kind, pad string) bool {
	return (p.MediaType == nil || p.MediaType.Kind() == k) && (p.Description == nil || *p.Description == pad)
}

// sourceConnections are the links that feed this element.
func sourceConnections(_ context.Context, e Element, p connectionParams) ([]ElementConnectionData, error) {
	fed, _ := e.Element().pipeline.graph.LinksOf(e.Element().node)
	return connectionData(fed, func(l graph.Link) bool { return p.matches(l.Kind, l.SinkPad) }), nil
}

// sinkConnections are the links that this element feeds.
func sinkConnections(_ context.Context, e Element, p connectionParams) ([]ElementConnectionData, error) {
	_, feeds := e.Element().pipeline.graph.LinksOf(e.Element().node)
	return connectionData(feeds, func(l graph.Link) bool { return p.matches(l.Kind, l.SourcePad) }), nil
}

type statsParams struct {
	MediaType *MediaType `kurento:"mediaType,optional"`
}

func stats(_ context.Context, e Element, p statsParams) (map[string]StatsEntry, error) {
	var kind *media.Kind
	if p.MediaType != nil {
		k := p.MediaType.Kind()
		kind = &k
	}
	all := map[string]StatsEntry{}
	if m, ok := e.(Measured); ok {
		all = m.StatsOf(kind)
	}
	e.Element().latencyStats(all, kind)
	return all, nil
}

type flowInParams struct {
	MediaType MediaType `kurento:"mediaType"`
	Pad       string    `kurento:"sinkMediaDescription,optional,default=default"`
}

type flowOutParams struct {
	MediaType MediaType `kurento:"mediaType"`
	Pad       string    `kurento:"sourceMediaDescription,optional,default=default"`
}

type transcodingParams struct {
	MediaType MediaType `kurento:"mediaType"`
	BinName   string    `kurento:"binName,optional,default=default"`
}

func isFlowingIn(_ context.Context, e Element, p flowInParams) (bool, error) {
	return e.Element().flowing("MediaFlowingIn", p.MediaType, p.Pad, graph.In)
}

func isFlowingOut(_ context.Context, e Element, p flowOutParams) (bool, error) {
	return e.Element().flowing("MediaFlowingOut", p.MediaType, p.Pad, graph.Out)
}

func (e *MediaElement) flowing(what string, t MediaType, pad string, d graph.Direction) (bool, error) {
	if t.Kind() == media.Data {
		return false, Errorf(IllegalParam, "Media type DATA is not supported for %s", what)
	}
	return pad == graph.DefaultPad && e.pipeline.graph.Flowing(e.node, t.Kind(), d), nil
}

// isTranscoding treats the default bin name as any; the original never finds it (elements.md §1).
func isTranscoding(_ context.Context, e Element, p transcodingParams) (bool, error) {
	if p.MediaType.Kind() == media.Data {
		return false, Errorf(IllegalParam, "Media type DATA is not supported for MediaTranscoding")
	}
	el := e.Element()
	if p.BinName != "default" && p.BinName != el.binName(p.MediaType.Kind()) {
		return false, nil
	}
	return el.pipeline.graph.Transcoding(el.node, p.MediaType.Kind()), nil
}

// binName is the stable name under which transcoding of one kind is reported.
func (e *MediaElement) binName(k media.Kind) string { return e.id + "_" + k.String() }
