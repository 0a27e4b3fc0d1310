package hub

import (
	"slices"
	"sync"
	"time"

	"github.com/rivero-media/rivero/pipeline/codec/pcm"
	"github.com/rivero-media/rivero/pipeline/codec/sound"
	"github.com/rivero-media/rivero/pipeline/media"
)

const (
	rate     = 48000 // of the sound that is mixed, in Hz
	channels = 2
	// pieceLength is how much is mixed at a time, one frame of Opus.
	pieceLength = 20 * time.Millisecond
	pieceFrames = int(rate * pieceLength / time.Second)
	// soundPatience is how late a piece may be made; what is later is left out, and heard as a gap.
	soundPatience = 200 * time.Millisecond
	// piecesWaiting is how many pieces wait for a listener's encoder at most.
	piecesWaiting = 10
)

// soundMixer adds up what comes into ports and gives each listener what he is to hear, from the first sound on. What everybody
// says is summed once, and everybody's own part is taken out of that, so that the cost grows with the number of ports, not
// with its square; who listens to some only has a sum of his own.
type soundMixer struct {
	clock *metronome
	wake  func()
	fail  func(v any)

	mu        sync.Mutex
	speakers  []*speaker
	listeners []*listener

	// Owned by the clock's goroutine, under mu.
	all     *pcm.Mixer
	samples []int16
	data    []byte
	packet  media.Packet
}

// listener is one mix of a soundMixer. Its encoders run on a goroutine of its own.
type listener struct {
	out    *media.Output
	queue  *media.Queue
	own    *speaker // whom he does not hear, nil: he hears all
	only   *pcm.Mixer
	inputs map[*speaker]*pcm.MixerInput // of only: whom he hears; nil: all but own
	packet media.Packet                 // owned by the queue's goroutine
}

// newSoundMixer returns one that begins with the first sound. wake is for its outputs, fail is told when something has broken
// down.
func newSoundMixer(wake func(), fail func(v any)) *soundMixer {
	m := &soundMixer{
		wake: wake, fail: fail,
		all: pcm.NewMixer(pieceFrames * channels), samples: make([]int16, pieceFrames*channels),
	}
	m.clock = newMetronome(pieceLength, soundPatience, m.turn, fail)
	return m
}

// addSpeaker makes an input.
func (m *soundMixer) addSpeaker() *speaker {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := newSpeaker(m.clock.Start)
	s.input = m.all.Add()
	m.speakers = append(m.speakers, s)
	return s
}

func (m *soundMixer) removeSpeaker(s *speaker) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.speakers = slices.DeleteFunc(m.speakers, func(other *speaker) bool { return other == s })
	m.all.Remove(s.input)
	for _, l := range m.listeners {
		l.forget(s)
	}
}

// addListener makes an output: of all but one speaker (nil: of all).
func (m *soundMixer) addListener(own *speaker) *listener {
	l := &listener{own: own, out: media.NewOutput(media.NoUpstream{}, m.wake)}
	l.packet.Format, l.packet.Key = l.out.SetFormat(sound.Raw(rate, channels)), true
	l.queue = media.NewQueue(media.QueueOptions{Packets: piecesWaiting, Handle: l.handle, Fail: m.fail})
	m.mu.Lock()
	defer m.mu.Unlock()
	m.listeners = append(m.listeners, l)
	return l
}

// removeListener returns when nothing is written any more.
func (m *soundMixer) removeListener(l *listener) {
	m.mu.Lock()
	m.listeners = slices.DeleteFunc(m.listeners, func(other *listener) bool { return other == l })
	m.mu.Unlock()
	l.queue.Close(false)
	l.out.Close()
}

// hear has a listener hear some speakers and nobody else.
func (m *soundMixer) hear(l *listener, speakers []*speaker) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l.only, l.inputs = pcm.NewMixer(pieceFrames*channels), make(map[*speaker]*pcm.MixerInput)
	for _, s := range speakers {
		l.inputs[s] = l.only.Add()
	}
}

func (l *listener) forget(s *speaker) {
	if in, ok := l.inputs[s]; ok {
		l.only.Remove(in)
		delete(l.inputs, s)
	}
}

// close ends the clock and what listeners are left.
func (m *soundMixer) close() {
	m.clock.Stop()
	for {
		m.mu.Lock()
		n := len(m.listeners)
		if n == 0 {
			m.mu.Unlock()
			return
		}
		l := m.listeners[n-1]
		m.mu.Unlock()
		m.removeListener(l)
	}
}

// turn mixes one piece.
func (m *soundMixer) turn(at time.Duration, _ *media.Burst) {
	m.mu.Lock()
	defer m.mu.Unlock()
	from := frameAt(at - latency)
	m.all.Next()
	for _, s := range m.speakers {
		if s.read(from); s.heard {
			s.input.Write(s.piece)
		}
	}
	for _, l := range m.listeners {
		m.mix(l)
		m.data = pcm.AppendData(m.data[:0], m.samples)
		m.packet.Format, m.packet.PTS, m.packet.Data = l.packet.Format, at, m.data
		l.queue.Write(&m.packet)
	}
}

// mix fills samples with what a listener hears.
func (m *soundMixer) mix(l *listener) {
	switch {
	case l.inputs != nil:
		l.only.Next()
		for s, in := range l.inputs {
			if s.heard {
				in.Write(s.piece)
			}
		}
		l.only.All(m.samples)
	case l.own != nil:
		m.all.Without(m.samples, l.own.input)
	default:
		m.all.All(m.samples)
	}
}

// handle writes a piece to whoever hears it. An encoder that panics is detached, and the others go on.
func (l *listener) handle(p *media.Packet) {
	defer p.Burst.Rescue(func(v any) { panic(v) })
	l.out.Write(p)
}
