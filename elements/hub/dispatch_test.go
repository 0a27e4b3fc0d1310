package hub_test

import (
	"testing"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/hub"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/media"
)

func flows(t *testing.T, what string, sink *elementtest.Sink) {
	t.Helper()
	audio, video := sink.Count(media.Audio), sink.Count(media.Video)
	elementtest.Eventually(t, what, func() bool {
		return sink.Count(media.Audio) > audio+5 && sink.Count(media.Video) > video+5
	})
}

// still tells whether nothing comes that was not on its way: the graph has been planned when the call returns.
func still(t *testing.T, sink *elementtest.Sink, k media.Kind, until *elementtest.Sink) {
	t.Helper()
	before := sink.Count(k)
	flows(t, "media elsewhere", until)
	if n := sink.Count(k) - before; n > 1 {
		t.Errorf("%d packets of %s came", n, k)
	}
}

func TestDispatcher(t *testing.T) {
	b := newBench(t, "Dispatcher", nil, hub.Settings{})
	one, two, other := b.create("TestSource"), b.create("TestSource"), b.create("TestSink").(*elementtest.Sink)
	elementtest.Connect(t, one, other)
	sink := b.create("TestSink").(*elementtest.Sink)
	p1, p2, p3 := b.port(), b.port(), b.port()
	elementtest.Connect(t, one, p1)
	elementtest.Connect(t, two, p2)
	elementtest.Connect(t, p3, sink)
	still(t, sink, media.Audio, other)
	connect := func(source, sink pipeline.Object) {
		elementtest.Must(t, b.hub, "connect", map[string]any{"source": source.ID(), "sink": sink.ID()})
	}
	connect(p1, p3)
	flows(t, "media of the first port", sink)
	if sink.Last(media.Video).Format == nil || !sink.Last(media.Video).Format.Packed {
		t.Error("packets do not pass as they are")
	}
	connect(p2, p3)
	flows(t, "media of the second port", sink)
	b.s.Release(p2)
	still(t, sink, media.Video, other)
	connect(p1, p3)
	connect(p3, p3) // a port may be its own source: nothing is linked to it
	still(t, sink, media.Video, other)
	h2 := b.create("Dispatcher")
	foreign := elementtest.Create(t, b.s, "HubPort", map[string]any{"hub": h2.ID()})
	refused(t, b.hub, "connect", map[string]any{"source": foreign.ID(), "sink": p3.ID()}, pipeline.ConnectError)
}

func TestDispatcherOneToMany(t *testing.T) {
	b := newBench(t, "DispatcherOneToMany", nil, hub.Settings{})
	source, other := b.create("TestSource"), b.create("TestSink").(*elementtest.Sink)
	elementtest.Connect(t, source, other)
	from, first := b.port(), b.port()
	elementtest.Connect(t, source, from)
	sinks := []*elementtest.Sink{b.create("TestSink").(*elementtest.Sink), b.create("TestSink").(*elementtest.Sink), b.create("TestSink").(*elementtest.Sink)}
	elementtest.Connect(t, from, sinks[0])
	elementtest.Connect(t, first, sinks[1])
	elementtest.Must(t, b.hub, "setSource", map[string]any{"source": from.ID()})
	late := b.port()
	elementtest.Connect(t, late, sinks[2])
	for _, s := range sinks {
		flows(t, "media at every port, the source included", s)
	}
	elementtest.Must(t, b.hub, "removeSource", nil)
	for _, s := range sinks {
		still(t, s, media.Audio, other)
	}
	elementtest.Must(t, b.hub, "setSource", map[string]any{"source": from.ID()})
	flows(t, "media again", sinks[1])
	b.s.Release(from)
	still(t, sinks[1], media.Video, other)
}
