package filter_test

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/codec/sound"
	"github.com/rivero-media/rivero/pipeline/codec/video"
	"github.com/rivero-media/rivero/pipeline/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testFilter halves the brightness of pictures, or the level of sound.
type testFilter struct{ filter.Filter }

type params struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
}

func dark(p *i420.Picture, _ filter.Moment) *i420.Picture {
	for i := range p.Y {
		p.Y[i] /= 2
	}
	return p
}

func quiet(samples []int16, _ filter.Moment) {
	for i := range samples {
		samples[i] /= 2
	}
}

func class(name string, setup func(c pipeline.Creation, f *testFilter, p *pipeline.MediaPipeline)) *pipeline.Class {
	return &pipeline.Class{
		Name: name, Module: "test", Parent: filter.Class,
		New: pipeline.New(func(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
			f := &testFilter{}
			setup(c, f, p.MediaPipeline)
			return f, nil
		}),
	}
}

var (
	darkClass = class("Dark", func(c pipeline.Creation, f *testFilter, p *pipeline.MediaPipeline) {
		f.SetupPictures(c, f, p, dark)
	})
	quietClass = class("Quiet", func(c pipeline.Creation, f *testFilter, p *pipeline.MediaPipeline) {
		f.SetupSamples(c, f, p, quiet)
	})
	brokenClass = class("Broken", func(c pipeline.Creation, f *testFilter, p *pipeline.MediaPipeline) {
		f.SetupPictures(c, f, p, func(*i420.Picture, filter.Moment) *i420.Picture { panic("out of order") })
	})
)

func server(t *testing.T) *pipeline.Server {
	return elementtest.Server(t, codec.Steps{video.Steps, sound.Steps}, darkClass, quietClass, brokenClass)
}

func TestSuite(t *testing.T) {
	s := server(t)
	for _, name := range []string{"Dark", "Quiet", "Broken"} {
		t.Run(name, func(t *testing.T) {
			elementtest.Suite(t, s, func(p *pipeline.MediaPipeline) pipeline.Object {
				return elementtest.Create(t, s, name, elementtest.In(p))
			})
		})
	}
}

// through sends a packet through two filters of a class.
func through(t *testing.T, name string, f media.Format, p media.Packet) media.Packet {
	t.Helper()
	s := elementtest.Server(t, codec.Steps{video.Steps, sound.Steps}, darkClass, quietClass, brokenClass)
	pipe := elementtest.Pipeline(t, s)
	from := elementtest.Create(t, s, "TestRaw", elementtest.In(pipe)).(*elementtest.Raw)
	to := elementtest.Create(t, s, "TestRaw", elementtest.In(pipe)).(*elementtest.Raw)
	first := elementtest.Create(t, s, name, elementtest.In(pipe))
	second := elementtest.Create(t, s, name, elementtest.In(pipe))
	out := from.Give(f)
	to.Take(f.Kind)
	elementtest.Connect(t, from, first)
	elementtest.Connect(t, first, second)
	elementtest.Connect(t, second, to)
	elementtest.WriteTo(out, p)
	select {
	case got := <-to.Took:
		return got
	case <-time.After(30 * time.Second):
		t.Fatal("nothing comes out of the filters")
		return media.Packet{}
	}
}

func TestPicturesGoThroughFiltersRaw(t *testing.T) {
	picture := i420.New(64, 48)
	picture.Fill(i420.Color{Y: 200, U: 100, V: 50})
	got := through(t, "Dark", video.Raw(), media.Packet{Width: 64, Height: 48, PTS: 5 * time.Second, Key: true, Data: picture.Data()})
	p, ok := i420.Over(got.Data, int(got.Width), int(got.Height))
	if !ok || got.Format.Codec != media.I420 || got.PTS != 5*time.Second || p.Y[100] != 50 || p.U[0] != 100 {
		t.Errorf("got %v %dx%d, luma %d of 200", got.Format, got.Width, got.Height, got.Data[100])
	}
	if picture.Y[0] != 200 {
		t.Error("the source's own picture was changed")
	}
}

func TestSoundGoesThroughFiltersRaw(t *testing.T) {
	mono := []byte{0x00, 0x10, 0x00, 0x20} // 4096 8192
	got := through(t, "Quiet", sound.Raw(filter.SampleRate, 1), media.Packet{Data: mono})
	want := []byte{0x00, 0x04, 0x00, 0x04, 0x00, 0x08, 0x00, 0x08}
	if string(got.Data) != string(want) || *got.Format != sound.Raw(filter.SampleRate, 2) {
		t.Errorf("%v %v, want %v in stereo", got.Format, got.Data, want)
	}
}

func TestABrokenFilterLetsMediaPass(t *testing.T) {
	s := server(t)
	pipe := elementtest.Pipeline(t, s)
	source := elementtest.Create(t, s, "TestSource", elementtest.In(pipe))
	broken := elementtest.Create(t, s, "Broken", elementtest.In(pipe)).(*testFilter)
	sink := elementtest.Create(t, s, "TestSink", elementtest.In(pipe)).(*elementtest.Sink)
	events := elementtest.Listen(t, broken, "Error")
	elementtest.Connect(t, source, broken)
	elementtest.Connect(t, broken, sink)
	elementtest.Eventually(t, "sound beside the filter", func() bool { return sink.Count(media.Audio) > 5 })
	// TestSource's video is no picture that can be decoded: the filter gets none until it is given one here.
	broken.Do(func() { panic("out of order") })
	events.Await(t, "Error")
	elementtest.Eventually(t, "video unchanged", func() bool { return sink.Count(media.Video) > 5 })
}
