package ogg

import (
	"bytes"
	"os"
	"testing"

	"github.com/rivero-media/rivero/elements/player/demux"
)

// Whatever a file holds, measuring it ends, and the length is none below 0.
func FuzzChained(f *testing.F) {
	for _, name := range []string{"tone.opus", "tone.ogg"} {
		data, err := os.ReadFile("../containers/testdata/seeds/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(append(data[:len(data):len(data)], data...))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := NewReader(demux.NewSource(bytes.NewReader(data)))
		if err != nil {
			return
		}
		if err := d.chained(int64(len(data))); err != nil {
			t.Fatalf("a file in memory cannot be read: %v", err)
		}
		if d.whole < 0 {
			t.Fatalf("a length of %v", d.whole)
		}
	})
}
