package graph_test

import (
	"testing"
	"time"

	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

func TestLatencyIsMeasuredWhileItIsWanted(t *testing.T) {
	g, from, to := pair(t, quiet{})
	between := newElement("between")
	g.Update(func(e *graph.Edit) {
		e.Add(between.node)
		e.SetThrough(between.node, media.Video, between.node)
		e.Connect(video(from, between))
	})
	var b media.Burst
	write := func() {
		p := media.Packet{Format: from.out.Format(), At: media.Now() - 50*time.Millisecond, Burst: &b}
		from.out.Write(&p)
	}
	write()
	if _, ok := g.Latency(to.node, media.Video); ok {
		t.Error("latency without measuring")
	}
	g.Measure(true)
	write()
	for _, n := range []*graph.Node{to.node, between.node} {
		if d, ok := g.Latency(n, media.Video); !ok || d < 50*time.Millisecond || d > 5*time.Second {
			t.Errorf("%s: %v, %v", n.Owner().(*element).name, d, ok)
		}
	}
	if _, ok := g.Latency(from.node, media.Video); ok {
		t.Error("latency where nothing comes in")
	}
	g.Update(func(e *graph.Edit) { e.Disconnect(video(from, to)) })
	if n := len(from.out.Routes()); n != 1 {
		t.Errorf("%d receivers, wanted the meter alone", n)
	}
	before, _ := g.Latency(between.node, media.Video)
	write()
	if after, ok := g.Latency(between.node, media.Video); !ok || after == before {
		t.Error("what nobody takes is not measured at a pass-through")
	}
	g.Measure(false)
	if n := len(from.out.Routes()); n != 0 {
		t.Errorf("%d receivers are left", n)
	}
}
