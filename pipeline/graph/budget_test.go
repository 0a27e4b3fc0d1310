package graph_test

import (
	"testing"

	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

// Conversions are told with their reason; those that would cost too much are refused, and begin once there is room.
func TestConversionsAreBounded(t *testing.T) {
	to := media.Format{Kind: media.Video, Codec: "Z", Packed: true}
	table := codec.Steps{func(have media.Format, _ codec.Want) []codec.Step {
		if have != formats[0] {
			return nil
		}
		return []codec.Step{{To: to, Cost: 60, New: func(codec.NewArgs) codec.Node {
			u := &unpack{living: new(int)}
			u.out = media.NewOutput(u, nil)
			u.out.SetFormat(to)
			return u
		}}}
	}}
	var budget codec.Budget
	budget.SetLimit(100)
	o := &recorder{events: make(chan string, 64)}
	g := graph.New(table, &budget, o)
	t.Cleanup(g.Close)
	var sources, sinks []*element
	g.Update(func(e *graph.Edit) {
		for _, name := range []string{"a", "b"} {
			from, into := newElement("from "+name), newElement("to "+name)
			from.out = media.NewOutput(media.NoUpstream{}, g.Woken)
			from.out.SetFormat(formats[0])
			into.in = &sink{name: name, takes: to}
			e.Add(from.node)
			e.Add(into.node)
			e.SetOutput(from.node, media.Video, from.out)
			e.SetInput(into.node, media.Video, into.in)
			sources, sinks = append(sources, from), append(sinks, into)
		}
	})
	connect := func(i, j int) { g.Update(func(e *graph.Edit) { e.Connect(video(sources[i], sinks[j])) }) }
	connect(0, 0)
	o.expect(t, "converts from a to to a: A to Z for 60")
	connect(1, 1)
	o.expect(t, "refused to b A over budget")
	if budget.Used() != 60 {
		t.Errorf("%d used, want 60", budget.Used())
	}
	connect(0, 1) // the same conversion serves both
	if n := len(sources[0].out.Routes()); n != 1 || budget.Used() != 60 {
		t.Errorf("%d conversions, %d used", n, budget.Used())
	}
	connect(1, 1)
	g.Update(func(e *graph.Edit) { e.Disconnect(video(sources[0], sinks[0])) })
	if budget.Used() != 0 {
		t.Errorf("%d used, want 0", budget.Used())
	}
	g.Update(func(*graph.Edit) {}) // there is room now
	o.expect(t, "converts from b to to b: A to Z for 60")
}
