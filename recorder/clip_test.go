package recorder

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/rivero-media/rivero/elements/player/webm"
	"github.com/rivero-media/rivero/internal/fftest"
)

// clip is media to write: the frames of a file that FFmpeg has made.
type clip struct {
	path   string
	tracks []Track
	frames []clipFrame
}

type clipFrame struct {
	track int
	pts   time.Duration
	key   bool
	data  []byte
}

func readClip(t testing.TB, path string) (c clip) {
	t.Helper()
	c.path = path
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := webm.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	c.tracks = make([]Track, len(r.Tracks()))
	for {
		f, err := r.Next()
		if err == io.EOF {
			return c
		}
		if err != nil {
			t.Fatal(err)
		}
		c.frames = append(c.frames, clipFrame{f.Track, max(f.PTS, 0), f.Key, bytes.Clone(f.Data)})
		if track := &c.tracks[f.Track]; track.Format.Codec == "" {
			format, _ := r.Tracks()[f.Track].Format()
			if *track, err = NewTrack(format, f.Data); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// shape is what a test clip holds.
type shape struct {
	name   string
	encode []string
	video  time.Duration
	audio  time.Duration
}

var shapes = []shape{
	{"VP8 and Opus", []string{"-c:v", "libvpx", "-g", "40", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus"}, 4 * time.Second, 4 * time.Second},
	{"VP9 and Opus", []string{"-c:v", "libvpx-vp9", "-g", "40", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus"}, 3 * time.Second, 3 * time.Second},
	{"AV1 and Opus", []string{"-c:v", "libaom-av1", "-g", "40", "-usage", "realtime", "-cpu-used", "8", "-c:a", "libopus"}, 3 * time.Second, 3 * time.Second},
	{"VP8", []string{"-c:v", "libvpx", "-g", "40", "-deadline", "realtime", "-cpu-used", "8"}, 3 * time.Second, 0},
	{"Opus", []string{"-c:a", "libopus"}, 0, 3 * time.Second},
}

// clips are those that were made, by the name of their shape: encoding takes most of the time of these tests. Nobody changes
// one; their files are in clipDir, which TestMain removes.
var (
	clips   = map[string]clip{}
	clipDir string
)

func makeClip(t testing.TB, s shape) clip {
	t.Helper()
	c, made := clips[s.name]
	if !made {
		args := append(fftest.Pattern(s.video, s.audio, "320x180", 25), s.encode...)
		path := filepath.Join(clipDir, s.name+".webm")
		if err := os.Rename(fftest.Make(t, "clip.webm", args...), path); err != nil {
			t.Fatal(err)
		}
		c = readClip(t, path)
		clips[s.name] = c
	}
	c.frames = slices.Clone(c.frames)
	return c
}

// writeClip writes a clip with our own writer.
func writeClip(t testing.TB, c clip, w io.Writer) error {
	t.Helper()
	m, err := newMatroska(w, "webm", c.tracks, time.Date(2026, 11, 20, 12, 0, 0, 123e6, time.UTC))
	if err != nil {
		return err
	}
	for _, f := range c.frames {
		if err := m.WriteFrame(f.track, f.pts, f.key, f.data); err != nil {
			m.Close()
			return err
		}
	}
	return m.Close()
}

func writeFile(t testing.TB, c clip) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "out.webm")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := writeClip(t, c, f); err != nil {
		t.Fatal(err)
	}
	return path
}
