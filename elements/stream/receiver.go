package stream

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	codecrtp "github.com/rivero-media/rivero/pipeline/codec/rtp"
	"github.com/rivero-media/rivero/pipeline/media"
)

// lateAfterSwitch is how long packets of a stream that was replaced by another
// SSRC are taken for stragglers.
const lateAfterSwitch = time.Second

// Receiver turns what the peer sends on one m-line into an Output. It lives as
// long as the endpoint: it exists, and can be connected, before anything is
// negotiated.
type Receiver struct {
	kind          media.Kind
	out           *media.Output
	formatChanged func()

	ring   atomic.Pointer[media.Ring] // made by the first packet worth keeping
	packet media.Packet               // owned by the read goroutine

	mu      sync.Mutex
	session *Session // nil before negotiation and after the end
	local   uint32   // SSRC that our reports about this stream come from

	ssrc    uint32 // of the stream received now
	running bool
	former  uint32 // SSRC of the stream before
	codec   *Codec // of the newest packet
	format  *media.Format

	arrivals arrivals
	missing  missing
	clock    streamClock
	lastAt   time.Duration // when the last packet came
	byeAt    time.Duration // when the stream was left by BYE, never: it was not
	keyTime  uint32        // timestamp of the frame last marked as key
	hasKey   bool
	wantsKey bool // a key frame was asked for before there was anybody to ask

	senderReport    uint32 // middle of the NTP time in the last sender report, 0: none
	senderReportAt  time.Duration
	reportedPackets int64

	counters receiverCounters
	rate     rateLimit
}

var _ media.Upstream = (*Receiver)(nil)

// NewReceiver makes a receiver without negotiated formats. wake is told of the
// first packet after silence (see media.Output), formatChanged that the output
// has another format now, so that the graph can be planned anew. Both come from
// the read goroutine, may be nil and must not block.
func NewReceiver(kind media.Kind, wake, formatChanged func()) *Receiver {
	r := &Receiver{kind: kind, formatChanged: formatChanged, byeAt: never}
	r.out = media.NewOutput(r, wake)
	return r
}

// Output is where the received packets go.
func (r *Receiver) Output() *media.Output { return r.out }

// attach puts the receiver to work for a session.
func (r *Receiver) attach(s *Session, l *Line) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.session, r.local = s, l.SSRC
	r.clock.peer = s.opts.Clock
}

// detach takes it out of work.
func (r *Receiver) detach() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.session = nil
	r.missing.forget()
}

// handle takes one packet of payload type c. It runs on the read goroutine.
func (r *Receiver) handle(h *rtp.Header, payload []byte, at time.Duration, b *media.Burst, c *Codec) {
	in, ok := r.account(h, payload, at, c)
	if !ok {
		return
	}
	if in.lost > 0 {
		r.askAgain(in)
	}
	if in.asks {
		r.RequestKeyFrame()
	}
	if in.changed {
		in.session.opts.Log.Debug().Stringer("kind", r.kind).Uint32("ssrc", h.SSRC).
			Stringer("format", *in.format).Msg("stream of the peer")
		if r.formatChanged != nil {
			r.formatChanged()
		}
	}
	p := &r.packet
	p.Format, p.RTP, p.PTS, p.At, p.Key, p.Data, p.Burst = in.format, *h, in.pts, at, in.key, payload, b
	p.RTP.Extension, p.RTP.Extensions, p.RTP.CSRC = false, nil, nil
	if r.kind == media.Video || c.Feedback.NACK {
		r.keep(p)
	}
	r.out.Write(p)
	p.Data, p.Burst = nil, nil
}

// received is what the bookkeeping found out about a packet.
type received struct {
	session *Session
	format  *media.Format
	pts     time.Duration
	key     bool
	changed bool   // the format is new
	first   uint16 // first of the packets found missing
	lost    int    // how many to ask for
	tooMuch bool   // more is missing than can be asked for
	asks    bool   // the stream begins without the key frame that somebody waits for
}

// account does the bookkeeping of a packet; false when it is to be dropped.
func (r *Receiver) account(h *rtp.Header, payload []byte, at time.Duration, c *Codec) (in received, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.session == nil || !r.belongs(h.SSRC, at) {
		return in, false
	}
	ext, gap, v := r.place(h)
	switch {
	case v == useless:
		r.counters.discarded++
		return in, false
	case v == late && c != r.codec:
		r.counters.discarded++ // of a format that is over
		return in, false
	case c != r.codec:
		in.changed = r.switchTo(c)
	}
	if v == late {
		// One that comes at once was on its way already, only late.
		if trip, measured := r.missing.arrived(ext, at); measured && trip >= leastRetry {
			r.session.measureTrip(trip)
		}
	}
	if gap > 0 && c.Feedback.NACK {
		in.first, in.lost = uint16(ext-int64(gap)), gap
		in.tooMuch = !r.missing.add(ext-int64(gap), ext, at)
	}
	if v != late && (!r.arrivals.measured || h.Timestamp != r.clock.newest) {
		r.arrivals.timed(h.Timestamp, at, c.Format.ClockRate)
	}
	in.session, in.format = r.session, r.format
	in.pts = r.clock.pts(h.Timestamp, at, len(r.out.Routes()) == 0)
	in.key = r.isKey(h.Timestamp, payload)
	in.asks, r.wantsKey = r.wantsKey && !in.key, false
	r.lastAt = at
	r.counters.packets++
	r.counters.bytes += uint64(len(payload))
	return in, true
}

// belongs tells whether a packet of ssrc is to be taken, and begins a new stream
// when it is the first of another one. Called locked.
func (r *Receiver) belongs(ssrc uint32, at time.Duration) bool {
	if r.running && ssrc == r.ssrc {
		return true
	}
	if r.running && ssrc == r.former && at-r.lastAt < lateAfterSwitch {
		r.counters.discarded++
		return false
	}
	r.former, r.ssrc, r.running = r.ssrc, ssrc, true
	r.arrivals, r.counters = arrivals{}, receiverCounters{}
	r.missing.forget()
	r.codec, r.hasKey, r.byeAt = nil, false, never
	r.senderReport, r.reportedPackets = 0, 0
	return true
}

// place enters the sequence number of a packet. Called locked.
func (r *Receiver) place(h *rtp.Header) (ext int64, gap int, v verdict) {
	if !r.arrivals.running {
		r.arrivals.begin(h.SequenceNumber)
		return r.arrivals.top, 0, newest
	}
	ext, gap, v = r.arrivals.add(h.SequenceNumber)
	if v == restarts {
		r.missing.forget()
	}
	return ext, gap, v
}

// switchTo makes c the format of the output and tells whether that is new.
// Called locked.
func (r *Receiver) switchTo(c *Codec) bool {
	if r.codec == nil || r.codec.Format.ClockRate != c.Format.ClockRate {
		r.clock.restart(c.Format.ClockRate)
	}
	before := r.out.Format()
	r.codec = c
	r.format = r.out.SetFormat(c.Format)
	r.hasKey = false
	return r.format != before
}

// isKey tells whether the packet is the first of a frame that can be decoded on
// its own. Called locked.
func (r *Receiver) isKey(timestamp uint32, payload []byte) bool {
	if r.kind != media.Video {
		return true
	}
	if r.hasKey && r.keyTime == timestamp || !codecrtp.StartsKeyFrame(r.codec.Format.Codec, payload) {
		return false
	}
	r.keyTime, r.hasKey = timestamp, true
	return true
}

// keep puts a packet into the ring for those who lose it.
func (r *Receiver) keep(p *media.Packet) {
	ring := r.ring.Load()
	if ring == nil {
		ring = media.NewRing(media.RingSlots)
		r.ring.Store(ring)
	}
	ring.Put(p)
}

// Resend gives a packet out of the ring; part of media.Upstream.
func (r *Receiver) Resend(seq uint16, f func(*media.Packet)) bool {
	ring := r.ring.Load()
	return ring != nil && ring.Resend(seq, f)
}
