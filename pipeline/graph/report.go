package graph

import (
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

// Direction is the side of an element on which media is seen.
type Direction uint8

// In is from the pipeline into the element, Out from the element into the pipeline.
const (
	In Direction = iota
	Out
)

// Observer is told what changed, one call at a time, from the graph's monitor and never with a lock held.
type Observer interface {
	// Flow: media began or ceased to flow through one side of an element.
	Flow(n *Node, k media.Kind, d Direction, flowing bool)
	// Transcoding: what the element gives is now converted for somebody, the dearest conversion being why, or given on as it
	// is (nil).
	Transcoding(n *Node, k media.Kind, why *Conversion)
	// Converts: conversions begin that nobody needed before.
	Converts(c *Conversion)
	// Refused: the element's input is linked to media that it cannot take and that is not converted for it.
	Refused(n *Node, k media.Kind, why Refusal)
	// Failed: the element's input panicked and was detached.
	Failed(n *Node, k media.Kind, v any)
}

// Conversion says why media is converted, and what that costs beyond what was converted before.
type Conversion struct {
	Source, Sink *Node
	Kind         media.Kind
	From, To     media.Format
	Asked        bool // a client has asked for another codec or size (SetWant); false: the sink does not take what there is
	Cost         int  // as in codec.Step
}

// Refusal says why an input gets nothing.
type Refusal struct {
	Have       media.Format
	Takes      string // what the input would take of media.Codecs, for texts
	OverBudget bool   // a conversion exists and would cost too much; false: there is none
	Decodable  bool   // the media can be made raw, and what is missing is an encoder; false: a decoder is missing
	Asked      string // the codec that a client has asked for, "": none
	Makeable   bool   // of which the media can be made, so that it is the input that does not take it
}

// Refused tells why the input of a node gets nothing of what it is linked to; false when it gets it, or nothing is there yet.
func (g *Graph) Refused(n *Node, k media.Kind) (why Refusal, refused bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	why, refused = g.refused[pad{n, k, DefaultPad}]
	return why, refused
}

// padState is what was last reported of one kind at one node.
type padState struct {
	flowing     [2]bool // by Direction
	decided     bool    // transcoding was reported at least once
	transcoding bool
}

// report queues a call to the observer. Called locked, so that calls come in the order of what happened.
func (g *Graph) report(f func()) { g.reports = append(g.reports, f) }

// wake has the monitor run once more. It never blocks.
func (g *Graph) wake() {
	select {
	case g.kick <- struct{}{}:
	default:
	}
}

// Woken is what producers give to media.NewOutput: it has the monitor look at the flow.
func (g *Graph) Woken() { g.wake() }

// monitor tells the observer of changes, plans when a producer has asked for it, and looks every idlePeriod
// for producers that have fallen silent.
func (g *Graph) monitor() {
	defer close(g.done)
	idle := time.NewTicker(idlePeriod)
	defer idle.Stop()
	for {
		select {
		case <-g.stop:
			g.deliver()
			return
		case <-g.kick:
			g.refresh()
		case <-idle.C:
			g.lookForSilence()
		}
		g.deliver()
	}
}

func (g *Graph) refresh() {
	g.mu.Lock()
	if !g.stale.Swap(false) || g.halted {
		g.reportStates()
		g.mu.Unlock()
		return
	}
	unused := g.plan()
	g.mu.Unlock()
	g.closeAll(unused)
}

func (g *Graph) deliver() {
	for {
		g.mu.Lock()
		reports := g.reports
		g.reports = nil
		g.mu.Unlock()
		if len(reports) == 0 {
			return
		}
		for _, f := range reports {
			f()
		}
	}
}

func (g *Graph) lookForSilence() {
	g.mu.Lock()
	defer g.mu.Unlock()
	idle := make(map[*media.Output]bool) // several nodes may give the same output
	for n := range g.nodes {
		for _, k := range media.Kinds {
			out := n.outputs[k]
			if out == nil {
				continue
			}
			if _, seen := idle[out]; !seen {
				idle[out] = out.Idle()
			}
			if idle[out] {
				g.setFlow(n, k, Out, false)
			}
		}
	}
	g.reportIn()
}

// reportStates compares what is with what was last reported, and reports media that began to flow and links
// whose producer is gone. A producer that merely has not written since the last look is still flowing: only
// lookForSilence ends a flow that stays linked. Called locked.
func (g *Graph) reportStates() {
	for n := range g.nodes {
		for _, k := range media.Kinds {
			g.reportOut(n, k)
		}
	}
	g.reportIn()
	g.reportTranscoding()
}

// reportOut updates a producer's own side.
func (g *Graph) reportOut(n *Node, k media.Kind) {
	switch out := n.outputs[k]; {
	case out != nil && out.Flowing():
		g.setFlow(n, k, Out, true)
	case out == nil && n.through[k] == nil:
		g.setFlow(n, k, Out, false)
	}
}

// reportIn derives the flow into every node that takes the kind, and out of those that pass it on, from their producers.
func (g *Graph) reportIn() {
	for n := range g.nodes {
		for _, k := range media.Kinds {
			_, via := g.producerOf(n, k)
			takes := n.inputs[k] != nil || n.through[k] != nil
			flowing := takes && len(via) > 0 && via[len(via)-1].state[k].flowing[Out]
			g.setFlow(n, k, In, flowing)
		}
	}
	for n := range g.nodes {
		for _, k := range media.Kinds {
			if n.outputs[k] == nil && n.through[k] != nil {
				g.setFlow(n, k, Out, n.through[k].state[k].flowing[In])
			}
		}
	}
}

func (g *Graph) setFlow(n *Node, k media.Kind, d Direction, flowing bool) {
	if n.state[k].flowing[d] == flowing {
		return
	}
	n.state[k].flowing[d] = flowing
	g.report(func() { g.observer.Flow(n, k, d, flowing) })
}

// reportTranscoding says for each node whose media flows whether it is converted on the way to somebody. It is not
// while nobody takes it, which is told too, at the first packet, as by the original.
func (g *Graph) reportTranscoding() {
	type use struct {
		n *Node
		k media.Kind
	}
	used := map[use]*Conversion{} // for somebody who takes it
	for n := range g.nodes {
		for _, k := range media.Kinds {
			if n.inputs[k] == nil || g.bound[n.inputs[k]] == nil {
				continue
			}
			_, via := g.producerOf(n, k)
			c := g.bound[n.inputs[k]].conversion
			for _, v := range via {
				if before := used[use{v, k}]; c != nil && (before == nil || before.Cost < c.Cost) {
					used[use{v, k}] = c
				}
			}
		}
	}
	for n := range g.nodes {
		for _, k := range media.Kinds {
			s, why := &n.state[k], used[use{n, k}]
			if !s.flowing[Out] || s.decided && s.transcoding == (why != nil) {
				continue
			}
			s.decided, s.transcoding = true, why != nil
			g.report(func() { g.observer.Transcoding(n, k, why) })
		}
	}
}

// reportRefused tells of inputs that can not take what they are linked to, once for each format.
func (g *Graph) reportRefused(now map[pad]Refusal) {
	for p, why := range now {
		if before, told := g.refused[p]; !told || before != why {
			g.report(func() { g.observer.Refused(p.node, p.kind, why) })
		}
	}
	g.refused = now
}

// failed detaches a receiver that panicked. It is called by the producer's goroutine after its turn.
func (g *Graph) failed(b *binding, v any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.detach(b, v)
}

// stepFailed detaches a conversion step that has broken down in a goroutine of its own.
func (g *Graph) stepFailed(key derivedKey, v any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if d := g.derived[key]; d != nil && g.bound[d.Node] != nil {
		g.detach(g.bound[d.Node], v)
	}
}

// detach is called locked.
func (g *Graph) detach(b *binding, v any) {
	if b.broken {
		return
	}
	b.broken = true
	if g.bound[b.sink] == b {
		var left []*binding
		for _, other := range g.bound {
			if other.out == b.out {
				left = append(left, other)
			}
		}
		g.setRoutes(b.out, left)
	}
	g.report(func() { g.observer.Failed(b.node, b.kind, v) })
	g.wake()
}

// Flowing tells whether media flows through one side of a node, as last reported.
func (g *Graph) Flowing(n *Node, k media.Kind, d Direction) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return n.state[k].flowing[d]
}

// Transcoding tells whether what a node gives is converted for somebody, as last reported.
func (g *Graph) Transcoding(n *Node, k media.Kind) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return n.state[k].transcoding
}
