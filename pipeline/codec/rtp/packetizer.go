package rtp

import (
	"math/rand/v2"
	"sync"

	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/media"
)

// packetizer is the step from whole frames to RTP payloads: one stream with a
// source identifier of its own, whose packets can be sent again.
type packetizer struct {
	codec.Link
	out    *media.Output
	packer packer
	ring   *media.Ring
	base   uint32 // RTP timestamp of the zero of the pipeline clock
	marks  bool   // the last packet of a frame has the marker bit
	write  func(*media.Packet)

	mu     sync.Mutex // of what follows: when a route is swapped two producers may call
	begun  bool       // the first frame was seen
	packet media.Packet
	events events
	buf    []byte
}

var _ codec.Node = (*packetizer)(nil)

// newPacketizer makes payloads of video of at most size bytes.
func newPacketizer(to media.Format, p packer, size int) *packetizer {
	kept := media.LongRingSlots
	if to.Kind == media.Audio {
		size, kept = maxAudio, media.RingSlots
	}
	n := &packetizer{packer: p, ring: media.NewRing(kept, 0), base: rand.Uint32(), buf: make([]byte, size)}
	n.marks = to.Kind == media.Video || to.Codec == media.AAC // RFC 3640 §3.1; the marker of other sound begins a talkspurt
	n.out = media.NewOutput(n, nil)
	n.write = n.out.Write
	n.packet.Format = n.out.SetFormat(to)
	n.packet.RTP.Version = 2
	n.packet.RTP.SSRC = rand.Uint32()
	n.packet.RTP.SequenceNumber = uint16(rand.Uint32())
	return n
}

func (n *packetizer) Output() *media.Output { return n.out }

// Close is part of codec.Node.
func (n *packetizer) Close() { n.out.Close() }

// Resend is part of media.Upstream.
func (n *packetizer) Resend(seq uint16, f func(*media.Packet)) bool { return n.ring.Resend(seq, f) }

// End is part of media.Ender.
func (n *packetizer) End() { n.out.End() }

func (n *packetizer) Write(p *media.Packet) {
	passes := n.Passes(p)
	if !passes && !n.Takes(p) {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if passes {
		n.passOn(p)
		return
	}
	if !n.begun {
		n.begun = true
		n.rewind(p)
	}
	n.pack(p, n.write)
}

// passOn writes a telephone event as the next packet of the stream. Called locked.
func (n *packetizer) passOn(p *media.Packet) {
	event := n.events.place(p, &n.packet, n.base)
	if event == nil {
		return
	}
	n.packet.RTP.SequenceNumber++
	n.out.Write(event)
	event.Data, event.Burst = nil, nil
}

// rewind packs what came since the last key frame before p, as far as the source keeps it, so that receivers find it in
// the ring. Called locked, on the producer's goroutine.
func (n *packetizer) rewind(p *media.Packet) {
	from := n.From()
	if p.Key || from == nil {
		return
	}
	first, found := media.LastKey(from, p, nil)
	for seq := first; found && seq != p.RTP.SequenceNumber; seq++ {
		found = from.Resend(seq, func(kept *media.Packet) { n.pack(kept, func(*media.Packet) {}) })
	}
}

// pack makes packets of a frame, keeps them and gives them to write. Called locked.
func (n *packetizer) pack(p *media.Packet, write func(*media.Packet)) {
	if !n.packer.load(p.Data, p.Key) {
		return
	}
	out := &n.packet
	out.RTP.Timestamp = n.base + ticks(p.PTS, out.Format.ClockRate)
	out.PTS, out.At, out.Key, out.Burst = p.PTS, p.At, p.Key, p.Burst
	for last := false; !last; {
		var size int
		size, last = n.packer.next(n.buf)
		out.Data = n.buf[:size]
		out.RTP.Marker = last && n.marks
		out.RTP.SequenceNumber++
		n.ring.Put(out)
		write(out)
		out.Key = false
	}
	out.Data, out.Burst = nil, nil
}
