package stream

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	codecrtp "github.com/rivero-media/rivero/pipeline/codec/rtp"
	"github.com/rivero-media/rivero/pipeline/media"
)

// lateAfterSwitch is how long packets of a stream that was replaced by another
// SSRC are taken for stragglers.
const lateAfterSwitch = time.Second

// track is one stream of the peer, all that a Receiver gets or one layer of it. The receiver's mutex
// guards it.
type track struct {
	*Receiver
	ring   atomic.Pointer[media.Ring] // made by the first packet worth keeping
	packet media.Packet               // owned by the read goroutine

	rid        string // of the layer, "": there is one stream
	number     uint8  // of the layer,
	repairedBy uint32 // SSRC of the layer's retransmissions, 0: not known
	meter      meter  // of a layer

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
}

func newTrack(r *Receiver) *track { return &track{Receiver: r, byeAt: never} }

// received is what the bookkeeping found out about a packet.
type received struct {
	level   uint8 // of sound,
	session *Session
	format  *media.Format
	pts     time.Duration
	key     bool
	layer   uint8
	changed bool   // the format is new
	first   uint16 // first of the packets found missing
	lost    int    // how many to ask for
	tooMuch bool   // more is missing than can be asked for
	asks    bool   // the stream begins without the key frame that somebody waits for
}

// account does the bookkeeping of a packet; false when it is to be dropped. Called locked.
func (t *track) account(h *rtp.Header, payload []byte, at time.Duration, c *Codec) (in received, ok bool) {
	if t.session == nil || c.isEvent() && !t.sounds(h.SSRC) || !t.belongs(h.SSRC, at) {
		return in, false
	}
	ext, gap, v := t.place(h)
	switch {
	case v == useless:
		t.counters.discarded++
		return in, false
	case c.isEvent():
	case v == late && !c.same(t.codec):
		t.counters.discarded++ // of a format that is over
		return in, false
	case !c.same(t.codec):
		in.changed = t.switchTo(c)
	}
	if v == late {
		// One that comes at once was on its way already, only late.
		if trip, measured := t.missing.arrived(ext, at); measured && trip >= leastRetry {
			t.session.measureTrip(trip)
		}
	}
	if gap > 0 && c.Feedback.NACK {
		in.first, in.lost = uint16(ext-int64(gap)), gap
		in.tooMuch = !t.missing.add(ext-int64(gap), ext, at)
	}
	if v != late && !c.isEvent() && (!t.arrivals.measured || h.Timestamp != t.clock.newest) {
		t.arrivals.timed(h.Timestamp, at, c.Format.ClockRate)
	}
	expected := gap + 1
	if v == late {
		expected = 0 // it was, with the gap
	}
	t.countLoss(expected, len(payload), at)
	t.take(&in, h, payload, at)
	if c.isEvent() {
		in.format = &c.Format
	}
	return in, true
}

// sounds tells whether the voice is here that a telephone event of ssrc stands beside: they share numbers and timestamps
// (RFC 4733 section 2.2), so that the events have no clock without it. Called locked.
func (t *track) sounds(ssrc uint32) bool { return t.running && t.ssrc == ssrc && t.codec != nil }

// take finishes the bookkeeping of a packet that has its place. Called locked.
func (t *track) take(in *received, h *rtp.Header, payload []byte, at time.Duration) {
	in.session, in.format = t.session, t.format
	in.pts = t.clock.pts(h.Timestamp, at, len(t.out.Routes()) == 0)
	in.key = t.isKey(h.Timestamp, payload)
	in.asks, t.wantsKey = t.wantsKey && !in.key, false
	t.lastAt = at
	t.counters.packets++
	t.counters.bytes += uint64(len(payload))
	if t.number != 0 {
		t.meter.add(len(payload), at)
	}
	in.layer = t.number
}

// deliver writes a packet that was accounted for.
func (t *track) deliver(in *received, h *rtp.Header, payload []byte, at time.Duration, b *media.Burst, c *Codec) {
	if in.lost > 0 {
		t.askAgain(in)
	}
	if in.asks {
		t.requestKeyFrame()
	}
	if in.changed {
		in.session.opts.Log.Debug().Stringer("kind", t.kind).Uint32("ssrc", h.SSRC).
			Stringer("format", *in.format).Msg("stream of the peer")
		if t.formatChanged != nil {
			t.formatChanged()
		}
	}
	p := &t.packet
	p.Format, p.RTP, p.PTS, p.At, p.Key, p.Data, p.Burst = in.format, *h, in.pts, at, in.key, payload, b
	p.Layer, p.Level = in.layer, in.level
	p.RTP.Extension, p.RTP.Extensions, p.RTP.CSRC = false, nil, nil
	if t.kind == media.Video || c.Feedback.NACK {
		t.keep(p)
	}
	t.out.Write(p)
	p.Data, p.Burst = nil, nil
}

// belongs tells whether a packet of ssrc is to be taken, and begins a new stream
// when it is the first of another one. Called locked.
func (t *track) belongs(ssrc uint32, at time.Duration) bool {
	if t.running && ssrc == t.ssrc {
		return true
	}
	if t.running && ssrc == t.former && at-t.lastAt < lateAfterSwitch {
		t.counters.discarded++
		return false
	}
	t.former, t.ssrc, t.running = t.ssrc, ssrc, true
	t.arrivals, t.counters = arrivals{}, receiverCounters{}
	t.missing.forget()
	t.codec, t.hasKey, t.byeAt = nil, false, never
	t.senderReport, t.reportedPackets = 0, 0
	return true
}

// place enters the sequence number of a packet. Called locked.
func (t *track) place(h *rtp.Header) (ext int64, gap int, v verdict) {
	if !t.arrivals.running {
		t.arrivals.begin(h.SequenceNumber)
		return t.arrivals.top, 0, newest
	}
	ext, gap, v = t.arrivals.add(h.SequenceNumber)
	if v == restarts {
		t.missing.forget()
	}
	return ext, gap, v
}

// switchTo makes c the format of the output and tells whether that is new.
// Called locked.
func (t *track) switchTo(c *Codec) bool {
	if t.codec == nil || t.codec.Format.ClockRate != c.Format.ClockRate {
		t.clock.restart(c.Format.ClockRate)
	}
	before := t.out.Format()
	t.codec = c
	t.format = t.out.SetFormat(c.Format)
	t.hasKey = false
	return t.format != before
}

// isKey tells whether the packet is the first of a frame that can be decoded on
// its own. Called locked.
func (t *track) isKey(timestamp uint32, payload []byte) bool {
	if t.kind != media.Video {
		return true
	}
	if t.hasKey && t.keyTime == timestamp || !codecrtp.StartsKeyFrame(t.codec.Format.Codec, payload) {
		return false
	}
	t.keyTime, t.hasKey = timestamp, true
	return true
}

// keep puts a packet into the ring for those who lose it.
func (t *track) keep(p *media.Packet) {
	ring := t.ring.Load()
	if ring == nil {
		if t.long && t.kind == media.Video {
			ring = media.NewRing(media.LongRingSlots, 0)
		} else {
			ring = media.NewRing(media.RingSlots, media.RepairTime)
		}
		t.ring.Store(ring)
	}
	ring.Put(p)
}

// resend gives a packet out of the ring.
func (t *track) resend(seq uint16, f func(*media.Packet)) bool {
	ring := t.ring.Load()
	return ring != nil && ring.Resend(seq, f)
}
