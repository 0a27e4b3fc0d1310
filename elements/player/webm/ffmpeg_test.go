package webm

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline/media"
)

// realFiles are made by FFmpeg's muxer: with an index and without, with clusters of known and
// of unknown size.
var realFiles = []struct {
	name   string
	file   string
	codecs []string
	args   []string
}{
	{"VP8 and Opus", "a.webm", []string{media.VP8, media.Opus}, []string{"-c:v", "libvpx", "-g", "10", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus"}},
	{"VP9", "a.webm", []string{media.VP9, media.Opus}, []string{"-c:v", "libvpx-vp9", "-g", "10", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus"}},
	{"AV1", "a.webm", []string{media.AV1, media.Opus}, []string{"-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8", "-g", "10", "-c:a", "libopus"}},
	{"live WebM", "a.webm", []string{media.VP8, media.Opus}, []string{"-c:v", "libvpx", "-g", "10", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus", "-live", "1"}},
	{"Matroska with short clusters", "a.mkv", []string{media.VP8, media.Opus}, []string{"-c:v", "libvpx", "-g", "10", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus", "-cluster_time_limit", "100"}},
}

func makeReal(t *testing.T, i int) string {
	t.Helper()
	tt := realFiles[i]
	args := append(fftest.Pattern(2*time.Second, 2*time.Second, "160x120", 15), tt.args...)
	return fftest.Make(t, tt.file, args...)
}

// compare reads a file and looks whether we see the packets that FFmpeg sees.
func compare(t *testing.T, path string) {
	t.Helper()
	want := fftest.Inspect(t, path)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d, err := NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for i, track := range d.Tracks() {
		if s := want.Streams[i]; s.Width != track.Width || s.Height != track.Height {
			t.Errorf("track %d is %dx%d, want %dx%d", i, track.Width, track.Height, s.Width, s.Height)
		}
	}
	seen := make([]int, len(want.Streams))
	for {
		f, err := d.Next()
		if err != nil {
			if err != io.EOF {
				t.Error(err)
			}
			break
		}
		packets := want.Streams[f.Track].Packets
		n := seen[f.Track]
		seen[f.Track]++
		if n >= len(packets) {
			continue
		}
		p := packets[n]
		if off := f.PTS - p.PTS; off.Abs() > time.Millisecond || len(f.Data) != p.Size || f.Key != p.Key {
			t.Fatalf("track %d, frame %d: %v, %d bytes, key %v; want %+v", f.Track, n, f.PTS, len(f.Data), f.Key, p)
		}
	}
	for i, s := range want.Streams {
		if seen[i] != len(s.Packets) {
			t.Errorf("track %d: %d frames, want %d", i, seen[i], len(s.Packets))
		}
	}
	if off := d.Duration() - want.Duration; d.Duration() != 0 && off.Abs() > time.Millisecond {
		t.Errorf("duration %v, want %v", d.Duration(), want.Duration)
	}
}

func TestReaderAgainstFFmpeg(t *testing.T) {
	for i, tt := range realFiles {
		t.Run(tt.name, func(t *testing.T) {
			path := makeReal(t, i)
			compare(t, path)
			seekAround(t, path, tt.codecs)
		})
	}
}

func TestReaderOnSharedFiles(t *testing.T) {
	for _, name := range []string{"av2.webm", "av6.webm", "v30.webm", "qr.webm"} {
		t.Run(name, func(t *testing.T) { compare(t, fftest.Shared(t, "media/"+name)) })
	}
}

// seekAround looks whether each seek ends at the key frame that a full read finds.
func seekAround(t *testing.T, path string, codecs []string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for i, track := range d.Tracks() {
		if track.Codec != codecs[i] {
			t.Errorf("track %d is %q, want %q", i, track.Codec, codecs[i])
		}
	}
	nextKey := func() (time.Duration, error) {
		for {
			if f, err := d.Next(); err != nil || f.Track == 0 && f.Key {
				return f.PTS, err
			}
		}
	}
	var keys []time.Duration
	for {
		at, err := nextKey()
		if err != nil {
			break
		}
		keys = append(keys, at)
	}
	if len(keys) < 3 {
		t.Fatalf("only %d key frames", len(keys))
	}
	for at := time.Duration(0); at < 2*time.Second; at += 70 * time.Millisecond {
		if err := d.Seek(at); err != nil {
			t.Fatal(err)
		}
		got, err := nextKey()
		if err != nil {
			t.Fatal(err)
		}
		want, _ := slices.BinarySearch(keys, at+1)
		// A cluster may hold several key frames; then the first of it is what one gets.
		if got > keys[max(want-1, 0)] || at-got > time.Second+70*time.Millisecond {
			t.Errorf("seek to %v came to %v, want %v", at, got, keys[max(want-1, 0)])
		}
	}
}

func TestReaderOnCutFiles(t *testing.T) {
	data, err := os.ReadFile(makeReal(t, 0))
	if err != nil {
		t.Fatal(err)
	}
	count := func(data []byte) (n int, err error) {
		d, err := NewReader(bytes.NewReader(data))
		for err == nil {
			if _, err = d.Next(); err == nil {
				n++
			}
		}
		return n, err
	}
	whole, err := count(data)
	if err != io.EOF {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	last := 0
	cuts := []int{}
	for range 50 {
		cuts = append(cuts, rnd.IntN(len(data)))
	}
	slices.Sort(cuts)
	for _, cut := range cuts {
		n, err := count(data[:cut])
		if !errors.Is(err, ErrTruncated) || n < last || n > whole {
			t.Errorf("cut at %d of %d: %d of %d frames (%d before), %v", cut, len(data), n, whole, last, err)
		}
		last = n
	}
}
