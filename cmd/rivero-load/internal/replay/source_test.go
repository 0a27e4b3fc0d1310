package replay

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/cmd/rivero-load/internal/clip"
	"github.com/rivero-media/rivero/cmd/rivero-load/internal/measure"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type sentPacket struct {
	rtp.Header
	payload []byte
	at      time.Time
}

// tape records what is written to it, and fails once full, if it has a limit.
type tape struct {
	mu      sync.Mutex
	packets []sentPacket
	limit   int
}

var errFull = errors.New("tape is full")

func (t *tape) WriteRTP(p *rtp.Packet) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.limit > 0 && len(t.packets) == t.limit {
		return errFull
	}
	t.packets = append(t.packets, sentPacket{p.Header, append([]byte(nil), p.Payload...), time.Now()})
	return nil
}

// play runs a source for a time of the test bubble's clock, during which during is called.
func play(t *testing.T, c *clip.Clip, length time.Duration, during func(*Source)) (video, audio *tape, s *Source) {
	t.Helper()
	reel := clip.Cut(c, MaxPayload)
	video, audio = &tape{}, &tape{}
	s = New(reel, measure.NewLedger(reel, measure.NewWindow()), DefaultKeyInterval, video, audio)
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	if during != nil {
		during(s)
	}
	if err := <-done; err != nil {
		t.Errorf("run: %v", err)
	}
	return video, audio, s
}

// TestRun plays a clip two and a half times and checks what a receiver relies on: continuous sequence numbers,
// timestamps that follow the wall clock, continuous picture ids, all packets of all frames.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clip.Synthesise(1_500_000)
		video, audio, s := play(t, c, 25*time.Second, nil)
		if n := len(audio.packets); n < 1250 || n > 1251 {
			t.Errorf("%d audio packets in 25 s", n)
		}
		if n := len(video.packets) + len(audio.packets); n < 215*25 || n > 230*25 {
			t.Errorf("%d packets in 25 s", n)
		}
		if s.Late() != 0 {
			t.Errorf("%d packets late", s.Late())
		}
		checkContinuity(t, audio.packets, 48000)
		checkContinuity(t, video.packets, 90000)
		checkFrames(t, video.packets, c, true)
	})
}

func checkContinuity(t *testing.T, packets []sentPacket, clock float64) {
	t.Helper()
	first := packets[0]
	for i, p := range packets {
		if p.SequenceNumber != first.SequenceNumber+uint16(i) {
			t.Fatalf("packet %d has sequence number %d, the first %d", i, p.SequenceNumber, first.SequenceNumber)
		}
		media := float64(p.Timestamp-first.Timestamp) / clock
		if late := p.at.Sub(first.at).Seconds() - media; late < -0.001 || late > 0.034 {
			t.Fatalf("packet %d sent %.4f s after its timestamp's time", i, late)
		}
	}
}

// checkFrames reassembles the frames and compares them with the clip's, in order if asked for.
func checkFrames(t *testing.T, packets []sentPacket, c *clip.Clip, inOrder bool) (keys []time.Time) {
	t.Helper()
	var frame []byte
	frames, picture := 0, uint16(0)
	for i, p := range packets {
		var d codecs.VP8Packet
		payload, err := d.Unmarshal(p.payload)
		if err != nil || len(p.payload) > 1200-12 {
			t.Fatalf("packet %d of %d bytes: %v", i, len(p.payload), err)
		}
		if start := frame == nil; start != (d.S == 1) || (!start && d.PictureID != picture) {
			t.Fatalf("packet %d: start %v, S %d, picture id %d after %d", i, start, d.S, d.PictureID, picture)
		}
		if frame == nil && frames > 0 && d.PictureID != (picture+1)&0x7fff {
			t.Fatalf("frame %d: picture id %d after %d", frames, d.PictureID, picture)
		}
		picture = d.PictureID
		frame = append(frame, payload...)
		if !p.Marker {
			continue
		}
		if inOrder && string(frame) != string(c.Video.Frames[frames%len(c.Video.Frames)].Data) {
			t.Fatalf("frame %d is not the clip's", frames)
		}
		if frame[0]&1 == 0 {
			keys = append(keys, p.at)
		}
		frame = nil
		frames++
	}
	return keys
}

// TestRequestKeyFrame asks twice in a row 500 ms after the first key frame: one comes at once, the second request is
// already answered by it. The next clip key frame would have come after 2 s.
func TestRequestKeyFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		c := clip.Synthesise(1_500_000)
		video, _, _ := play(t, c, 1500*time.Millisecond, func(s *Source) {
			time.Sleep(500 * time.Millisecond) // of the simulated clock: when the request comes is what is tested
			s.RequestKeyFrame()
			s.RequestKeyFrame()
		})
		checkContinuity(t, video.packets, 90000)
		keys := checkFrames(t, video.packets, c, false)
		if len(keys) != 2 || keys[1].Sub(start) > 570*time.Millisecond {
			t.Errorf("key frames at %v", keys)
		}
	})
}

// TestKeyFramesAreThrottled asks every 10 ms for 1 s: key frames come at most each 300 ms.
func TestKeyFramesAreThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clip.Synthesise(1_500_000)
		video, _, _ := play(t, c, time.Second, func(s *Source) {
			for range 95 {
				s.RequestKeyFrame()
				time.Sleep(10 * time.Millisecond) // of the simulated clock: how often requests come is what is tested
			}
		})
		if keys := checkFrames(t, video.packets, c, false); len(keys) < 3 || len(keys) > 4 {
			t.Errorf("%d key frames in 1 s", len(keys))
		}
	})
}

func TestRunWithoutAudio(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clip.Synthesise(300_000)
		c.Audio = clip.Track{}
		video, audio, _ := play(t, c, time.Second, nil)
		if len(audio.packets) != 0 || len(video.packets) < 30 {
			t.Errorf("%d audio and %d video packets", len(audio.packets), len(video.packets))
		}
	})
}

func TestRunEndsWhenAWriterFails(t *testing.T) {
	reel := clip.Cut(clip.Synthesise(300_000), MaxPayload)
	s := New(reel, measure.NewLedger(reel, measure.NewWindow()), DefaultKeyInterval, &tape{limit: 1}, &tape{limit: 1})
	if err := s.Run(t.Context()); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}

// TestBacklog lets the writer stall: the packets missed are not hurried out afterwards, and are counted as late.
func TestBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reel := clip.Cut(clip.Synthesise(300_000), MaxPayload)
		video := &stallingTape{at: 30}
		s := New(reel, measure.NewLedger(reel, measure.NewWindow()), DefaultKeyInterval, video, &tape{})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := s.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if s.Late() == 0 || s.Late() > 3 {
			t.Errorf("%d packets late", s.Late())
		}
		for i, p := range video.packets[1:] {
			if step := int32(p.Timestamp - video.packets[i].Timestamp); step < 0 {
				t.Fatalf("timestamp of packet %d goes back by %d", i+1, -step)
			}
		}
		if span := video.packets[len(video.packets)-1].at.Sub(video.packets[0].at); span < 9900*time.Millisecond {
			t.Errorf("packets over %v", span)
		}
	})
}

type stallingTape struct {
	tape
	at int
}

func (t *stallingTape) WriteRTP(p *rtp.Packet) error {
	if len(t.packets) == t.at {
		time.Sleep(5 * time.Second) // of the simulated clock: this is the stall
	}
	return t.tape.WriteRTP(p)
}
