package gstreamer

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// everyCommand has each element at work at least once.
var everyCommand = []string{
	"audioamplify amplification=2.5 clipping-method=wrap-positive", "audioecho delay=50000000 intensity=0.6 feedback=0.4",
	"audiopanorama panorama=-0.5", "capsfilter caps=video/x-raw,width=320,height=180,framerate=100/1", "clockoverlay shaded-background=true",
	"coloreffects preset=sepia", "coloreffects preset=xpro", "edgetv", "equalizer-3bands band0=6 band1=-6 band2=3", "gamma gamma=2",
	"gaussianblur sigma=1.2", "gaussianblur sigma=-5", "identity", "level", "pitch pitch=1.4", "queue",
	"textoverlay text=\"Room A\" valignment=top halignment=right font-desc=\"Sans Bold 24\"", "timeoverlay text=at",
	"videobalance saturation=0.0", "videobalance brightness=0.1 contrast=1.2 hue=0.3 saturation=1.5",
	"videobox fill=red top=-20 bottom=-20 left=10 right=10", "videocrop left=16 top=8", "videoflip method=horizontal-flip",
	"videoflip method=clockwise", "videorate max-rate=100", "videoscale", "volume volume=0.5",
}

func TestEveryCommandHasEveryElement(t *testing.T) {
	missing := map[string]bool{}
	for name := range elements {
		missing[name] = true
	}
	for _, c := range everyCommand {
		delete(missing, mustMake(t, c).kind)
	}
	for name := range missing {
		t.Errorf("%s is not tested", name)
	}
}

func mustMake(t testing.TB, text string) *made {
	t.Helper()
	m, err := fromCommand(text, "AUTODETECT")
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	for _, err := range m.outOfRange {
		t.Fatalf("%s: %v", text, err)
	}
	return m
}

// show has an element work on a copy of a picture.
func show(t testing.TB, text string, p *i420.Picture) *i420.Picture {
	t.Helper()
	return mustMake(t, text).work.(picturer).picture(compact(p), filter.Moment{PTS: time.Hour, Watched: true})
}

// compact is a copy whose memory a filter can pass on.
func compact(p *i420.Picture) *i420.Picture {
	c := p.Clone()
	over, ok := i420.Over(c.Data(), c.Width, c.Height)
	if !ok {
		panic("no picture")
	}
	return &over
}

func exercise(m *made) {
	switch work := m.work.(type) {
	case picturer:
		for i, size := range [][2]int{{64, 48}, {33, 17}, {1, 1}, {2, 90}} {
			if p := work.picture(noise(size[0], size[1]), filter.Moment{PTS: time.Duration(i) * time.Second, Watched: true}); p != nil && len(p.Data()) == 0 {
				panic("a picture with gaps")
			}
		}
	case sounder:
		for range 10 {
			work.sound(hiss(960))
		}
	}
}

func noise(width, height int) *i420.Picture {
	r := rand.New(rand.NewPCG(1, 2))
	p := i420.New(width, height)
	for i := range p.Data() {
		p.Data()[i] = byte(16 + r.IntN(220))
	}
	return p
}

func hiss(frames int) []int16 {
	r := rand.New(rand.NewPCG(1, 2))
	s := make([]int16, 2*frames)
	for i := range s {
		s[i] = int16(r.IntN(20000) - 10000)
	}
	return s
}

// psnr is the least of the three planes, in dB.
func psnr(a, b *i420.Picture) float64 {
	if a.Width != b.Width || a.Height != b.Height {
		return 0
	}
	worst := math.Inf(1)
	luma := a.Width * a.Height
	chroma := (len(a.Data()) - luma) / 2
	for _, part := range [][2]int{{0, luma}, {luma, luma + chroma}, {luma + chroma, len(a.Data())}} {
		sum := 0.0
		for i := part[0]; i < part[1]; i++ {
			d := float64(a.Data()[i]) - float64(b.Data()[i])
			sum += d * d
		}
		worst = min(worst, 10*math.Log10(255*255*float64(part[1]-part[0])/sum))
	}
	return worst
}

func TestNothingIsAllocatedPerPiece(t *testing.T) {
	for _, command := range everyCommand {
		m := mustMake(t, command)
		source, samples := noise(320, 180), hiss(960)
		p := source.Clone()
		at := time.Duration(0)
		work := func() {
			at += time.Second/25 + time.Millisecond
			switch w := m.work.(type) {
			case picturer:
				i420.Copy(p, source)
				w.picture(p, filter.Moment{PTS: at, Watched: true})
			case sounder:
				w.sound(samples)
			}
		}
		for range 30 { // letters are drawn when they are met first
			work()
		}
		if n := testing.AllocsPerRun(20, work); n >= 1 {
			t.Errorf("%s allocates %v times", command, n)
		}
	}
}

// BenchmarkPicture is the time for one picture; docs/filters.md has the table.
func BenchmarkPicture(b *testing.B) {
	for _, command := range everyCommand {
		for _, size := range [][2]int{{640, 480}, {1280, 720}} {
			m := mustMake(b, command)
			work, ok := m.work.(picturer)
			if !ok {
				continue
			}
			b.Run(fmt.Sprintf("%s/%dx%d", command, size[0], size[1]), func(b *testing.B) {
				source := noise(size[0], size[1])
				p := source.Clone()
				at := time.Duration(0)
				for b.Loop() {
					at += time.Second / 25
					work.picture(p, filter.Moment{PTS: at, Watched: true})
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/picture")
			})
		}
	}
}

// BenchmarkSound is the time for a second of sound.
func BenchmarkSound(b *testing.B) {
	for _, command := range everyCommand {
		work, ok := mustMake(b, command).work.(sounder)
		if !ok {
			continue
		}
		b.Run(command, func(b *testing.B) {
			samples, piece := hiss(960), make([]int16, 1920)
			for b.Loop() {
				for range 50 {
					copy(piece, samples)
					work.sound(piece)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/second")
		})
	}
}
