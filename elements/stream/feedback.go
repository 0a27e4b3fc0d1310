package stream

import (
	"cmp"
	"time"

	"github.com/pion/rtcp"

	"github.com/rivero-media/rivero/pipeline/media"
)

const (
	// ownEstimate is the bitrate we tell a publisher to stay below when nobody
	// asks for less and nothing is lost, in bit/s, as Kurento does; only a higher
	// maximum set by the owner lifts it.
	ownEstimate = 2_000_000
	// leastEstimate is what slow viewers and loss can press a publisher down to, in bit/s,
	// unless the owner says otherwise: where browsers begin.
	leastEstimate = 300_000
	// unlimited takes a limit back that a publisher was told which measures its path itself.
	unlimited = 1 << 27
	// rembInterval is the least time between two REMB messages.
	rembInterval = 200 * time.Millisecond
)

// RembPolicy says which of the viewers a publisher is held to.
type RembPolicy string

// The policies. An empty one is RembMin.
const (
	RembMin RembPolicy = "min" // the slowest, as Kurento does
	RembMax RembPolicy = "max" // the fastest: the others lose packets, or watch a smaller layer
)

// rateLimit is what decides the bitrate that a publisher is told, in bit/s.
type rateLimit struct {
	viewers  int // lowest limit of those who consume the stream, 0: none
	fastest  int // highest, 0: somebody has none
	min, max int // set by the owner, 0: none
	policy   RembPolicy
	floor    int // what viewers and loss can press the publisher down to, 0: leastEstimate
	loss     lossEstimate
	measures bool // the publisher measures its path itself
	layered  bool // it sends several layers: a slow viewer watches a smaller one
	told     int  // last sent, 0: nothing yet
	toldAt   time.Duration
}

// estimate is what the publisher should be told now, 0: nothing.
func (l *rateLimit) estimate() int {
	bps := l.max
	if !l.measures {
		bps = l.loss.limit(l.most())
	}
	viewers := l.viewers
	if l.policy == RembMax {
		viewers = l.fastest
	}
	if viewers > 0 && !l.layered {
		viewers = max(viewers, l.least())
		if bps == 0 || viewers < bps {
			bps = viewers
		}
	}
	switch {
	case bps > 0:
		return max(bps, l.min)
	case l.told > 0:
		return unlimited
	}
	return 0
}

// most is what a publisher is told that does not measure its path when nothing is lost.
func (l *rateLimit) most() int { return cmp.Or(l.max, ownEstimate) }

// least is what viewers and loss can press the publisher down to.
func (l *rateLimit) least() int { return cmp.Or(l.floor, leastEstimate) }

// SetRembPolicy says which viewers' limits are passed on to the publisher, and the bit/s below which
// neither they nor loss press it, 0: 300 kbit/s. It may be called at any time.
func (r *Receiver) SetRembPolicy(policy RembPolicy, floor int) {
	r.limits(func(l *rateLimit) { l.policy, l.floor = policy, floor })
}

// SetBitrateRange bounds what the publisher is told to send, in bit/s; 0 takes a
// bound back. It may be called at any time.
func (r *Receiver) SetBitrateRange(min, max int) {
	r.limits(func(l *rateLimit) { l.min, l.max = min, max })
}

// SetMaxBitrate is part of media.Upstream; an Output calls SetLimits instead.
func (r *Receiver) SetMaxBitrate(bps int) { r.SetLimits(bps, bps) }

// SetLimits takes the lowest and the highest limit of those who consume the stream; part
// of media.RangeUpstream. The publisher hears of it shortly.
func (r *Receiver) SetLimits(lowest, highest int) {
	r.limits(func(l *rateLimit) { l.viewers, l.fastest = lowest, highest })
}

// limits changes what decides the publisher's bitrate.
func (r *Receiver) limits(change func(l *rateLimit)) {
	r.mu.Lock()
	change(&r.rate)
	s := r.session
	r.mu.Unlock()
	if s != nil {
		s.kick()
	}
}

// RequestKeyFrame asks the publisher for a key frame at once, by whichever way
// was negotiated; part of media.Upstream. Before the first packet there is
// nobody to ask: should the stream not begin with a key frame, it is asked then.
// Of a simulcast it is the highest layer that is asked.
func (r *Receiver) RequestKeyFrame() {
	r.mu.Lock()
	tracks, rates := r.tracks, r.layerBitrates()
	r.mu.Unlock()
	if best := rates.Highest(); best != 0 {
		r.RequestLayerKeyFrame(best)
		return
	}
	for _, t := range tracks {
		t.requestKeyFrame()
	}
}

func (t *track) requestKeyFrame() {
	t.mu.Lock()
	s, local := t.session, t.local
	if t.kind != media.Video || s == nil || t.codec == nil {
		t.wantsKey = t.codec == nil
		t.mu.Unlock()
		return
	}
	var request rtcp.Packet
	switch feedback := t.codec.Feedback; {
	case feedback.PLI:
		t.counters.pli++
		request = &rtcp.PictureLossIndication{SenderSSRC: local, MediaSSRC: t.ssrc}
	case feedback.FIR:
		t.counters.fir++
		request = &rtcp.FullIntraRequest{
			SenderSSRC: local,
			FIR:        []rtcp.FIREntry{{SSRC: t.ssrc, SequenceNumber: uint8(t.counters.fir)}},
		}
	}
	t.mu.Unlock()
	if request != nil {
		s.sendFeedback(local, request)
	}
}

// askAgain reports what was just found missing. It runs on the read goroutine.
func (t *track) askAgain(in *received) {
	if in.tooMuch {
		t.requestKeyFrame()
		return
	}
	seqs := make([]uint16, in.lost)
	for i := range seqs {
		seqs[i] = in.first + uint16(i)
	}
	t.sendNACK(in.session, seqs)
	in.session.kick() // for the repetition
}

// repair asks again for what is still missing and tells when to look again.
func (r *Receiver) repair(now time.Duration) (next time.Duration) {
	r.mu.Lock()
	tracks := r.tracks
	r.mu.Unlock()
	next = never
	for _, t := range tracks {
		next = min(next, t.repair(now))
	}
	return next
}

func (t *track) repair(now time.Duration) (next time.Duration) {
	t.mu.Lock()
	s := t.session
	if s == nil || len(t.missing.list) == 0 {
		t.mu.Unlock()
		return never
	}
	seqs, next := t.missing.due(now, s.RoundTrip(), nil)
	t.mu.Unlock()
	if len(seqs) > 0 {
		t.sendNACK(s, seqs)
	}
	return next
}

func (t *track) sendNACK(s *Session, seqs []uint16) {
	t.mu.Lock()
	nack := &rtcp.TransportLayerNack{
		SenderSSRC: t.local, MediaSSRC: t.ssrc,
		Nacks: rtcp.NackPairsFromSequenceNumbers(seqs),
	}
	t.counters.nack++
	t.mu.Unlock()
	s.sendFeedback(nack.SenderSSRC, nack)
}

// remb is the bitrate message that is due: when the estimate has changed, or
// with a report. It also tells when to look again.
func (r *Receiver) remb(now time.Duration, reporting bool) (message rtcp.Packet, next time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	sources := r.told()
	if len(sources) == 0 {
		return nil, never
	}
	l := &r.rate
	bps := l.estimate()
	if bps == 0 || bps == l.told && (!reporting || bps == unlimited) {
		return nil, never
	}
	if due := l.toldAt + rembInterval; l.told != 0 && now < due {
		if bps == l.told {
			return nil, never
		}
		return nil, due
	}
	l.told, l.toldAt = bps, now
	return &rtcp.ReceiverEstimatedMaximumBitrate{
		SenderSSRC: r.local, Bitrate: float32(bps), SSRCs: sources,
	}, never
}

// told lists the streams whose bitrate the publisher is told. Called locked.
func (r *Receiver) told() (sources []uint32) {
	if r.session == nil || r.kind != media.Video {
		return nil
	}
	for _, t := range r.tracks {
		if t.codec != nil && t.codec.Feedback.REMB {
			sources = append(sources, t.ssrc)
		}
	}
	return sources
}

// sendFeedback sends a message in the smallest compound packet that RFC 4585
// section 3.1 allows: reduced-size RTCP is never negotiated.
func (s *Session) sendFeedback(local uint32, message rtcp.Packet) {
	s.send([]rtcp.Packet{
		&rtcp.ReceiverReport{SSRC: local},
		s.description(local),
		message,
	})
}

// send marshals a compound packet and gives it to the transport.
func (s *Session) send(packets []rtcp.Packet) {
	raw, err := rtcp.Marshal(packets)
	if err != nil {
		s.opts.Log.Warn().Err(err).Msg("rtcp packet not sent")
		return
	}
	s.transport.WriteRTCP(raw)
}

// description is our canonical name for the given sources.
func (s *Session) description(sources ...uint32) *rtcp.SourceDescription {
	d := &rtcp.SourceDescription{}
	for _, ssrc := range sources {
		d.Chunks = append(d.Chunks, rtcp.SourceDescriptionChunk{
			Source: ssrc,
			Items:  []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: s.opts.CNAME}},
		})
	}
	return d
}
