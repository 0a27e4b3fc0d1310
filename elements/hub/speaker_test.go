package hub

import (
	"testing"
	"time"

	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/codec/pcm"
	"github.com/rivero-media/rivero/pipeline/codec/sound"
	"github.com/rivero-media/rivero/pipeline/codec/video"
	"github.com/rivero-media/rivero/pipeline/media"
)

// ramp are frames whose left samples count up from n.
func ramp(n, frames int) []int16 {
	samples := make([]int16, 0, frames*channels)
	for i := range frames {
		samples = append(samples, int16(n+i), 0)
	}
	return samples
}

func newTestSpeaker() *speaker { return newSpeaker(func() {}) }

// pieceFrom is what is said from a frame on, as left samples.
func pieceFrom(s *speaker, from int64) []int16 {
	s.read(from)
	left := make([]int16, pieceFrames)
	if s.heard {
		for i := range left {
			left[i] = s.piece[i*channels]
		}
	}
	return left
}

func TestSpeakerPutsSoundToItsPlace(t *testing.T) {
	s := newTestSpeaker()
	s.put(48000, ramp(1, 960))
	s.put(48960, ramp(961, 960))
	if p := pieceFrom(s, 48480); p[0] != 481 || p[959] != 1440 {
		t.Errorf("%d to %d, want 481 to 1440", p[0], p[959])
	}
	if p := pieceFrom(s, 49440); p[0] != 1441 || p[479] != 1920 || p[480] != 0 {
		t.Errorf("at the end: %d %d %d", p[0], p[479], p[480])
	}
	if pieceFrom(s, 60000); s.heard {
		t.Error("something is heard where nothing was said")
	}
}

func TestSpeakerFillsGaps(t *testing.T) {
	s := newTestSpeaker()
	s.put(48000, ramp(1, 960))
	s.put(48960+9600, ramp(5, 960)) // 200 ms are missing
	if p := pieceFrom(s, 48960); s.heard && (p[0] != 0 || p[959] != 0) {
		t.Errorf("the gap is %d", p[0])
	}
	if p := pieceFrom(s, 58560); p[0] != 5 || p[959] != 964 {
		t.Errorf("behind the gap: %d to %d", p[0], p[959])
	}
}

// TestSpeakerFollowsAnotherClock has a source whose clock is 200 ppm fast or slow for ten minutes: sound never gets further
// from its place than a millisecond or two, and is never torn.
func TestSpeakerFollowsAnotherClock(t *testing.T) {
	for _, ppm := range []float64{-200, 200} {
		s := newTestSpeaker()
		for i := range 30_000 {
			at := int64(float64(i*pieceFrames) * (1 + ppm/1e6))
			s.put(48000+at, ramp(1, pieceFrames))
			if off := 48000 + at + int64(pieceFrames) - s.end; off > 96 || off < -96 {
				t.Fatalf("%v ppm: %d frames from its place after %d packets", ppm, off, i)
			}
			s.read(48000 + at - 4800)
			if i > 10 && !s.heard {
				t.Fatalf("%v ppm: silence after %d packets", ppm, i)
			}
		}
	}
}

// TestSpeakerWaitsForWhoIsLate has sound come 100 ms too late: what is lost is the beginning only, and when it comes early
// again the delay goes.
func TestSpeakerWaitsForWhoIsLate(t *testing.T) {
	s := newTestSpeaker()
	mixed := int64(48000)
	heard := 0
	turn := func(late int64) {
		s.put(mixed-late, ramp(1, pieceFrames))
		s.read(mixed)
		if mixed += int64(pieceFrames); s.heard {
			heard++
		}
	}
	s.read(mixed - int64(pieceFrames))
	for range 100 {
		turn(4800)
	}
	if heard < 97 {
		t.Errorf("%d of 100 pieces are heard", heard)
	}
	if s.delay < 4800 {
		t.Errorf("delay %d", s.delay)
	}
	heard = 0
	for range 3000 {
		turn(-4800)
	}
	if s.delay > 480 || heard < 2990 {
		t.Errorf("delay %d, %d of 3000 pieces heard", s.delay, heard)
	}
}

func TestSpeakerSurvivesAnyTime(t *testing.T) {
	s := newTestSpeaker()
	s.read(1 << 40)
	for _, at := range []int64{0, 1 << 50, -(1 << 50), 1 << 40, 1<<40 + 47000, 1<<40 - 3000, 1<<62 - 1} {
		s.put(at, ramp(1, 960))
		s.read(1<<40 + 960)
	}
	s.put(1<<40, ramp(1, 3*ringFrames))
	s.put(1<<40, nil)
}

func TestMetronomeLeavesOutWhatIsTooLate(t *testing.T) {
	m := newMetronome(40*time.Millisecond, 40*time.Millisecond, nil, nil)
	m.Stop()
	for _, c := range []struct{ next, now, want time.Duration }{
		{100, 90, 100}, {100, 130, 100}, {100, 145, 140}, {100, 500, 500}, {100, 519, 500},
	} {
		if got := m.catchUp(c.next*time.Millisecond, c.now*time.Millisecond); got != c.want*time.Millisecond {
			t.Errorf("due at %d ms, now %d ms: %v", c.next, c.now, got)
		}
	}
}

// nowhere takes everything.
type nowhere struct{}

func (nowhere) Write(*media.Packet) {}

func TestMixingAllocatesNothing(t *testing.T) {
	h := &composite{size: positiveSize(0, 0)}
	c := newCompositor(25, h.arrange, nil, nil)
	defer c.close()
	c.clock.Stop() // the test is the clock
	c.out.SetRoutes([]media.Route{{Sink: nowhere{}}})
	picture := i420.New(320, 240)
	format := video.Raw()
	p := media.Packet{Format: &format, Width: 320, Height: 240, Data: picture.Data()}
	var tiles []*tile
	for range 4 {
		tl := c.add(nil)
		tl.Bind(&format, nil)
		tiles = append(tiles, tl)
	}
	at := media.Now()
	var burst media.Burst
	turn := func() {
		at += 40 * time.Millisecond
		p.PTS = at - latency
		for _, tl := range tiles {
			tl.Write(&p)
		}
		c.turn(at, &burst)
	}
	turn()
	if n := testing.AllocsPerRun(50, turn); n > 0 {
		t.Errorf("%v allocations per picture", n)
	}

	m := newSoundMixer(nil, nil)
	defer m.close()
	m.clock.Stop()
	raw := sound.Raw(rate, channels)
	piece := media.Packet{Format: &raw, Data: pcm.AppendData(nil, ramp(1, pieceFrames))}
	var speakers []*speaker
	for range 4 {
		s := m.addSpeaker()
		s.Bind(&raw, nil)
		speakers = append(speakers, s)
		m.addListener(s).out.SetRoutes([]media.Route{{Sink: nowhere{}}})
	}
	mix := func() {
		at += pieceLength
		piece.PTS = at - latency
		for _, s := range speakers {
			s.Write(&piece)
		}
		m.turn(at, &burst)
	}
	for range 20 { // queues get their memory
		mix()
	}
	if n := testing.AllocsPerRun(50, mix); n > 0 {
		t.Errorf("%v allocations per piece of sound", n)
	}
}
