package zbar

import (
	"strconv"
	"testing"
	"time"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/elements/player"
	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/codec/sound"
	"github.com/rivero-media/rivero/pipeline/codec/video"
)

func server(t testing.TB) *pipeline.Server {
	return elementtest.Server(t, codec.Steps{video.Steps, sound.Steps}, elementtest.PicturesClass, Class,
		player.Class(func() player.Settings { return player.Settings{} }))
}

func TestSuite(t *testing.T) {
	s := server(t)
	elementtest.Suite(t, s, func(p *pipeline.MediaPipeline) pipeline.Object {
		return elementtest.Create(t, s, "ZBarFilter", elementtest.In(p))
	})
}

// stage is a filter in a studio and what it raises.
type stage struct {
	*elementtest.Studio
	events *elementtest.Events
}

func newStage(t testing.TB) *stage {
	s := elementtest.NewStudio(t, server(t), "ZBarFilter")
	return &stage{s, elementtest.Listen(t, s.Element, "CodeFound")}
}

// until shows a picture until the filter has told something.
func (s *stage) until(t *testing.T, p *i420.Picture) map[string]any {
	t.Helper()
	elementtest.Eventually(t, "a code is found", func() bool {
		out := s.Show(t, p)
		if string(out.Data()) != string(p.Data()) {
			t.Fatal("the picture is changed")
		}
		return len(s.events.Types()) > 0
	})
	return s.events.Await(t, "CodeFound")
}

func drawn(t *testing.T, s sample) *i420.Picture {
	p := grey(320, 240)
	draw(p, s.modules(t), view{module: 2.5})
	return p
}

func TestACodeIsToldOnceASecond(t *testing.T) {
	s := newStage(t)
	qr, ean := drawn(t, samples[0]), drawn(t, samples[2])
	at := func(data map[string]any) time.Duration {
		ms, err := strconv.Atoi(data["timestampMillis"].(string))
		if err != nil {
			t.Fatal(err)
		}
		return time.Duration(ms) * time.Millisecond
	}
	first := s.until(t, qr)
	if first["codeType"] != "QR-Code" || first["value"] != "https://example.org/qr?x=1" || first["type"] != "CodeFound" {
		t.Errorf("told %v", first)
	}
	// Another code is told at once, the first one again only when it is time.
	if other := s.until(t, ean); other["codeType"] != "EAN-13" || other["value"] != "5901234123457" {
		t.Errorf("told %v", other)
	}
	again := s.until(t, qr)
	if again["codeType"] != "QR-Code" || at(again)-at(first) < tellEvery-time.Millisecond {
		t.Errorf("told %v, %v after the first time", again, at(again)-at(first))
	}
}

func TestCodesInAFile(t *testing.T) {
	path := fftest.Shared(t, "media/qr.webm")
	s := server(t)
	p := elementtest.Pipeline(t, s)
	from := elementtest.Create(t, s, "PlayerEndpoint", elementtest.In(p, "uri", "file://"+path))
	f := elementtest.Create(t, s, "ZBarFilter", elementtest.In(p))
	events := elementtest.Listen(t, f, "CodeFound")
	elementtest.Connect(t, from, f) // nothing is behind the filter
	elementtest.Must(t, from, "play", nil)
	if told := events.Await(t, "CodeFound"); told["codeType"] != "QR-Code" || told["value"] != "https://example.org/qr?x=1" {
		t.Errorf("told %v", told)
	}
}

// idle is a filter without a pipeline whose reader never comes back.
func idle() *Filter {
	f := &Filter{idle: make(chan *i420.Picture, 1), pending: make(chan *i420.Picture, 1)}
	f.idle <- &i420.Picture{}
	return f
}

func TestPicturesDoNotWaitForTheReader(t *testing.T) {
	f, p := idle(), grey(640, 480)
	for n := range 100 {
		if f.take(p, filter.Moment{PTS: time.Duration(n) * readEvery}) != p {
			t.Fatal("another picture comes out")
		}
	}
	if len(f.pending) != 1 {
		t.Error("nothing is to be read")
	}
}

func TestNothingIsAllocatedForAPicture(t *testing.T) {
	f, p, at := idle(), grey(640, 480), time.Duration(0)
	work := func() {
		at += readEvery
		f.take(p, filter.Moment{PTS: at})
		f.idle <- <-f.pending
	}
	if n := testing.AllocsPerRun(50, work); n != 0 {
		t.Errorf("%v allocations for a picture", n)
	}
}

// TestAPanicOfTheLibrary shows that one ends nothing.
func TestAPanicOfTheLibrary(t *testing.T) {
	r := newReader()
	r.single, r.all = nil, nil
	if _, err := r.read(grey(100, 100)); err == nil {
		t.Error("no error")
	}
}
