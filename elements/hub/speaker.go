package hub

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/rivero-media/rivero/pipeline/codec/pcm"
	"github.com/rivero-media/rivero/pipeline/codec/sound"
	"github.com/rivero-media/rivero/pipeline/media"
)

const (
	// ringFrames is how much sound is kept of a speaker.
	ringFrames = rate
	// tolerance is how far from its place sound may be and still follow what came before; it is brought there little by
	// little. The clock of a source is slewed, and is not exactly the mixer's.
	tolerance = 60 * rate / 1000
	// slack of half a millisecond is none.
	slack = rate / 2000
	// largestStep is how many frames of a packet are left out or doubled at most to bring it nearer to its place.
	largestStep = 4
	// spare is how long before it is needed sound is to be there, after it has once come too late.
	spare = 10 * rate / 1000
	// patience is how long sound must have come early enough until the delay of a speaker is made less.
	patience = 5 * rate
)

// frameAt is the number of the frame (a sample of each channel) at a time.
func frameAt(t time.Duration) int64 { return int64(t) * rate / int64(time.Second) }

// speaker is one input of a soundMixer: what comes is put to its place in time, and waits there to be mixed.
type speaker struct {
	begin  func() // told of every packet
	format atomic.Pointer[media.Format]
	input  *pcm.MixerInput // of the sum of all

	// Of the mixer, under its lock.
	piece []int16 // what is said at the moment
	heard bool    // it is not silence

	mu      sync.Mutex
	ring    []int16 // a frame stands at its number modulo ringFrames
	first   int64   // frame that is kept
	end     int64   // behind the last frame
	begun   bool
	next    int64 // the frame that is mixed next, 0: mixing has not begun
	delay   int64 // frames by which the sound is later than it says, because it comes too late
	early   int64 // since when it comes early enough for less
	samples []int16
}

func newSpeaker(begin func()) *speaker {
	return &speaker{begin: begin, piece: make([]int16, pieceFrames*channels), ring: make([]int16, ringFrames*channels)}
}

// Accept is part of media.Input. What has two channels is preferred.
func (s *speaker) Accept(f media.Format) (score int, ok bool) {
	return int(f.Channels), f == sound.Raw(rate, 1) || f == sound.Raw(rate, channels)
}

// Bind is part of media.Input.
func (s *speaker) Bind(f *media.Format, _ media.Source) {
	s.format.Store(f)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun, s.delay = false, 0
}

// Write is part of media.Sink.
func (s *speaker) Write(p *media.Packet) {
	if p.Format != s.format.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.samples = pcm.AppendSamples(s.samples[:0], p.Data)
	if p.Format.Channels == 1 {
		s.samples = pcm.Double(s.samples)
	}
	s.put(frameAt(p.PTS), s.samples)
	s.begin()
}

// put adds samples that begin at a frame.
func (s *speaker) put(at int64, samples []int16) {
	at = s.inTime(at + s.delay)
	switch off := at - s.end; {
	case !s.begun || off > ringFrames || off < -ringFrames:
		s.first, s.end, s.begun = at, at, true
	case off > tolerance:
		s.silence(off)
	case off < -tolerance:
		s.end = max(at, s.first)
	case off > slack: // later than its place: the first frames stand twice
		again := int(min(largestStep, off/slack)) * channels
		s.append(samples[:min(again, len(samples))])
	case off < -slack:
		without := int(min(largestStep, -off/slack)) * channels
		samples = samples[min(without, len(samples)):]
	}
	s.append(samples)
}

// inTime is where sound goes that would be mixed at a frame: there, or later when that is over. Who is late once will be late
// again and is delayed for good; when it was unnecessary for long, bit by bit less.
func (s *speaker) inTime(at int64) int64 {
	if s.next == 0 {
		return at
	}
	ahead := at - s.next
	switch {
	case ahead < 0:
		s.delay += spare - ahead
		s.early = s.next
		return s.next + spare
	case ahead > ringFrames*3/4: // far in the future: as the clock of a source that is wrong
		s.delay -= ahead - spare
		return s.next + spare
	case ahead < 2*spare || s.delay <= 0:
		s.early = s.next
	case s.next-s.early > patience:
		s.delay -= min(largestStep, s.delay)
	}
	return at
}

// silence adds frames of silence.
func (s *speaker) silence(frames int64) {
	for i := s.end; i < s.end+frames; i++ {
		at := i % ringFrames * channels
		clear(s.ring[at : at+channels])
	}
	s.advance(s.end + frames)
}

// append adds samples.
func (s *speaker) append(samples []int16) {
	if most := ringFrames * channels; len(samples) > most {
		samples = samples[len(samples)-most:]
	}
	frames := int64(len(samples) / channels)
	n := copy(s.ring[s.end%ringFrames*channels:], samples)
	copy(s.ring, samples[n:])
	s.advance(s.end + frames)
}

func (s *speaker) advance(end int64) {
	s.end = end
	s.first = max(s.first, end-ringFrames)
}

// read makes piece what is said from a frame on.
func (s *speaker) read(from int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	to := from + int64(pieceFrames)
	s.next = to
	begin, end := max(from, s.first), min(to, s.end)
	if s.heard = s.begun && begin < end; !s.heard {
		return
	}
	clear(s.piece)
	out := s.piece[(begin-from)*channels : (end-from)*channels]
	n := copy(out, s.ring[begin%ringFrames*channels:])
	copy(out[n:], s.ring)
}
