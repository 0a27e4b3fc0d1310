package stream

import (
	"encoding/binary"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/pipeline/media"
)

// Transport is what a session needs of its connection.
type Transport interface {
	// WriteRTP protects a packet into the burst of the calling producer. It copies
	// what it needs of header and payload.
	WriteRTP(h *rtp.Header, payload []byte, b *media.Burst)
	// WriteRTCP protects a compound packet and sends it at once. It is called from
	// any goroutine and does not block.
	WriteRTCP(packet []byte)
}

// Feedback is what an m-line was negotiated to carry back for one payload type
// (a=rtcp-fb, RFC 4585 section 4.2).
type Feedback struct {
	NACK bool // nack
	PLI  bool // nack pli
	FIR  bool // ccm fir
	REMB bool // goog-remb
	TWCC bool // transport-cc: the peer reports when each packet came
}

// Codec is one negotiated payload type of an m-line.
type Codec struct {
	PayloadType uint8
	Format      media.Format // packed
	Feedback    Feedback
	// Takes tells which formats besides Format the peer can decode under this payload
	// type, as H264 of a lower profile; nil: none.
	Takes func(media.Format) bool
	// RTX is the payload type of retransmissions (RFC 4588), 0: the same packet is sent again.
	RTX uint8
}

// Extensions are the ids of negotiated RTP header extensions (RFC 8285), 1 to 14, 0: not negotiated.
type Extensions struct {
	AbsSendTime uint8 // abs-send-time
	TransportCC uint8 // transport-wide sequence number
	AudioLevel  uint8 // RFC 6464
	MID         uint8 // RFC 9143
	RID         uint8 // RFC 8852
	RepairedRID uint8 // RFC 8852
}

// Line is one m-line as negotiated. The direction decides which of Receiver and
// Sender are set.
type Line struct {
	MID        string // "" when the peer does not name its m-lines
	SSRC       uint32 // ours, announced by a=ssrc; also what our reports come from
	RTX        uint32 // our SSRC of retransmissions, 0: they are not negotiated
	Receiver   *Receiver
	Receive    []Codec  // payload types the peer may send
	RIDs       []string // layers of the peer's simulcast (RFC 8853), as it listed them; none: one stream
	Sender     *Sender
	Send       []Codec // payload types the peer takes, the one it prefers first
	Events     []Codec // payload types of telephone events (RFC 4733), in both directions
	Extensions Extensions
}

// Options are the parts of a session that its owner decides. The callbacks may
// come from any goroutine, must not block and must not call the session.
type Options struct {
	CNAME      string               // our canonical name (RFC 3550 section 6.5.1), same as in a=ssrc
	Clock      *PeerClock           // shared by all sessions with one peer; nil: this is the only one
	MediaState func(connected bool) // RTP or RTCP of the peer began, or all its sources left
	Fail       func(v any)          // the session's own goroutine panicked and ended
	Log        zerolog.Logger
	Now        func() time.Duration // the pipeline clock; nil: media.Now
}

// never is the time at which nothing is due.
const never = time.Duration(math.MaxInt64)

// Session is one RTP session with one peer.
type Session struct {
	transport Transport
	opts      Options
	table     atomic.Pointer[table] // written under mu

	ready     atomic.Bool   // the transport can send
	quiet     atomic.Bool   // no report is planned: the next packet plans one
	rtt       atomic.Int64  // last round trip time in ns, 0: unknown
	stray     atomic.Uint64 // RTP packets of no negotiated payload type
	malformed atomic.Uint64 // RTCP packets that could not be read

	arrivals   arrivalLog // transport-wide, of what the peer sends
	departures departures // and of what it gets
	congestion congestion

	mu        sync.Mutex
	senders   map[uint32]*Sender       // who sent last by an SSRC of ours
	sources   map[uint32]time.Duration // SSRCs that sent reports, and when last
	connected atomic.Bool              // written under mu

	burst    media.Burst // owned by the goroutine in run, as the next
	reportAt time.Duration
	spread   func(mean time.Duration) time.Duration
	wake     chan struct{}
	closing  chan struct{}
	done     sync.WaitGroup
	once     sync.Once
	started  bool // guarded by mu, as closed
	closed   bool
}

// NewSession makes a session out of negotiated m-lines and puts their receivers
// and senders to work; each of them belongs to one session only. The caller
// starts it when the transport can send, and closes it in any case.
func NewSession(transport Transport, lines []Line, o Options) (*Session, error) {
	if o.Clock == nil {
		o.Clock = new(PeerClock)
	}
	if o.Now == nil {
		o.Now = media.Now
	}
	t, err := newTable(lines)
	if err != nil {
		return nil, err
	}
	s := &Session{
		transport: transport, opts: o,
		senders: make(map[uint32]*Sender), sources: make(map[uint32]time.Duration),
		reportAt: never, spread: around,
		wake: make(chan struct{}, 1), closing: make(chan struct{}),
	}
	s.quiet.Store(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replace(new(table), t)
	return s, nil
}

// lines are the m-lines as negotiated now.
func (s *Session) lines() []Line { return s.table.Load().lines }

// Start lets the session send. The owner calls it once, when the transport can:
// what is written before is dropped, so that nothing counts as sent, a key frame
// least of all, that was not.
func (s *Session) Start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started || s.closed {
		return
	}
	s.started = true
	s.open()
	s.done.Go(s.run)
}

// open lets the senders send.
func (s *Session) open() {
	lines := s.lines()
	for i := range lines {
		if snd := lines[i].Sender; snd != nil {
			snd.open()
		}
	}
	s.ready.Store(true)
}

// Close takes receivers and senders out of work, says goodbye to the peer and
// returns when the session's goroutine has ended. It may be called twice, but
// not by a callback of the session. The read goroutine may still be inside
// HandleRTP or HandleRTCP; what it hands in afterwards is dropped.
func (s *Session) Close() { s.once.Do(s.end) }

func (s *Session) end() {
	s.mu.Lock()
	s.closed = true
	started := s.started
	s.mu.Unlock()
	close(s.closing)
	s.done.Wait()
	lines := s.lines() // closed: they change no more
	var sources []uint32
	for i := range lines {
		sources = append(sources, lines[i].SSRC)
		if r := lines[i].Receiver; r != nil {
			r.detach()
		}
		if snd := lines[i].Sender; snd != nil {
			snd.detach()
		}
	}
	if started && len(sources) > 0 {
		s.sayGoodbye(sources)
	}
}

// HandleRTP takes one packet of the peer, without padding. It runs on the
// connection's read goroutine, which owns b; header and payload are valid
// during the call only. at is when the packet came, on the pipeline clock.
func (s *Session) HandleRTP(h *rtp.Header, payload []byte, at time.Duration, b *media.Burst) {
	t := s.table.Load()
	n := t.types[h.PayloadType&0x7f]
	if n == 0 {
		s.stray.Add(1)
		return
	}
	in := &t.incoming[n-1]
	if in.wide != 0 {
		s.cameAt(h, in, at)
	}
	if in.repeated {
		in.receiver.handleRepeated(h, payload, at, b, in.codec)
	} else {
		in.receiver.handle(h, payload, at, b, in.codec)
	}
	if !s.connected.Load() {
		s.updateState(at)
	}
	s.stir()
}

// cameAt notes the arrival of a packet for transport-wide feedback.
func (s *Session) cameAt(h *rtp.Header, in *incoming, at time.Duration) {
	number := h.GetExtension(in.wide)
	if len(number) >= 2 && s.arrivals.add(binary.BigEndian.Uint16(number), in.local, h.SSRC, at) {
		s.kick()
	}
}

// stir plans a report if none is planned; called for each packet.
func (s *Session) stir() {
	if s.quiet.Load() {
		s.quiet.Store(false)
		s.kick()
	}
}

// kick has the session's goroutine look at what is due.
func (s *Session) kick() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// RoundTrip is the last round trip time to the peer, 0 while unknown.
func (s *Session) RoundTrip() time.Duration { return time.Duration(s.rtt.Load()) }
