package hub_test

import (
	"context"
	"encoding/json"
	"errors"
	"image"
	"math"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/hub"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/codec/pcm"
	codecrtp "github.com/rivero-media/rivero/pipeline/codec/rtp"
	"github.com/rivero-media/rivero/pipeline/codec/sound"
	"github.com/rivero-media/rivero/pipeline/codec/video"
	"github.com/rivero-media/rivero/pipeline/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a server with a pipeline and a hub in it.
type bench struct {
	t    *testing.T
	s    *pipeline.Server
	pipe *pipeline.MediaPipeline
	hub  pipeline.Object
}

func newBench(t *testing.T, class string, params map[string]any, settings hub.Settings) *bench {
	t.Helper()
	steps := codec.Steps{codecrtp.Steps(1200), video.Steps, sound.Steps}
	s := elementtest.Server(t, steps, hub.Classes(func() hub.Settings { return settings })...)
	b := &bench{t: t, s: s, pipe: elementtest.Pipeline(t, s)}
	if params == nil {
		params = map[string]any{}
	}
	params["mediaPipeline"] = b.pipe.ID()
	b.hub = elementtest.Create(t, s, class, params)
	return b
}

func (b *bench) port() pipeline.Object {
	b.t.Helper()
	return elementtest.Create(b.t, b.s, "HubPort", map[string]any{"hub": b.hub.ID()})
}

func (b *bench) raw() *elementtest.Raw {
	b.t.Helper()
	return elementtest.Create(b.t, b.s, "TestRaw", elementtest.In(b.pipe)).(*elementtest.Raw)
}

func (b *bench) create(class string) pipeline.Object {
	b.t.Helper()
	return elementtest.Create(b.t, b.s, class, elementtest.In(b.pipe))
}

func (b *bench) tryCreate(class string, params map[string]any) (pipeline.Object, error) {
	raw, err := json.Marshal(params)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.s.Create(context.Background(), class, raw)
}

// source links an element to a port that gives raw media, and returns where to write that.
func (b *bench) source(port pipeline.Object, f media.Format) *media.Output {
	b.t.Helper()
	r := b.raw()
	out := r.Give(f)
	elementtest.Connect(b.t, r, port)
	return out
}

// viewer links a port to an element that takes raw media of a kind.
func (b *bench) viewer(port pipeline.Object, k media.Kind) *elementtest.Raw {
	b.t.Helper()
	r := b.raw()
	r.Take(k)
	elementtest.Connect(b.t, port, r)
	return r
}

// showing writes pictures of one colour at 50 a second until the test ends, or stop is called.
func (b *bench) showing(out *media.Output, size image.Point, c i420.Color) (stop func()) {
	picture := i420.New(size.X, size.Y)
	picture.Fill(c)
	return b.repeating(20*time.Millisecond, func(at time.Duration) {
		elementtest.WriteTo(out, media.Packet{
			PTS: at, Key: true, Width: uint16(size.X), Height: uint16(size.Y), Data: picture.Data(),
		})
	})
}

// humming writes a tone in pieces of 20 ms.
func (b *bench) humming(out *media.Output, hz float64) (stop func()) {
	phase := 0.0
	samples := make([]int16, 960*2)
	return b.repeating(20*time.Millisecond, func(at time.Duration) {
		for i := 0; i < len(samples); i += 2 {
			v := int16(6000 * math.Sin(phase))
			samples[i], samples[i+1] = v, v
			phase += 2 * math.Pi * hz / 48000
		}
		elementtest.WriteTo(out, media.Packet{PTS: at, Key: true, Data: pcm.AppendData(nil, samples)})
	})
}

func (b *bench) repeating(interval time.Duration, f func(at time.Duration)) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for at := media.Now(); ; at += interval {
			select {
			case <-quit:
				return
			case <-tick.C:
				f(at)
			}
		}
	}()
	stop = sync.OnceFunc(func() { close(quit); <-done })
	b.t.Cleanup(stop)
	return stop
}

// awaitPicture waits for a picture that is as it should be.
func awaitPicture(t *testing.T, viewer *elementtest.Raw, what string, good func(p *i420.Picture) bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	n := 0
	for {
		select {
		case got := <-viewer.Took:
			n++
			if p, ok := i420.Over(got.Data, int(got.Width), int(got.Height)); ok && good(&p) {
				return
			}
		case <-deadline:
			t.Fatalf("%s: none of %d pictures shows that", what, n)
		}
	}
}

// shows compares the colours of points.
func shows(p *i420.Picture, want map[image.Point]i420.Color) bool {
	for at, c := range want {
		uv := at.Y/2*p.CStride + at.X/2
		got := i420.Color{Y: p.Y[at.Y*p.YStride+at.X], U: p.U[uv], V: p.V[uv]}
		if got != c {
			return false
		}
	}
	return true
}

var (
	red    = i420.FromRGB(255, 0, 0)
	green  = i420.FromRGB(0, 255, 0)
	blue   = i420.FromRGB(0, 0, 255)
	yellow = i420.FromRGB(255, 255, 0)
	black  = i420.Black
)

func TestSuite(t *testing.T) {
	for _, class := range []string{"Composite", "AlphaBlending", "Dispatcher", "DispatcherOneToMany", "Mixer"} {
		t.Run(class, func(t *testing.T) {
			b := newBench(t, class, nil, hub.Settings{})
			elementtest.Suite(t, b.s, func(p *pipeline.MediaPipeline) pipeline.Object {
				h := elementtest.Create(t, b.s, class, elementtest.In(p))
				return elementtest.Create(t, b.s, "HubPort", map[string]any{"hub": h.ID()})
			})
			elementtest.Must(t, b.hub, "getGstreamerDot", nil)
			port := b.port()
			b.s.Release(b.hub)
			if _, err := b.s.Object(port.ID()); err == nil {
				t.Error("the hub is gone, its port is not")
			}
		})
	}
}

// refused calls an operation that has to fail with a code.
func refused(t *testing.T, o pipeline.Object, operation string, params map[string]any, code int) {
	t.Helper()
	_, err := elementtest.Invoke(o, operation, params)
	var fault *pipeline.Fault
	if !errors.As(err, &fault) || fault.Code != code {
		t.Errorf("%s: %v, want %d", operation, err, code)
	}
}
