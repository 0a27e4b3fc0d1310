package stream

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/pipeline/media"
)

// keyFrameRetry is how long a sender waits for a key frame before it asks again.
const keyFrameRetry = 500 * time.Millisecond

// Sender sends whatever is connected to it to the peer, as one RTP stream
// without a seam. Like a Receiver it exists before anything is negotiated; it
// then accepts nothing.
type Sender struct {
	kind media.Kind

	mu      sync.Mutex
	session *Session // nil before negotiation and after the end
	ssrc    uint32
	codecs  []Codec
	events  []Codec // of the telephone
	event   media.Event

	from    media.Source
	format  *media.Format // bound
	codec   *Codec        // its payload type, nil when nothing is bound
	asked   bool          // a key frame was asked for
	askedAt time.Duration // with the packet presented then; never: at Bind
	search  search        // how far the past of the source was searched for one
	behind  bool          // the past of the source is being sent, next is the next of it
	next    uint16        // a number of the source

	choice   choice // of a layer
	splice   splice
	pictures pictures
	header   rtp.Header
	repeats  repeats

	extensions Extensions
	stamps     *stamps // nil: none is negotiated

	remb     int  // last limit of the peer, 0: none
	estimate int  // what the path carries, 0: unknown
	measured bool // the path is measured, so that remb does not count

	congested bool // the path was full: estimate is a limit
	connect   int  // what the source is told before the peer's limit is known, 0: nothing
	min, max  int  // what the owner lets it be, bit/s, 0: no bound

	resent   resentPackets
	budget   resendBudget
	counters senderCounters
}

var _ media.Input = (*Sender)(nil)

// NewSender makes a sender that accepts nothing until it is negotiated.
func NewSender(kind media.Kind) *Sender { return &Sender{kind: kind} }

// attach puts the sender to work for a session. before sent by the same SSRC in this session, nil: nobody did.
func (s *Sender) attach(session *Session, l *Line, before *Sender) {
	if before != nil && before != s {
		before.mu.Lock() // out of work already: nothing waits for it
		defer before.mu.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.session, s.ssrc, s.codecs, s.events, s.codec = session, l.SSRC, l.Send, l.Events, nil
	s.remb, s.estimate, s.congested = 0, 0, false
	s.setHeaders(l)
	if before == nil {
		// Random beginnings (RFC 3550 section 5.1), the number in the lower half so
		// that the peer's SRTP does not meet a wrap among the first packets (RFC 3711
		// section 3.3.1).
		s.splice.begin(uint16(rand.Uint32()>>17), rand.Uint32())
		return
	}
	// A number that was used once is never used again: see stamps.
	s.splice, s.pictures = before.splice, pictures{used: before.pictures.used, id: before.pictures.id, tl0: before.pictures.tl0}
	s.counters.packets, s.counters.bytes = before.counters.packets, before.counters.bytes
	if before.repeats.ssrc == l.RTX {
		s.repeats.ssrc, s.repeats.header.SequenceNumber = l.RTX, before.repeats.header.SequenceNumber
	}
	s.splice.cut()
}

// renew tells a sender at work what was negotiated anew.
func (s *Sender) renew(l *Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.codec
	s.codecs, s.events, s.codec = l.Send, l.Events, nil
	if s.format != nil {
		if i := s.codecFor(*s.format); i >= 0 {
			s.codec = &s.codecs[i]
		}
	}
	if s.setHeaders(l) || before != nil && (s.codec == nil || s.codec.PayloadType != before.PayloadType) {
		s.splice.forget()
	}
}

// setHeaders prepares what the headers of all packets have in common and tells whether those of media
// differ from before.
func (s *Sender) setHeaders(l *Line) (changed bool) {
	if s.header.SSRC != l.SSRC || s.extensions != l.Extensions {
		changed = true
		s.extensions, s.stamps = l.Extensions, newStamps(&l.Extensions)
		s.header = rtp.Header{Version: 2, SSRC: l.SSRC}
		if s.stamps != nil {
			s.stamps.prepare(&s.header)
		}
	}
	s.measured = l.measures(l.Send)
	if changed || s.repeats.header.SSRC != l.RTX {
		s.repeats.begin(l.RTX, s.stamps)
	}
	return changed
}

// ssrcs are those that the sender uses, or has used, for media and for retransmissions.
func (s *Sender) ssrcs() (media, repeats uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ssrc, s.repeats.ssrc
}

// open is called when the peer can be reached: a key frame that was asked for before may have come and gone.
func (s *Sender) open() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = false
}

// detach takes it out of work. When it returns, nothing is being written.
func (s *Sender) detach() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.session, s.codecs, s.codec = nil, nil, nil
}

// Accept takes the negotiated formats; the peer's first choice has the highest
// score. Part of media.Input.
func (s *Sender) Accept(f media.Format) (score int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.codecFor(f); i >= 0 {
		return len(s.codecs) - i, true
	}
	return 0, false
}

// codecFor returns the index of the codec for a format, rather one that is that very format, -1 for none.
// Called locked.
func (s *Sender) codecFor(f media.Format) int {
	f.Caps = "" // of which negotiation knows nothing
	if i := slices.IndexFunc(s.codecs, func(c Codec) bool { return c.Format == f }); i >= 0 {
		return i
	}
	return slices.IndexFunc(s.codecs, func(c Codec) bool { return f.Packed && c.Takes != nil && c.Takes(f) })
}

// Bind connects the sender to another source. Video starts with the next key
// frame, which is asked for here. Part of media.Input.
func (s *Sender) Bind(f *media.Format, from media.Source) {
	s.mu.Lock()
	s.format, s.from, s.codec = f, from, nil
	s.asked, s.askedAt, s.search, s.behind = true, never, searchNone, false
	s.splice.cut()
	if f != nil {
		if i := s.codecFor(*f); i >= 0 {
			s.codec = &s.codecs[i]
		}
	}
	if s.codec == nil || from == nil {
		s.mu.Unlock()
		return
	}
	s.beginChoice(from)
	from = s.from
	limit := s.target()
	s.mu.Unlock()
	if limit > 0 {
		from.SetMaxBitrate(limit)
	}
	if s.kind == media.Video {
		from.RequestKeyFrame()
	}
}

// Write sends a packet. Part of media.Sink.
func (s *Sender) Write(p *media.Packet) {
	s.mu.Lock()
	var ask media.Source
	switch {
	case p.IsEvent():
		s.forwardEvent(p)
	case p.Layer != 0:
		ask = s.forwardLayer(p)
	case s.choice.current != 0:
		s.endChoice()
		fallthrough
	default:
		ask = s.forward(p)
	}
	s.mu.Unlock()
	if ask != nil {
		ask.RequestKeyFrame()
	}
}

// forward sends p if it has a place in the stream, or returns the source that
// has to be asked for a key frame first. Called locked.
func (s *Sender) forward(p *media.Packet) (ask media.Source) {
	if p.Format != s.format || s.codec == nil || s.session == nil || !s.session.ready.Load() {
		return nil
	}
	if s.behind {
		return s.follow(p)
	}
	if !s.splice.continues(p) {
		s.splice.open = false
		if s.kind == media.Video && !p.Key {
			if s.catchUp(p) {
				return s.follow(p)
			}
			return s.wait(p)
		}
		s.asked, s.search = false, searchNone
		s.splice.anchor(p, s.codec.Format.ClockRate)
		s.splice.epochs[0].pictures = s.pictures.follow(s.codec.Format.Codec, p.Data)
	}
	if p.Key && s.budget.spent {
		s.budget.spent = false
		s.splice.forget() // the peer needs nothing from before the key frame
	}
	s.send(p, s.codec)
	return nil
}

// send sends p, which belongs to the epoch, as a payload type. Called locked.
func (s *Sender) send(p *media.Packet, c *Codec) {
	ext, timestamp, ok := s.splice.place(p)
	if !ok {
		return
	}
	h := &s.header
	h.Marker, h.PayloadType = p.RTP.Marker, c.PayloadType
	h.SequenceNumber, h.Timestamp = uint16(ext), timestamp
	payload := s.pictures.number(c.Format.Codec, p.Data, s.splice.epochs[0].pictures, ext == s.splice.top)
	if s.stamps != nil {
		s.stamps.loudness(h, p.Level)
		values := s.stamp(len(payload), 0)
		if !s.repeatsApart() {
			s.stamps.remember(ext, values)
		}
	}
	s.session.transport.WriteRTP(h, payload, p.Burst)
	s.counters.packets++
	s.counters.bytes += uint64(len(p.Data))
	s.session.stir()
}

// stamp gives the header extensions the values of a packet that is sent now, with a mark of departures. Called locked.
func (s *Sender) stamp(payload int, mark departure) stamp {
	now, number := s.session.opts.Now(), uint16(0)
	if s.stamps.wideID != 0 {
		number = s.session.departures.add(payload+packetOverhead, now, mark)
	}
	return s.stamps.set(now, number)
}

// wait drops a packet before the key frame and tells when it is time to ask for
// one again. Called locked.
func (s *Sender) wait(p *media.Packet) (ask media.Source) {
	if s.asked && s.askedAt == never {
		s.askedAt = p.PTS
	}
	if s.asked && p.PTS-s.askedAt < keyFrameRetry {
		return nil
	}
	s.asked, s.askedAt = true, p.PTS
	return s.from
}

// report makes the sender report that tells the peer which of our timestamps
// belongs to which time of day; nil when nothing was sent since the last one.
func (s *Sender) report(now time.Duration) *rtcp.SenderReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session == nil || s.counters.packets == s.counters.reported {
		return nil
	}
	s.counters.reported = s.counters.packets
	return &rtcp.SenderReport{
		SSRC:        s.ssrc,
		NTPTime:     ntpTime(now),
		RTPTime:     s.splice.at(now),
		PacketCount: uint32(s.counters.packets),
		OctetCount:  uint32(s.counters.bytes),
	}
}
