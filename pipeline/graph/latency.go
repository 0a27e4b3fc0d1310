package graph

import (
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

// Measure begins or ends the measuring of latency: a meter is the first receiver of every output.
func (g *Graph) Measure(on bool) {
	g.mu.Lock()
	if on == (g.meters != nil) {
		g.mu.Unlock()
		return
	}
	g.meters = nil
	if on {
		g.meters = make(map[*media.Output]*media.Meter)
	}
	g.mu.Unlock()
	g.Update(func(*Edit) {})
}

// meter gives each output a meter, while latency is measured, and forgets those of outputs that are gone.
func (p *planning) meter() {
	if p.g.meters == nil {
		return
	}
	meters := make(map[*media.Output]*media.Meter)
	add := func(out *media.Output) {
		if meters[out] = p.g.meters[out]; meters[out] == nil {
			meters[out] = new(media.Meter)
		}
		if _, used := p.routes[out]; !used {
			p.routes[out] = nil // present, if only for the meter
		}
	}
	for n := range p.g.nodes {
		for _, out := range n.outputs {
			if out != nil {
				add(out)
			}
		}
	}
	for _, d := range p.derived {
		add(d.Output())
	}
	p.g.meters = meters
}

// Latency is how long what comes into a node has been in the process, on average; false while nothing is measured or
// nothing comes in.
func (g *Graph) Latency(n *Node, k media.Kind) (time.Duration, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	out, _ := g.producerOf(n, k)
	if b := g.bound[n.inputs[k]]; n.inputs[k] != nil && b != nil {
		out = b.out // behind the conversions
	}
	m := g.meters[out]
	if m == nil {
		return 0, false
	}
	return m.Average(), true
}

// Takes tells whether a node has an input for a kind, its own or one that it passes on.
func (g *Graph) Takes(n *Node, k media.Kind) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return n.inputs[k] != nil || n.through[k] != nil
}
