package elementtest

import (
	"context"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/codec/video"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

// Pictures is an element that gives raw pictures, one by one as a test says, or takes them.
type Pictures struct {
	pipeline.MediaElement
	out   *media.Output
	burst media.Burst
	took  chan media.Packet
}

// PicturesClass describes Pictures.
var PicturesClass = &pipeline.Class{
	Name: "TestPictures", Module: "test", Parent: pipeline.MediaElementClass,
	New: pipeline.New(func(_ context.Context, c pipeline.Creation, p pipelineParams) (pipeline.Object, error) {
		e := &Pictures{took: make(chan media.Packet, 1)}
		e.Setup(c, e, p.MediaPipeline, p.MediaPipeline)
		return e, nil
	}),
}

// Accept is part of media.Input.
func (e *Pictures) Accept(f media.Format) (score int, ok bool) { return 0, f == video.Raw() }

// Bind is part of media.Input.
func (e *Pictures) Bind(*media.Format, media.Source) {}

// Write is part of media.Sink.
func (e *Pictures) Write(p *media.Packet) {
	kept := *p
	kept.Data = append([]byte(nil), p.Data...)
	e.took <- kept
}

// Studio shows pictures to an element and sees what it makes of them.
type Studio struct {
	Element        pipeline.Object
	camera, screen *Pictures
	shown          time.Duration // PTS of the last picture
}

// pictureTime is from one picture to the next.
const pictureTime = 33 * time.Millisecond

// NewStudio stands around a new element of a class, in a pipeline of its own. The server must have PicturesClass.
func NewStudio(t testing.TB, s *pipeline.Server, class string) *Studio {
	p := Pipeline(t, s)
	camera, screen := Create(t, s, "TestPictures", In(p)).(*Pictures), Create(t, s, "TestPictures", In(p)).(*Pictures)
	element := Create(t, s, class, In(p))
	camera.out = camera.NewOutput(media.NoUpstream{})
	camera.out.SetFormat(video.Raw())
	camera.Update(func(g *graph.Edit, n *graph.Node) { g.SetOutput(n, media.Video, camera.out) })
	screen.Update(func(g *graph.Edit, n *graph.Node) { g.SetInput(n, media.Video, screen) })
	Connect(t, camera, element)
	Connect(t, element, screen)
	return &Studio{Element: element, camera: camera, screen: screen}
}

// Show gives the element a picture and returns what comes out for it.
func (s *Studio) Show(t testing.TB, p *i420.Picture) *i420.Picture {
	t.Helper()
	s.shown += pictureTime
	s.camera.out.Write(&media.Packet{
		Format: s.camera.out.Format(), Burst: &s.camera.burst, Key: true, PTS: s.shown, At: media.Now(),
		Width: uint16(p.Width), Height: uint16(p.Height), Data: p.Data(),
	})
	s.camera.burst.Flush()
	select {
	case got := <-s.screen.took:
		if got.PTS != s.shown {
			t.Fatalf("the picture of %v comes out as one of %v", s.shown, got.PTS)
		}
		out, ok := i420.Over(got.Data, int(got.Width), int(got.Height))
		if !ok {
			t.Fatalf("%d bytes come out as a picture of %dx%d", len(got.Data), got.Width, got.Height)
		}
		return &out
	case <-time.After(patience):
		t.Fatalf("waited %v in vain for a picture", patience)
		return nil
	}
}

// File writes an image as PNG into a folder of the test and returns its path.
func File(t testing.TB, img image.Image) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "image.png")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}
