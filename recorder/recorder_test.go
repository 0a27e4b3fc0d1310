package recorder

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/elements/player/webm"
	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline/media"
)

func TestMain(m *testing.M) {
	var err error
	if clipDir, err = os.MkdirTemp("", "recorder"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(clipDir)
		os.Exit(code)
	}))
}

// source stands for what feeds a recorder's input.
type source struct {
	out    *media.Output
	format *media.Format
	keys   chan struct{} // a token for each key frame that was asked for
	media.NoUpstream
}

func newSource(t testing.TB, f media.Format, in media.Input) *source {
	t.Helper()
	s := &source{keys: make(chan struct{}, 100)}
	s.out = media.NewOutput(s, nil)
	t.Cleanup(s.out.Close)
	s.format = s.out.SetFormat(f)
	if _, ok := in.Accept(f); !ok {
		t.Fatalf("%v is not accepted", f)
	}
	in.Bind(s.format, s.out.Open())
	s.out.SetRoutes([]media.Route{{Sink: in}})
	return s
}

func (s *source) RequestKeyFrame() {
	select {
	case s.keys <- struct{}{}:
	default:
	}
}

func (s *source) write(at time.Duration, key bool, data []byte) {
	s.out.Write(&media.Packet{Format: s.format, PTS: at, Key: key, Data: data, Burst: &media.Burst{}})
}

// hearing collects what a recorder tells.
type hearing struct {
	events chan Event
	errs   chan error
}

func newRecorder(t testing.TB, kinds []media.Kind, open func() (Target, error)) (*Recorder, hearing) {
	t.Helper()
	h := hearing{make(chan Event, 100), make(chan error, 100)}
	r := New(Options{
		Container: WebM(), Kinds: kinds, Open: open,
		Notify: func(e Event) { h.events <- e },
		Fail:   func(err error) { h.errs <- err },
	})
	t.Cleanup(r.Close)
	return r, h
}

// wait waits for one event.
func (h hearing) wait(t testing.TB, want Event) {
	t.Helper()
	select {
	case got := <-h.events:
		if got != want {
			t.Fatalf("event %d, want %d", got, want)
		}
	case <-time.After(30 * time.Second):
		t.Fatalf("no event %d", want)
	}
}

func (h hearing) waitErr(t testing.TB, want error) {
	t.Helper()
	select {
	case err := <-h.errs:
		if !errors.Is(err, want) {
			t.Fatalf("%v, want %v", err, want)
		}
	case <-time.After(30 * time.Second):
		t.Fatalf("no error, want %v", want)
	}
}

func (h hearing) silent(t testing.TB) {
	t.Helper()
	select {
	case e := <-h.events:
		t.Errorf("event %d", e)
	case err := <-h.errs:
		t.Error(err)
	default:
	}
}

// create opens a new file, or one that is there anew.
func create(path string) (open func() (Target, error)) {
	return func() (Target, error) {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return nil, err
		}
		f, err := os.Create(path)
		if err != nil {
			return nil, err
		}
		return File(f), nil
	}
}

func fileTarget(t testing.TB) (path string, open func() (Target, error)) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "deep", "er", "out.webm")
	return path, create(path)
}

var bothKinds = []media.Kind{media.Audio, media.Video}

// TestRecorder records a clip with a pause in it, with PTS far from 0, as a graph would feed it.
func TestRecorder(t *testing.T) {
	c := makeClip(t, shapes[0])
	path, open := fileTarget(t)
	r, h := newRecorder(t, bothKinds, open)
	sources := []*source{ // in the order of the clip's tracks
		newSource(t, c.tracks[0].Format, r.Input(media.Video)),
		newSource(t, c.tracks[1].Format, r.Input(media.Audio)),
	}
	r.Expect(media.Audio, media.Video)
	if err := r.Record(); err != nil {
		t.Fatal(err)
	}
	<-sources[0].keys
	const begin, pause, resume = 3 * time.Hour, 1500 * time.Millisecond, 2200 * time.Millisecond
	paused, resumed := false, false
	for _, f := range c.frames {
		switch {
		case f.pts >= pause && !paused:
			paused = true
			h.wait(t, Recording)
			r.Pause()
			r.Pause()
			h.wait(t, Paused)
		case f.pts >= resume && !resumed:
			resumed = true
			if err := r.Record(); err != nil {
				t.Fatal(err)
			}
			h.wait(t, Recording)
		}
		sources[f.track].write(begin+f.pts, f.key, f.data)
	}
	if err := r.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	h.wait(t, Stopped)
	if err := r.Record(); !errors.Is(err, ErrStopped) {
		t.Errorf("record after stop: %v", err)
	}
	if err := r.Pause(); !errors.Is(err, ErrStopped) {
		t.Errorf("pause after stop: %v", err)
	}
	r.Close()
	r.Close()
	h.silent(t)

	fftest.Decode(t, path)
	p := fftest.Inspect(t, path)
	// Key frames every 1.6 s: the second stretch begins with the one at 3.2 s.
	if want := 1500*time.Millisecond + 800*time.Millisecond; (p.Duration - want).Abs() > 50*time.Millisecond {
		t.Errorf("duration %v, want %v", p.Duration, want)
	}
	for _, s := range p.Streams {
		last := time.Duration(-1)
		for _, k := range s.Packets {
			if k.PTS <= last || k.PTS-last > 100*time.Millisecond && last >= 0 {
				t.Errorf("%s: %v after %v", s.Codec, k.PTS, last)
			}
			last = k.PTS
		}
		if s.Start > 60*time.Millisecond {
			t.Errorf("%s starts at %v", s.Codec, s.Start)
		}
	}
}

func TestRecorderStopBeforeMedia(t *testing.T) {
	_, open := fileTarget(t)
	r, h := newRecorder(t, bothKinds, open)
	r.Expect(bothKinds...)
	if err := r.Record(); err != nil {
		t.Fatal(err)
	}
	if err := r.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	h.wait(t, Stopped)
	h.silent(t)
}

func TestRecorderClosesWhatWasNeverStarted(t *testing.T) {
	r, h := newRecorder(t, bothKinds, func() (Target, error) {
		t.Error("opened")
		return nil, os.ErrInvalid
	})
	r.Close()
	h.wait(t, Stopped)
	h.silent(t)
}

func TestRecorderInputs(t *testing.T) {
	_, open := fileTarget(t)
	r, h := newRecorder(t, []media.Kind{media.Video}, open)
	if r.Input(media.Audio) != nil || r.Input(media.Data) != nil {
		t.Error("an input for a kind that is not recorded")
	}
	in := r.Input(media.Video)
	for _, f := range []media.Format{
		{Kind: media.Video, Codec: media.VP8, Packed: true}, {Kind: media.Video, Codec: media.H264}, {Kind: media.Audio, Codec: media.Opus},
	} {
		if _, ok := in.Accept(f); ok {
			t.Errorf("%v is accepted", f)
		}
	}
	if _, ok := in.Accept(*vp9Format); !ok {
		t.Error("VP9 is not accepted")
	}
	s := newSource(t, *vp8Format, in)
	r.Expect(media.Video)
	if err := r.Record(); err != nil {
		t.Fatal(err)
	}
	s.write(time.Second, true, vp8Key)
	h.wait(t, Recording)
	if _, ok := in.Accept(*vp9Format); ok {
		t.Error("VP9 is accepted for a file with VP8")
	}
	if _, ok := in.Accept(*vp8Format); !ok {
		t.Error("VP8 is not accepted for a file with VP8")
	}
	other := *s.format
	in.Write(&media.Packet{Format: &other, PTS: 2 * time.Second, Key: true, Data: vp8Key}) // a packet of a former source
	in.Bind(nil, nil)
	s.write(3*time.Second, true, vp8Key)
	r.Stop(context.Background())
	h.wait(t, Stopped)
	h.silent(t)
}

func TestRecorderCannotOpen(t *testing.T) {
	cause := errors.New("no such luck")
	r, h := newRecorder(t, bothKinds, func() (Target, error) { return nil, cause })
	s := newSource(t, *vp8Format, r.Input(media.Video))
	if err := r.Record(); err != nil {
		t.Fatal(err)
	}
	h.waitErr(t, ErrOpen)
	s.write(0, true, vp8Key)
	if err := r.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	h.wait(t, Stopped)
	h.silent(t)
}

// gateTarget blocks in Write until it is opened.
type gateTarget struct {
	gate    chan struct{}
	blocked chan struct{} // closed when somebody waits
	once    sync.Once
	err     error
	bytes.Buffer
}

func newGate(err error) *gateTarget {
	return &gateTarget{gate: make(chan struct{}), blocked: make(chan struct{}), err: err}
}

func (g *gateTarget) Write(b []byte) (int, error) {
	g.once.Do(func() { close(g.blocked) })
	<-g.gate
	if g.err != nil {
		return 0, g.err
	}
	return g.Buffer.Write(b)
}

func (g *gateTarget) Close() error { return nil }

// TestRecorderSlowTarget never holds up who writes, loses whole groups of pictures, and stops
// in the caller's time.
func TestRecorderSlowTarget(t *testing.T) {
	g := newGate(nil)
	r, h := newRecorder(t, []media.Kind{media.Video}, func() (Target, error) { return g, nil })
	s := newSource(t, *vp8Format, r.Input(media.Video))
	r.Expect(media.Video)
	if err := r.Record(); err != nil {
		t.Fatal(err)
	}
	<-s.keys
	at := time.Duration(0)
	next := func(key bool) {
		data := append(bytes.Clone(vp8Inter), make([]byte, 50_000)...)
		if key {
			data = append(bytes.Clone(vp8Key), make([]byte, 50_000)...)
		}
		s.write(at, key, data)
		at += 40 * time.Millisecond
	}
	next(true)
	<-g.blocked // the header is being written
	for range 400 {
		next(false) // 20 MB
	}
	if r.Dropped() == 0 {
		t.Fatal("nothing was dropped")
	}
	<-s.keys // asked for because of the overflow
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := r.Stop(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("stop: %v", err)
	}
	close(g.gate)
	if err := r.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	h.wait(t, Recording)
	h.wait(t, Stopped)
	d, err := webm.NewReader(&g.Buffer)
	if err != nil {
		t.Fatal(err)
	}
	frames := 0
	for err == nil {
		if _, err = d.Next(); err == nil {
			frames++
		}
	}
	if err != io.EOF || frames != 401-int(r.Dropped()) {
		t.Errorf("%d frames with %d dropped: %v", frames, r.Dropped(), err)
	}
}

func TestRecorderWriteError(t *testing.T) {
	g := newGate(os.ErrPermission)
	close(g.gate)
	r, h := newRecorder(t, []media.Kind{media.Video}, func() (Target, error) { return g, nil })
	s := newSource(t, *vp8Format, r.Input(media.Video))
	r.Expect(media.Video)
	if err := r.Record(); err != nil {
		t.Fatal(err)
	}
	s.write(0, true, vp8Key)
	s.write(1, true, vp8Key)
	h.waitErr(t, ErrWrite)
	r.Stop(context.Background())
	h.wait(t, Stopped)
	h.silent(t)
}

// panicTarget breaks down in Write.
type panicTarget struct{}

func (panicTarget) Write([]byte) (int, error) { panic("broken") }
func (panicTarget) Close() error              { return nil }

func TestRecorderSurvivesPanic(t *testing.T) {
	r, h := newRecorder(t, []media.Kind{media.Video}, func() (Target, error) { return panicTarget{}, nil })
	s := newSource(t, *vp8Format, r.Input(media.Video))
	r.Expect(media.Video)
	if err := r.Record(); err != nil {
		t.Fatal(err)
	}
	s.write(0, true, vp8Key)
	h.waitErr(t, ErrWrite)
	h.wait(t, Stopped)
	if err := r.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	h.silent(t)
}
