package containers_test

import (
	"bytes"
	"hash/crc32"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rivero-media/rivero/elements/player/containers"
)

// trickle gives a file out in pieces of all sizes, as a network does.
type trickle struct {
	from io.Reader
	n    int
}

func (r *trickle) Read(b []byte) (int, error) {
	r.n = r.n%1500 + 1
	return r.from.Read(b[:min(len(b), r.n)])
}

// sums are the tracks and checksums of all frames.
func sums(t *testing.T, r io.Reader) (all []uint32) {
	t.Helper()
	d, err := containers.Open(r)
	if err != nil {
		t.Fatal(err)
	}
	for {
		f, err := d.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, crc32.ChecksumIEEE(f.Data)+uint32(f.Track))
	}
}

// What comes piece by piece over a network is read like a file.
func TestPieces(t *testing.T) {
	for _, tt := range matrix {
		if (strings.HasSuffix(tt.file, ".mp4") || strings.HasSuffix(tt.file, ".mov") || strings.HasSuffix(tt.file, ".m4a")) && !strings.Contains(tt.args, "empty_moov") {
			continue // the index is behind the data
		}
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			data, err := os.Open(makeFile(t, tt.file, tt.args))
			if err != nil {
				t.Fatal(err)
			}
			defer data.Close()
			whole := sums(t, struct{ io.Reader }{data})
			if _, err := data.Seek(0, io.SeekStart); err != nil {
				t.Fatal(err)
			}
			if pieces := sums(t, &trickle{from: data}); !slices.Equal(pieces, whole) {
				t.Errorf("%d frames in pieces, %d as a whole, or others", len(pieces), len(whole))
			}
		})
	}
}

// From a web server, where looking at each fragment would cost a request, the length of a fragmented MP4 comes from its index.
func TestFragmentIndex(t *testing.T) {
	fragments := h264B + " -an -movflags +frag_keyframe+empty_moov+default_base_moof"
	for args, want := range map[string]time.Duration{
		fragments: 2 * time.Second, fragments + "+global_sidx+skip_trailer": 2 * time.Second, fragments + "+skip_trailer": 0,
	} {
		t.Run(args, func(t *testing.T) {
			data, err := os.ReadFile(makeFile(t, "a.mp4", args))
			if err != nil {
				t.Fatal(err)
			}
			r, err := containers.Open(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if d := r.Duration(); (d - want).Abs() > 100*time.Millisecond {
				t.Errorf("duration %v, want %v", d, want)
			}
			all := readAll(t, r)
			seekAround(t, r, all[0][0].pts)
		})
	}
}
