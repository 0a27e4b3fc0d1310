package recorder

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline/media"
)

// TestSideBySide records two participants who do not begin together: what their files say of when they begin is as far apart as their
// first frames were, in every container. Sound from before the first picture is in no file, and does not count.
func TestSideBySide(t *testing.T) {
	fftest.Need(t)
	for _, c := range []struct {
		container         Container
		video, audio, tag string
	}{
		{WebM(), media.VP8, media.Opus, "creation_time"},
		{Matroska(), media.H264, media.Opus, "creation_time"},
		{MP4(), media.H264, media.AAC, "date"}, // its creation_time has whole seconds
		{FLV(), media.H264, media.AAC, "creation_time"},
	} {
		t.Run(c.container.Name, func(t *testing.T) {
			streams := []stream{makeStream(t, c.audio, ""), makeStream(t, c.video, testSize)}
			const begin = 3*time.Hour + 417*time.Microsecond
			first := sideFile(t, c.container, c.tag, begin, streams)
			if off := first.Sub(media.Wall(begin)); off.Abs() > time.Millisecond {
				t.Errorf("%v, the first frame was taken at %v", first, media.Wall(begin))
			}
			for _, offset := range []time.Duration{1234567 * time.Nanosecond, 2999500 * time.Microsecond} {
				second := sideFile(t, c.container, c.tag, begin+offset, streams)
				if off := second.Sub(first) - offset; off.Abs() > time.Millisecond {
					t.Errorf("%v and %v are %v apart, the first frames %v", first, second, second.Sub(first), offset)
				}
			}
		})
	}
}

// sideFile records streams whose picture begins at a time of the pipeline clock, and returns when the file says that it begins.
func sideFile(t *testing.T, c Container, tag string, begin time.Duration, streams []stream) time.Time {
	t.Helper()
	path := filepath.Join(t.TempDir(), "side."+extensions[c.Name])
	r := New(Options{Container: c, Kinds: bothKinds, Open: create(path), Notify: func(Event) {}, Fail: func(err error) { t.Error(err) }})
	defer r.Close()
	r.Expect(bothKinds...)
	if err := r.Record(); err != nil {
		t.Fatal(err)
	}
	for _, s := range streams { // sound, which begins 100 ms earlier, then the picture
		source := newSource(t, s.format, r.Input(s.format.Kind))
		at := begin
		if s.format.Kind == media.Audio {
			at -= 100 * time.Millisecond
		}
		for _, f := range s.part(0, time.Second).frames {
			source.write(at+f.pts, f.key, f.data)
		}
	}
	if err := r.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	text := fftest.Inspect(t, path).Tags[tag]
	date, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatalf("%s: %v", tag, err)
	}
	return date
}
