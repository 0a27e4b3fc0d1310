// Package replay sends a reel for ever, in real time, as a browser sends its camera: continuous sequence numbers and
// timestamps across the loop, packets of a frame paced, a jump to a key frame when one is asked for.
package replay

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/cmd/rivero-load/internal/clip"
	"github.com/rivero-media/rivero/cmd/rivero-load/internal/measure"
)

// MaxPayload is the largest share of a frame in one packet: with VP8 payload descriptor, RTP header and SRTP tag the
// packet stays under Kurento's 1200 byte MTU for RTP.
const MaxPayload = 1200 - rtpHeader - descriptorSize

const (
	rtpHeader      = 12
	descriptorSize = 4

	// pacerStep and pacerBurst are how libwebrtc spreads a frame: each 5 ms what 2.5 times the bit rate allows, which
	// is two packets at 1.5 Mbit/s. A frame is out before the next begins, in share pacerShare of its time.
	pacerStep  = 5 * time.Millisecond
	pacerBurst = 2
	pacerShare = 0.8

	// lateAfter is what the operator should know about: the load tester itself had no time to send.
	lateAfter = 20 * time.Millisecond
	// maxBacklog is the delay after which the clip continues later instead of being hurried through.
	maxBacklog = 500 * time.Millisecond
)

// Writer takes RTP packets whose SSRC and payload type it sets itself; it does not keep them.
// webrtc.TrackLocalStaticRTP is one.
type Writer interface {
	WriteRTP(p *rtp.Packet) error
}

// Source plays a reel for one publisher. Run is called once; RequestKeyFrame and Late at any time.
type Source struct {
	ledger *measure.Ledger
	video  stream
	audio  stream

	keyInterval time.Duration
	wantKey     atomic.Bool
	lastKey     time.Time
	late        atomic.Int64
}

// DefaultKeyInterval is the least time between key frames that libwebrtc sends on request.
const DefaultKeyInterval = 300 * time.Millisecond

// New prepares a source whose packets are entered in ledger, which must be made for the same reel. It sends key frames
// on request at most each keyInterval.
func New(reel *clip.Reel, ledger *measure.Ledger, keyInterval time.Duration, video, audio Writer) *Source {
	return &Source{
		ledger:      ledger,
		keyInterval: keyInterval,
		video:       newStream(reel.Video, video, 90000, true),
		audio:       newStream(reel.Audio, audio, 48000, false),
	}
}

// RequestKeyFrame makes the video go on with the clip's next key frame as soon as the last one is long enough ago.
func (s *Source) RequestKeyFrame() { s.wantKey.Store(true) }

// Late is the number of packets sent more than 20 ms after their time, because this process or machine was too busy.
func (s *Source) Late() int64 { return s.late.Load() }

// Run sends until the context ends, which is no error, or a writer fails.
func (s *Source) Run(ctx context.Context) error {
	start := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		next := &s.video
		if s.audio.due() < s.video.due() {
			next = &s.audio
		}
		wait := next.due() - time.Since(start)
		if wait > 0 {
			timer.Reset(wait)
			select {
			case <-timer.C:
			case <-ctx.Done():
				return nil
			}
		} else if ctx.Err() != nil {
			return nil
		}
		if err := s.send(next, -wait); err != nil {
			return err
		}
	}
}

// send sends the packet that is due, or has been for the given time.
func (s *Source) send(from *stream, overdue time.Duration) error {
	if overdue > lateAfter {
		s.late.Add(1)
	}
	if overdue > maxBacklog {
		s.video.offset += overdue
		s.audio.offset += overdue
	}
	if from == &s.video && from.packet == 0 {
		s.keyFrameIfWanted()
	}
	return from.send(s.ledger)
}

func (s *Source) keyFrameIfWanted() {
	now := time.Now()
	if now.Sub(s.lastKey) >= s.keyInterval && s.wantKey.Swap(false) {
		s.video.skipToKey()
	}
	if s.video.current().Key {
		s.wantKey.Store(false)
		s.lastKey = now
	}
}

// stream is the place in one of the reel's streams.
type stream struct {
	units  []clip.Unit
	period time.Duration
	writer Writer
	clock  uint32 // Hz
	vp8    bool

	unit, packet int           // to be sent next
	offset       time.Duration // of unit 0 of this round, from the start of the run
	step         time.Duration // between the bursts of a unit

	out       rtp.Packet
	timestamp uint32 // of the run's start
	pictureID uint16 // 15 bits
	scratch   [descriptorSize + MaxPayload]byte
}

func newStream(s clip.Stream, w Writer, clock uint32, vp8 bool) stream {
	out := stream{units: s.Units, period: s.Period, writer: w, clock: clock, vp8: vp8}
	out.out.Version = 2
	out.out.SequenceNumber = uint16(rand.Uint32N(1 << 15)) // RFC 3711 section 3.3.1: not near the wrap
	out.timestamp = rand.Uint32()
	out.pictureID = uint16(rand.Uint32N(1 << 15))
	out.setStep()
	return out
}

// due is the time of the next packet from the start of the run; an empty stream's never comes.
func (s *stream) due() time.Duration {
	const never = 1 << 62
	if len(s.units) == 0 {
		return never
	}
	return s.offset + s.units[s.unit].Time + time.Duration(s.packet/pacerBurst)*s.step
}

func (s *stream) current() *clip.Unit { return &s.units[s.unit] }

// send writes the next packet and moves on.
func (s *stream) send(ledger *measure.Ledger) error {
	unit := s.current()
	p := unit.Packets[s.packet]
	last := s.packet == len(unit.Packets)-1
	s.out.Timestamp = s.timestamp + uint32((s.offset+unit.Time).Seconds()*float64(s.clock))
	s.out.Marker = s.vp8 && last
	s.out.Payload = p.Payload
	if s.vp8 {
		s.out.Payload = s.describe(p.Payload, s.packet == 0)
	}
	ledger.Send(p.Slot)
	if err := s.writer.WriteRTP(&s.out); err != nil {
		return err
	}
	s.out.SequenceNumber++
	s.packet++
	if last {
		s.advance()
	}
	return nil
}

// describe puts a VP8 payload descriptor with a 15 bit picture id in front (RFC 7741 section 4.2).
func (s *stream) describe(payload []byte, first bool) []byte {
	const extended, startOfPartition, hasPictureID, longPictureID = 0x80, 0x10, 0x80, 0x80
	s.scratch[0] = extended
	if first {
		s.scratch[0] |= startOfPartition
	}
	s.scratch[1] = hasPictureID
	s.scratch[2] = longPictureID | byte(s.pictureID>>8)
	s.scratch[3] = byte(s.pictureID)
	return append(s.scratch[:descriptorSize], payload...)
}

// advance goes to the next unit, and from the last to the first.
func (s *stream) advance() {
	s.packet = 0
	s.pictureID = (s.pictureID + 1) & 0x7fff
	s.unit++
	if s.unit == len(s.units) {
		s.unit = 0
		s.offset += s.period
	}
	s.setStep()
}

// skipToKey puts the next key frame at the time of the unit that was next.
func (s *stream) skipToKey() {
	due := s.due()
	for !s.current().Key {
		s.unit = (s.unit + 1) % len(s.units)
	}
	s.offset = due - s.current().Time
	s.setStep()
}

func (s *stream) setStep() {
	if len(s.units) == 0 {
		return
	}
	bursts := (len(s.current().Packets) + pacerBurst - 1) / pacerBurst
	frame := float64(s.period) / float64(len(s.units))
	s.step = min(pacerStep, time.Duration(frame*pacerShare)/time.Duration(max(bursts, 1)))
}
