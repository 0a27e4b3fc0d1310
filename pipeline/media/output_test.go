package media_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

// counter is a sink that counts.
type counter struct{ n int }

func (c *counter) Write(*media.Packet) { c.n++ }

// upstream notes what it is asked for.
type upstream struct {
	media.NoUpstream
	mu     sync.Mutex
	limits []int
	keys   chan time.Time
}

func (u *upstream) RequestKeyFrame() { u.keys <- time.Now() }

func (u *upstream) SetMaxBitrate(bps int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.limits = append(u.limits, bps)
}

func TestWriteAllocatesNothing(t *testing.T) {
	out := media.NewOutput(media.NoUpstream{}, func() {})
	sinks := make([]counter, 50)
	var routes []media.Route
	for i := range sinks {
		routes = append(routes, media.Route{Sink: &sinks[i]})
	}
	out.SetRoutes(routes)
	p := &media.Packet{Format: out.SetFormat(media.Format{Kind: media.Video, Codec: media.VP8, Packed: true}), Burst: &media.Burst{}}
	if n := testing.AllocsPerRun(1000, func() { out.Write(p); p.Burst.Flush() }); n != 0 {
		t.Errorf("%v allocations per packet", n)
	}
	if sinks[49].n != 1001 {
		t.Errorf("the last sink got %d packets", sinks[49].n)
	}
}

func TestTheLowestLimitGoesUpstream(t *testing.T) {
	up := &upstream{}
	out := media.NewOutput(up, nil)
	a, b := out.Open(), out.Open()
	a.SetMaxBitrate(500)
	b.SetMaxBitrate(300)
	b.SetMaxBitrate(900)
	a.Close()
	a.SetMaxBitrate(100) // closed: does nothing
	b.Close()
	b.Close()
	want := []int{500, 300, 500, 900, 0}
	if len(up.limits) != len(want) {
		t.Fatalf("limits %v, wanted %v", up.limits, want)
	}
	for i := range want {
		if up.limits[i] != want[i] {
			t.Fatalf("limits %v, wanted %v", up.limits, want)
		}
	}
}

func TestKeyFrameRequestsAreHeldBackNotDropped(t *testing.T) {
	up := &upstream{keys: make(chan time.Time, 10)}
	out := media.NewOutput(up, nil)
	defer out.Close()
	src := out.Open()
	for range 5 {
		src.RequestKeyFrame()
	}
	first, second := <-up.keys, <-up.keys
	if d := second.Sub(first); d < 290*time.Millisecond {
		t.Errorf("two requests within %v", d)
	}
	select {
	case <-up.keys:
		t.Error("five requests became three")
	default:
	}
}

func TestClosedOutputAsksForNothing(t *testing.T) {
	up := &upstream{keys: make(chan time.Time, 10)}
	out := media.NewOutput(up, nil)
	src := out.Open()
	src.RequestKeyFrame()
	src.RequestKeyFrame() // held back
	out.Close()
	src.RequestKeyFrame()
	if len(up.keys) != 1 {
		t.Errorf("%d requests, wanted 1", len(up.keys))
	}
}

func TestWakeAfterSilence(t *testing.T) {
	woken := 0
	out := media.NewOutput(media.NoUpstream{}, func() { woken++ })
	p := &media.Packet{Burst: &media.Burst{}}
	out.Write(p)
	out.Write(p)
	if woken != 1 || !out.Flowing() {
		t.Fatalf("woken %d times, flowing %v", woken, out.Flowing())
	}
	if out.Idle() {
		t.Error("idle right after a packet")
	}
	if !out.Idle() {
		t.Error("not idle without a packet")
	}
	out.Write(p)
	if woken != 2 {
		t.Errorf("woken %d times, wanted 2", woken)
	}
}

// broken is a sink that panics.
type broken struct{}

func (broken) Write(*media.Packet) { panic("broken") }

func TestRescueBlamesTheReceiver(t *testing.T) {
	out := media.NewOutput(media.NoUpstream{}, nil)
	var blamed any
	after := &counter{}
	out.SetRoutes([]media.Route{{Sink: broken{}, Fail: func(v any) { blamed = v }}, {Sink: after}})
	var own any
	turn := func(f func(b *media.Burst)) {
		var b media.Burst
		defer b.Rescue(func(v any) { own = v })
		f(&b)
	}
	turn(func(b *media.Burst) { out.Write(&media.Packet{Burst: b}) })
	if blamed != "broken" || own != nil {
		t.Errorf("blamed %v, own %v", blamed, own)
	}
	turn(func(*media.Burst) { panic("mine") })
	if own != "mine" {
		t.Errorf("a panic outside any receiver: %v", own)
	}
}

// relay is a sink that writes on, and then panics.
type relay struct{ out *media.Output }

func (r relay) Write(p *media.Packet) {
	r.out.Write(p)
	panic("relay")
}

func TestRescueBlamesARelayForItsOwnPanic(t *testing.T) {
	out, behind := media.NewOutput(media.NoUpstream{}, nil), media.NewOutput(media.NoUpstream{}, nil)
	behind.SetRoutes([]media.Route{{Sink: &counter{}, Fail: func(any) { t.Error("who got the packet is blamed") }}})
	var blamed any
	out.SetRoutes([]media.Route{{Sink: relay{behind}, Fail: func(v any) { blamed = v }}})
	func() {
		var b media.Burst
		defer b.Rescue(func(v any) { t.Errorf("the producer is blamed: %v", v) })
		out.Write(&media.Packet{Burst: &b})
	}()
	if blamed != "relay" {
		t.Errorf("blamed %v", blamed)
	}
}

func BenchmarkOutputWrite50(b *testing.B) {
	out := media.NewOutput(media.NoUpstream{}, nil)
	sinks := make([]counter, 50)
	var routes []media.Route
	for i := range sinks {
		routes = append(routes, media.Route{Sink: &sinks[i]})
	}
	out.SetRoutes(routes)
	p := &media.Packet{Burst: &media.Burst{}}
	b.ReportAllocs()
	for b.Loop() {
		out.Write(p)
	}
}

// rangeUpstream wants to know both ends of the limits.
type rangeUpstream struct {
	upstream
	ranges [][2]int
}

func (u *rangeUpstream) SetLimits(lowest, highest int) {
	u.ranges = append(u.ranges, [2]int{lowest, highest})
}

func TestBothEndsOfTheLimitsGoUpstream(t *testing.T) {
	up := &rangeUpstream{}
	out := media.NewOutput(up, nil)
	a := out.Open()
	a.SetMaxBitrate(500)
	b := out.Open() // can take anything
	b.SetMaxBitrate(0)
	b.SetMaxBitrate(900)
	b.SetMaxBitrate(700)
	a.SetMaxBitrate(800)
	b.Close()
	a.Close()
	want := [][2]int{{500, 500}, {500, 0}, {500, 900}, {500, 700}, {700, 800}, {800, 800}, {0, 0}}
	if !slices.Equal(up.ranges, want) || len(up.limits) != 0 {
		t.Errorf("told %v, want %v; and %v", up.ranges, want, up.limits)
	}
}
