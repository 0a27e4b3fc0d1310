package stream

import (
	"sync"
	"time"

	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/pipeline/media"
)

// Receiver turns what the peer sends on one m-line into an Output. It lives as
// long as the endpoint: it exists, and can be connected, before anything is
// negotiated.
type Receiver struct {
	kind          media.Kind
	out           *media.Output
	formatChanged func()

	mu      sync.Mutex
	session *Session // nil before negotiation and after the end
	local   uint32   // SSRC that our reports about these streams come from
	tracks  []*track // never empty; replaced, not changed
	rate    rateLimit

	extensions Extensions
	long       bool // see KeepPast
}

var (
	_ media.RangeUpstream   = (*Receiver)(nil)
	_ media.LayeredUpstream = (*Receiver)(nil)
)

// NewReceiver makes a receiver without negotiated formats. wake is told of the
// first packet after silence (see media.Output), formatChanged that the output
// has another format now, so that the graph can be planned anew. Both come from
// the read goroutine, may be nil and must not block.
func NewReceiver(kind media.Kind, wake, formatChanged func()) *Receiver {
	r := &Receiver{kind: kind, formatChanged: formatChanged}
	r.tracks = []*track{newTrack(r)}
	r.out = media.NewOutput(r, wake)
	return r
}

// KeepPast has video kept for as long as there is room, for those who come late: for sources that make no key frame when
// asked for one. It is called before the first packet.
func (r *Receiver) KeepPast() { r.long = true }

// Output is where the received packets go.
func (r *Receiver) Output() *media.Output { return r.out }

// attach puts the receiver to work for a session, or tells it what was negotiated anew.
func (r *Receiver) attach(s *Session, l *Line) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.session, r.local = s, l.SSRC
	r.extensions, r.rate.measures = l.Extensions, l.measures(l.Receive)
	r.layer(l.RIDs)
	r.rate.layered = len(r.tracks) > 1
	for _, t := range r.tracks {
		t.clock.peer = s.opts.Clock
		for i := range l.Receive {
			if c := &l.Receive[i]; c.same(t.codec) {
				t.codec = c // its feedback may be another
			}
		}
	}
}

// detach takes it out of work.
func (r *Receiver) detach() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.session = nil
	for _, t := range r.tracks {
		t.missing.forget()
	}
}

// audioLevel is what a packet of sound says of its loudness (RFC 6464 section 3), 0: nothing. Called locked.
func (r *Receiver) audioLevel(h *rtp.Header) uint8 {
	if r.extensions.AudioLevel == 0 {
		return 0
	}
	if v := h.GetExtension(r.extensions.AudioLevel); len(v) > 0 {
		return v[0]
	}
	return 0
}

// handle takes one packet of payload type c. It runs on the read goroutine.
func (r *Receiver) handle(h *rtp.Header, payload []byte, at time.Duration, b *media.Burst, c *Codec) {
	r.mu.Lock()
	t := r.track(h)
	if t == nil {
		r.mu.Unlock()
		return
	}
	in, ok := t.account(h, payload, at, c)
	in.level = r.audioLevel(h)
	r.mu.Unlock()
	if ok {
		t.deliver(&in, h, payload, at, b, c)
	}
}

// Resend gives a packet out of the ring; part of media.Upstream.
func (r *Receiver) Resend(seq uint16, f func(*media.Packet)) bool { return r.ResendLayer(0, seq, f) }
