package vp8

import (
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

var writeCorpus = flag.Bool("corpus", false, "make the seeds of FuzzDecode again, with ffmpeg")

// fuzzFrames takes frames out of a fuzzer's input: two bytes of length before each.
func fuzzFrames(data []byte) [][]byte {
	var frames [][]byte
	for len(data) >= 2 && len(frames) < 64 {
		n := min(int(binary.BigEndian.Uint16(data)), len(data)-2)
		frames = append(frames, data[2:2+n])
		data = data[2+n:]
	}
	return frames
}

// FuzzDecode decodes arbitrary frames, strictly and tolerantly. Besides not
// panicking, the strict decoder never gives a picture that the tolerant one
// does not.
func FuzzDecode(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		strict := Decoder{MaxPixels: 256 * 256}
		tolerant := Decoder{MaxPixels: 256 * 256, Tolerant: true}
		same := true
		for _, frame := range fuzzFrames(data) {
			a, errA := strict.Decode(frame)
			b, errB := tolerant.Decode(frame)
			check(t, &strict, a, errA)
			check(t, &tolerant, b, errB)
			same = same && errA == nil && errB == nil
			if same && (a == nil) != (b == nil) {
				t.Error("shown by one and not by the other")
			}
			if same && a != nil && sum(a) != sum(b) {
				t.Error("pictures differ")
			}
		}
	})
}

func check(t *testing.T, d *Decoder, f *Frame, err error) {
	t.Helper()
	if f != nil && err != nil {
		t.Error("a picture and an error")
	}
	if f != nil && f.Width*f.Height > d.MaxPixels {
		t.Errorf("%dx%d", f.Width, f.Height)
	}
	if f != nil && f != d.Last() {
		t.Error("the last picture is another")
	}
	if err != nil && !d.NeedsKeyFrame() {
		t.Errorf("no key frame is needed after %v", err)
	}
	for i := range d.coefficients {
		if d.coefficients[i] != [16]int16{} {
			t.Fatal("coefficients are left over")
		}
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
	for i, s := range []struct {
		size string
		args []string
	}{ // in the order of the constants in seed_test.go
		{"16x16", nil},
		{"48x33", []string{"-slices", "2", "-g", "6", "-b:v", "150k"}},
		{"48x40", []string{"-b:v", "60k"}},
		{"31x48", []string{"-profile:v", "1"}},
		{"40x31", []string{"-profile:v", "2", "-slices", "8"}},
		{"40x40", []string{"-profile:v", "3"}},
		{"48x48", []string{"-error-resilient", "1", "-sharpness", "5"}},
	} {
		var data []byte
		for _, frame := range readIVF(t, encode(t, s.size, 12, append(s.args, realtime...)...)) {
			data = binary.BigEndian.AppendUint16(data, uint16(len(frame)))
			data = append(data, frame...)
		}
		text := fmt.Sprintf("go test fuzz v1\n[]byte(%q)\n", data)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("libvpx-%d", i)), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// FuzzEncode encodes arbitrary pictures with arbitrary options; the decoder
// reproduces what the encoder reconstructed.
func FuzzEncode(f *testing.F) {
	f.Add(uint16(17), uint16(33), uint32(0), uint8(20), []byte("pixels"))
	f.Add(uint16(64), uint16(48), uint32(0x5a17), uint8(0), []byte{0, 255, 1, 254, 128})
	f.Add(uint16(1), uint16(90), uint32(0xffff), uint8(127), []byte{7})
	f.Fuzz(func(t *testing.T, width, height uint16, bits uint32, q uint8, pixels []byte) {
		take := func(n uint32) int { // a number below n
			v := bits % n
			bits /= n
			return int(v)
		}
		c := Config{
			Width: int(width%100) + 1, Height: int(height%100) + 1, MinQ: int(q % 128), Speed: take(uint32(len(speeds))),
			Layers: take(4), Partitions: 1 << take(4), Threads: take(3), Resilient: take(2) == 1, KeyInterval: take(4),
		}
		if take(2) == 1 {
			c.Bitrate, c.MinQ, c.MaxQ = 1000*(1+take(200)), 0, c.MinQ
		}
		e := mustEncoder(t, c)
		defer e.Close()
		seen := 0
		roundTrip(t, e, newFrame(c.Width, c.Height), 5, func(f *Frame, n int) {
			if n == 2 {
				e.SetBitrate(5000)
				e.ForceKeyFrame()
			}
			paint(f, func(plane, x, y int) byte {
				if len(pixels) == 0 {
					return byte(x*y + n)
				}
				seen++
				return pixels[(seen*(plane+1)+x*n)%len(pixels)]
			})
		})
	})
}
