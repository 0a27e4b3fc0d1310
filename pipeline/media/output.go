package media

import (
	"sync"
	"sync/atomic"
	"time"
)

// Route is one receiver of an Output.
type Route struct {
	Sink Sink
	Fail func(v any) // told when Write panicked; nil: the producer is told instead

	layered bool // the sink takes every layer
}

// Output is where a producer writes its packets. Write reads an immutable list
// of routes that the graph replaces as a whole, so a receiver that comes or
// goes never meets a packet half way.
type Output struct {
	routes atomic.Pointer[[]Route]
	format atomic.Pointer[Format]
	seen   atomic.Bool // a packet was written since the last Idle
	wake   func()      // told of the first packet after silence
	one    oneLayer    // for sinks that know no layers
	plain  atomic.Bool // there are such sinks

	up      Upstream
	mu      sync.Mutex
	sources map[*source]int // limit in bit/s of each receiver, 0: none
	lowest  int             // limit, as last told to up
	highest int             // the same, 0: somebody has none
	keys    [MaxLayers + 1]keyRequests
	closed  bool
}

// keyRequests are those for one layer.
type keyRequests struct {
	last  time.Time
	timer *time.Timer // a request that waits for keyFrameInterval to pass
}

// keyFrameInterval is the shortest time between two key frame requests to one
// source: each one costs the publisher several times an ordinary frame. A
// request that comes earlier is held back, not dropped, because the key frame
// on its way may have passed before the asking receiver was connected.
const keyFrameInterval = 300 * time.Millisecond

// NewOutput returns an output without format and receivers. wake is called
// from the producer's goroutine at the first packet after silence (see Idle)
// and must not block; it may be nil.
func NewOutput(up Upstream, wake func()) *Output {
	return &Output{up: up, wake: wake, sources: make(map[*source]int)}
}

// Write hands p to every receiver that takes its layer. Only the producer's goroutine calls it.
func (o *Output) Write(p *Packet) {
	if !o.seen.Load() {
		o.seen.Store(true)
		if o.wake != nil {
			o.wake()
		}
	}
	routes := o.routes.Load()
	if routes == nil {
		return
	}
	if p.Layer != 0 && !(o.plain.Load() && o.one.takes(p, o)) {
		writeLayer(*routes, p)
		return
	}
	before := p.Burst.at // set when this output is a receiver's own, further down
	for i := range *routes {
		r := &(*routes)[i]
		p.Burst.at = r
		r.Sink.Write(p)
	}
	p.Burst.at = before
}

// writeLayer hands p to those receivers only that take every layer.
func writeLayer(routes []Route, p *Packet) {
	before := p.Burst.at
	for i := range routes {
		if r := &routes[i]; r.layered {
			p.Burst.at = r
			r.Sink.Write(p)
		}
	}
	p.Burst.at = before
}

// End tells the receivers that nothing follows what was written. Only the producer's goroutine calls it.
func (o *Output) End() {
	for _, r := range o.Routes() {
		if e, ok := r.Sink.(Ender); ok {
			e.End()
		}
	}
}

// Format is the format of the packets written now, nil while unknown. The
// pointer is what packets carry.
func (o *Output) Format() *Format { return o.format.Load() }

// SetFormat declares what will be written from now on and returns the pointer
// that packets must carry; the same pointer as before when nothing changed.
// The producer calls it and then has the graph planned anew.
func (o *Output) SetFormat(f Format) *Format {
	if old := o.format.Load(); old != nil && *old == f {
		return old
	}
	o.format.Store(&f)
	return &f
}

// ClearFormat declares that nothing will be written until the next SetFormat.
func (o *Output) ClearFormat() { o.format.Store(nil) }

// SetRoutes replaces the receivers. The slice belongs to the output afterwards.
func (o *Output) SetRoutes(routes []Route) {
	if len(routes) == 0 {
		o.routes.Store(nil)
		o.plain.Store(false)
		return
	}
	plain := false
	for i := range routes {
		_, routes[i].layered = routes[i].Sink.(LayeredSink)
		plain = plain || !routes[i].layered
	}
	o.plain.Store(plain)
	o.routes.Store(&routes)
}

// Routes returns the receivers as of now; the slice must not be changed.
func (o *Output) Routes() []Route {
	if r := o.routes.Load(); r != nil {
		return *r
	}
	return nil
}

// Flowing tells whether a packet was written since the last Idle.
func (o *Output) Flowing() bool { return o.seen.Load() }

// Idle tells whether nothing was written since the last call. The next packet
// after it calls wake again.
func (o *Output) Idle() bool { return !o.seen.Swap(false) }

// Open makes the way upstream for one more receiver.
func (o *Output) Open() Source {
	s := &source{out: o}
	o.mu.Lock()
	o.sources[s] = 0
	o.tellLimits() // one without a limit
	o.mu.Unlock()
	return s
}

// Close forgets all receivers and pending requests. It may be called twice.
func (o *Output) Close() {
	o.SetRoutes(nil)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	clear(o.sources)
	for i := range o.keys {
		if k := &o.keys[i]; k.timer != nil {
			k.timer.Stop()
			k.timer = nil
		}
	}
}

// requestKeyFrame passes a request for a layer on, at most one per keyFrameInterval. Layer 0
// is the one that sinks get that know none.
func (o *Output) requestKeyFrame(layer uint8) {
	if layer == 0 {
		layer = uint8(o.one.current.Load())
	}
	o.mu.Lock()
	k := &o.keys[layer]
	if o.closed || k.timer != nil {
		o.mu.Unlock()
		return
	}
	now := time.Now()
	if wait := keyFrameInterval - now.Sub(k.last); wait > 0 {
		k.timer = time.AfterFunc(wait, func() { o.requestHeldBack(layer) })
		o.mu.Unlock()
		return
	}
	k.last = now
	o.mu.Unlock()
	o.passRequest(layer)
}

func (o *Output) requestHeldBack(layer uint8) {
	o.mu.Lock()
	k := &o.keys[layer]
	if k.timer == nil {
		o.mu.Unlock()
		return
	}
	k.timer = nil
	k.last = time.Now()
	o.mu.Unlock()
	o.passRequest(layer)
}

func (o *Output) passRequest(layer uint8) {
	if up, ok := o.up.(LayeredUpstream); ok && layer != 0 {
		up.RequestLayerKeyFrame(layer)
		return
	}
	o.up.RequestKeyFrame()
}

// setLimit records one receiver's limit (forget: takes it away) and tells the
// producer when that changes what it has to know.
func (o *Output) setLimit(s *source, bps int, forget bool) {
	o.mu.Lock()
	if _, known := o.sources[s]; !known {
		o.mu.Unlock()
		return
	}
	if forget {
		delete(o.sources, s)
	} else {
		o.sources[s] = bps
	}
	o.tellLimits()
	o.mu.Unlock()
}

// tellLimits tells the producer of limits that have changed. Called locked, so that they
// arrive in order.
func (o *Output) tellLimits() {
	lowest, highest, free := 0, 0, false
	for _, l := range o.sources {
		if free = free || l == 0; l > 0 && (lowest == 0 || l < lowest) {
			lowest = l
		}
		highest = max(highest, l)
	}
	if free {
		highest = 0
	}
	if ranged, ok := o.up.(RangeUpstream); ok {
		if lowest != o.lowest || highest != o.highest {
			ranged.SetLimits(lowest, highest)
		}
	} else if lowest != o.lowest {
		o.up.SetMaxBitrate(lowest)
	}
	o.lowest, o.highest = lowest, highest
}

// source is the LayeredSource of one receiver of an Output.
type source struct{ out *Output }

func (s *source) open() bool {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	_, ok := s.out.sources[s]
	return ok
}

func (s *source) RequestKeyFrame() { s.RequestLayerKeyFrame(0) }

func (s *source) RequestLayerKeyFrame(layer uint8) {
	if s.open() {
		s.out.requestKeyFrame(layer)
	}
}

func (s *source) LayerBitrates() LayerBitrates {
	if up, ok := s.out.up.(LayeredUpstream); ok {
		return up.LayerBitrates()
	}
	return LayerBitrates{}
}

func (s *source) SetMaxBitrate(bps int) { s.out.setLimit(s, max(bps, 0), false) }

func (s *source) Resend(seq uint16, f func(*Packet)) bool { return s.ResendLayer(0, seq, f) }

func (s *source) ResendLayer(layer uint8, seq uint16, f func(*Packet)) bool {
	if !s.open() {
		return false
	}
	if layer == 0 {
		layer = uint8(s.out.one.current.Load())
	}
	if up, ok := s.out.up.(LayeredUpstream); ok && layer != 0 {
		return up.ResendLayer(layer, seq, f)
	}
	return s.out.up.Resend(seq, f)
}

func (s *source) Close() { s.out.setLimit(s, 0, true) }
