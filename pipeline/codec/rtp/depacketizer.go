package rtp

import (
	"sync"
	"time"

	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/media"
)

// How long a missing packet is waited for. Video is sent again on request; audio hardly ever,
// so that there it is about packets that overtook each other.
const (
	videoHold = 500 * time.Millisecond
	audioHold = 100 * time.Millisecond
)

// keyFrameRetry is how often a key frame is asked for while there is none, in the time of the
// media.
const keyFrameRetry = time.Second

// depacketizer is the step from RTP payloads to whole frames.
type depacketizer struct {
	codec.Link
	out      *media.Output
	unpacker unpacker
	video    bool

	mu    sync.Mutex // of what follows: when a route is swapped two producers may call
	order reorder
	in    rtpPacket
	frame []byte // memory of the frame in the making
	whole [1][]byte
	// making: the frame has begun, and nothing of it is missing so far.
	making    bool
	timestamp uint32
	packet    media.Packet // the frame that is written
	event     media.Packet // the telephone event that is passed on
	needKey   bool         // video: nothing can be decoded before a key frame
	askedAt   time.Duration
}

var _ codec.Node = (*depacketizer)(nil)

func newDepacketizer(to media.Format, u unpacker) *depacketizer {
	d := &depacketizer{unpacker: u, video: to.Kind == media.Video}
	d.out = media.NewOutput(d, nil)
	d.packet.Format = d.out.SetFormat(to)
	d.order.hold = audioHold
	if d.video {
		d.order.hold = videoHold
		d.needKey = true
		d.askedAt = -keyFrameRetry
	}
	d.order.deliver = d.take
	return d
}

func (d *depacketizer) Output() *media.Output { return d.out }

// Close is part of codec.Node.
func (d *depacketizer) Close() { d.out.Close() }

// Resend is part of media.Upstream: frames are not sent again.
func (d *depacketizer) Resend(uint16, func(*media.Packet)) bool { return false }

func (d *depacketizer) Write(p *media.Packet) {
	passes := d.Passes(p)
	if !passes && !d.Takes(p) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.packet.Burst = p.Burst
	d.in = rtpPacket{
		seq: p.RTP.SequenceNumber, timestamp: p.RTP.Timestamp, ssrc: p.RTP.SSRC,
		marker: p.RTP.Marker, pts: p.PTS, at: p.At, payload: p.Data,
	}
	if passes {
		d.in.event = p.Format
	}
	d.order.push(&d.in)
	d.packet.Burst = nil
}

// End is part of media.Ender.
func (d *depacketizer) End() {
	d.mu.Lock()
	defer d.mu.Unlock()
	var burst media.Burst
	d.packet.Burst = &burst
	d.order.flush()
	d.complete()
	burst.Flush()
	d.packet.Burst = nil
	d.out.End()
}

// take gets the packets in order.
func (d *depacketizer) take(p *rtpPacket, gap bool) {
	if gap {
		d.lose(p.pts)
	}
	if len(p.payload) == 0 {
		return // padding, by which senders probe the network
	}
	if p.event != nil {
		d.passOn(p)
		return
	}
	if !d.video {
		d.takeSound(p, gap)
		return
	}
	if d.making && p.timestamp != d.timestamp {
		d.complete() // the marker bit is only a hint (RFC 3551 §4.1)
	}
	if !d.making {
		frame, key := d.unpacker.begins(p.payload)
		if !frame || d.needKey && !key {
			d.lose(p.pts)
			return
		}
		d.begin(p)
	}
	if d.append(p) && p.marker {
		d.complete()
	}
}

// passOn writes a telephone event, which has kept its place in the sequence.
func (d *depacketizer) passOn(p *rtpPacket) {
	e := &d.event
	e.Format, e.PTS, e.At, e.Key, e.Data, e.Burst = p.event, p.pts, p.at, true, p.payload, d.packet.Burst
	e.RTP.SSRC, e.RTP.SequenceNumber, e.RTP.Timestamp, e.RTP.Marker = p.ssrc, p.seq, p.timestamp, p.marker
	d.out.Write(e)
	e.Data, e.Burst = nil, nil
}

// takeSound gets a frame, or of some codecs several.
func (d *depacketizer) takeSound(p *rtpPacket, gap bool) {
	frames, length := append(d.whole[:0], p.payload), time.Duration(0)
	if s, ok := d.unpacker.(splitter); ok {
		frames, length = s.split(p.payload, gap)
	}
	one := *p
	for _, one.payload = range frames {
		d.begin(&one)
		d.append(&one)
		d.complete()
		one.pts += length
	}
}

// begin starts a frame.
func (d *depacketizer) begin(p *rtpPacket) {
	d.making = true
	d.timestamp = p.timestamp
	d.packet.PTS = p.pts
	d.frame = d.frame[:0]
}

// append adds a packet to the frame, unless it is malformed.
func (d *depacketizer) append(p *rtpPacket) bool {
	frame, err := d.unpacker.unpack(d.frame, p.payload)
	if err != nil || len(frame) > maxFrame {
		d.lose(p.pts)
		return false
	}
	d.frame = frame
	d.packet.At = p.at
	return true
}

// complete writes the frame, if there is one.
func (d *depacketizer) complete() {
	if !d.making {
		return
	}
	d.making = false
	whole, key, ok := d.unpacker.finish(d.frame)
	if !ok || d.needKey && !key {
		d.lose(d.packet.PTS)
		return
	}
	d.needKey = false
	d.packet.Key, d.packet.Data = key, whole
	d.out.Write(&d.packet)
	d.packet.Data = nil
}

// lose drops the frame in the making; video is of no use then up to a key frame.
func (d *depacketizer) lose(at time.Duration) {
	if d.making {
		d.making = false
		d.unpacker.finish(nil)
	}
	if !d.video {
		return
	}
	if !d.needKey || at-d.askedAt >= keyFrameRetry {
		d.askedAt = at
		d.RequestKeyFrame()
	}
	d.needKey = true
}
