package h264

import (
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

var writeCorpus = flag.Bool("corpus", false, "make the seeds of FuzzDecode again, with ffmpeg")

// fuzzMaxPixels keeps pictures of the fuzzer small.
const fuzzMaxPixels = 128 * 128

// fuzzUnits takes access units out of a fuzzer's input: two bytes of length before each.
func fuzzUnits(data []byte) (units [][]byte) {
	for len(data) >= 2 && len(units) < 32 {
		n := min(int(binary.BigEndian.Uint16(data)), len(data)-2)
		units = append(units, data[2:2+n])
		data = data[2+n:]
	}
	return units
}

// FuzzDecode decodes arbitrary access units, and checks what Decoder promises of any.
func FuzzDecode(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		d := Decoder{MaxPixels: fuzzMaxPixels}
		for i, unit := range fuzzUnits(data) {
			err := d.Decode(unit, int64(i))
			check(t, &d, err)
			for f := d.Next(); f != nil; f = d.Next() {
				checkFrame(t, f, int64(i))
			}
		}
		d.Drain()
		for f := d.Next(); f != nil; f = d.Next() {
			checkFrame(t, f, 1<<32)
		}
	})
}

func check(t *testing.T, d *Decoder, err error) {
	t.Helper()
	if err != nil && !d.NeedsKeyFrame() {
		t.Errorf("no key frame is needed after %v", err)
	}
	if d.slice.blocks != ([coefficients]int32{}) {
		t.Fatal("coefficients are left over")
	}
	if most := 2*maxRefFrames + maxPictures + 2; len(d.dpb.pictures) > most {
		t.Fatalf("%d pictures are kept, more than %d", len(d.dpb.pictures), most)
	}
}

func checkFrame(t *testing.T, f *Frame, last int64) {
	t.Helper()
	if f.Width*f.Height > fuzzMaxPixels || f.Width < 1 || f.Height < 1 {
		t.Errorf("%dx%d", f.Width, f.Height)
	}
	if f.Tag > last {
		t.Errorf("tag %d after %d", f.Tag, last)
	}
	w, h := f.ChromaSize()
	if n := len(f.AppendI420(nil)); n != f.Width*f.Height+2*w*h {
		t.Errorf("%d bytes of %dx%d", n, f.Width, f.Height)
	}
}

// TestCorpus writes the seeds of FuzzDecode if asked to.
func TestCorpus(t *testing.T) {
	dir := filepath.Join("testdata", "fuzz", "FuzzDecode")
	if !*writeCorpus {
		if seeds, err := os.ReadDir(dir); err != nil || len(seeds) == 0 {
			t.Errorf("no seeds in %s: %v", dir, err)
		}
		return
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for i, s := range []struct{ size, params, format string }{
		{"16x16", "bframes=0", "yuv420p"},
		{"48x34", "bframes=2 b-adapt=0 partitions=all slices=2 direct=temporal", "yuv420p"},
		{"32x32", "cabac=0 bframes=2 b-adapt=0 partitions=all direct=spatial", "yuv420p"},
		{"48x48", "bframes=3 b-adapt=0 b-pyramid=normal weightb=1 ref=3 8x8dct=1 cqm=jvt", "yuv420p"},
		{"32x48", "cabac=0 weightp=2 ref=2 intra-refresh=1 keyint=4 constrained-intra=1", "yuv420p"},
		{"32x32", "open-gop=1 keyint=3 bframes=1 b-adapt=0 subme=7", "yuv420p"},
		{"32x32", "bframes=1 b-adapt=0", "gray"},
	} {
		var data []byte
		for _, unit := range readUnits(t, encode(t, s.size, 8, append(x264(s.params), "-b:v", "60k", "-pix_fmt", s.format)...)) {
			data = binary.BigEndian.AppendUint16(data, uint16(len(unit)))
			data = append(data, unit...)
		}
		text := fmt.Sprintf("go test fuzz v1\n[]byte(%q)\n", data)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("x264-%d", i)), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}
