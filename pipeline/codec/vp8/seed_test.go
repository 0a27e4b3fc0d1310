package vp8

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The seeds of FuzzDecode, which other tests take as short streams: twelve
// frames that libvpx made, the first a key frame.
const (
	seedPlain  = iota
	seedSlices // two partitions; frame 6 is a key frame too
	seedLow    // few bits
	seedVersion1
	seedVersion2
	seedVersion3
	seedResilient
	seeds
)

// seed returns the frames of a seed.
func seed(t testing.TB, n int) [][]byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "fuzz", "FuzzDecode", fmt.Sprintf("libvpx-%d", n)))
	if err != nil {
		t.Fatal(err)
	}
	_, quoted, _ := strings.Cut(string(text), "[]byte(")
	data, err := strconv.Unquote(strings.TrimSuffix(strings.TrimSpace(quoted), ")"))
	if err != nil {
		t.Fatal(err)
	}
	frames := fuzzFrames([]byte(data))
	if len(frames) != 12 {
		t.Fatalf("seed %d has %d frames", n, len(frames))
	}
	return frames
}
