package containers_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/rivero-media/rivero/elements/player/containers"
	"github.com/rivero-media/rivero/elements/player/demux"
)

// seeds are small files of each kind that ffmpeg made.
func seeds(f *testing.F, kinds ...string) {
	for _, kind := range kinds {
		paths, err := filepath.Glob("testdata/seeds/*." + kind)
		if err != nil || len(paths) == 0 {
			f.Fatalf("no seeds for %s: %v", kind, err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
}

// most is what a file of a few kilobytes may make us take: far less than what it can claim.
const most = 64 << 20

// play reads what there is, from a source that can seek and from one that cannot, and goes back and forth. It ends, it does not
// panic, and what it takes is in proportion.
func play(t *testing.T, data []byte) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, r := range []io.Reader{bytes.NewReader(data), struct{ io.Reader }{bytes.NewReader(data)}} {
		d, err := containers.Open(r)
		if err != nil {
			continue
		}
		drain(t, d)
		for _, at := range []time.Duration{d.Duration() / 2, 0, -time.Hour, 1 << 62} {
			if d.Seekable() && d.Seek(at) == nil {
				drain(t, d)
			}
		}
	}
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > most+1000*uint64(len(data)) {
		t.Errorf("%d MB taken for %d bytes", taken>>20, len(data))
	}
}

// drain reads some thousand frames.
func drain(t *testing.T, d demux.Reader) {
	for range 3000 {
		f, err := d.Next()
		if err != nil {
			return
		}
		if f.Track < 0 || f.Track >= len(d.Tracks()) || !d.Tracks()[f.Track].Playable() {
			t.Fatalf("a frame of track %d", f.Track)
		}
	}
}

func FuzzMP4(f *testing.F)  { seeds(f, "mp4", "mov"); f.Fuzz(play) }
func FuzzOgg(f *testing.F)  { seeds(f, "opus", "ogg"); f.Fuzz(play) }
func FuzzWAV(f *testing.F)  { seeds(f, "wav"); f.Fuzz(play) }
func FuzzMP3(f *testing.F)  { seeds(f, "mp3"); f.Fuzz(play) }
func FuzzFLV(f *testing.F)  { seeds(f, "flv"); f.Fuzz(play) }
func FuzzTS(f *testing.F)   { seeds(f, "ts"); f.Fuzz(play) }
func FuzzIVF(f *testing.F)  { seeds(f, "ivf"); f.Fuzz(play) }
func FuzzWebM(f *testing.F) { seeds(f, "mkv"); f.Fuzz(play) }

// Every third byte at the beginning of every seed is set to all ones: the sizes and counts that fuzzing finds first.
func TestHostileBytes(t *testing.T) {
	paths, err := filepath.Glob("testdata/seeds/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < min(len(data), 1200); i += 3 {
				old := data[i]
				for _, v := range []byte{0xff} {
					data[i] = v
					for r := range 2 {
						source := io.Reader(bytes.NewReader(data))
						if r == 1 {
							source = struct{ io.Reader }{source}
						}
						if d, err := containers.Open(source); err == nil {
							drain(t, d)
						}
					}
				}
				data[i] = old
			}
		})
	}
}
