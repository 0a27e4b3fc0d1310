package vp8

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/rivero-media/rivero/internal/fftest"
)

// newFrame returns a black picture with gaps between its rows.
func newFrame(width, height int) *Frame {
	f := &Frame{Width: width, Height: height, YStride: width + 5}
	w, h := f.ChromaSize()
	f.UVStride = w + 3
	f.Y, f.U, f.V = make([]byte, f.YStride*height), make([]byte, f.UVStride*h), make([]byte, f.UVStride*h)
	return f
}

// paint fills the picture with a function of place.
func paint(f *Frame, pixel func(plane, x, y int) byte) *Frame {
	w, h := f.ChromaSize()
	for y := range f.Height {
		for x := range f.Width {
			f.Y[y*f.YStride+x] = pixel(0, x, y)
		}
	}
	for y := range h {
		for x := range w {
			f.U[y*f.UVStride+x], f.V[y*f.UVStride+x] = pixel(1, x, y), pixel(2, x, y)
		}
	}
	return f
}

// contents are what the tests encode, by number of the picture.
var contents = map[string]func(f *Frame, n int){
	"noise": func(f *Frame, n int) {
		r := rand.New(rand.NewPCG(uint64(n), 1))
		paint(f, func(int, int, int) byte { return byte(r.Uint32()) })
	},
	"extremes": func(f *Frame, n int) {
		r := rand.New(rand.NewPCG(uint64(n), 1))
		paint(f, func(_, x, y int) byte { return byte(-(r.Uint32() & 1)) })
	},
	"gradient": func(f *Frame, n int) {
		paint(f, func(plane, x, y int) byte { return byte(x*(plane+1) + y/2 + n) })
	},
	"moving": moving,
}

// mixed is two pictures of each.
func mixed(f *Frame, n int) {
	contents[[]string{"moving", "noise", "gradient", "extremes"}[n/2%4]](f, n)
}

// texture is what moving shows, four pixels for one.
var texture = func() (t [1 << 9][1 << 9]byte) {
	const turn = 2 * math.Pi / (1 << 9)
	for y := range t {
		for x := range t[y] {
			u, v := float64(x)*turn, float64(y)*turn
			t[y][x] = byte(128 + 40*math.Sin(7*u)*math.Cos(5*v) + 30*math.Sin(8*u+15*v) + 20*math.Sin(u-2*v))
		}
	}
	return t
}()

// moving is a texture that moves by quarters of a pixel, with a square that
// goes another way.
func moving(f *Frame, n int) {
	paint(f, func(plane, x, y int) byte {
		scale := 4
		if plane > 0 {
			scale = 8
		}
		u, v := scale*x-5*n, scale*y+2*n
		if (u+11*n)&511 < 128 && (v+6*n)&511 < 128 {
			u, v = u*3, v+70*plane
		}
		return texture[v&511][u&511]
	})
}

// psnr of luma, 100 if there is no difference.
func psnr(a, b *Frame) float64 {
	var d distortion
	if d.add(a, b); d.sum == 0 {
		return 100
	}
	return d.psnr()
}

// distortion adds up the squared errors of luma.
type distortion struct{ sum, pixels float64 }

func (d *distortion) add(a, b *Frame) {
	sum := 0
	for y := range a.Height {
		row := b.Y[y*b.YStride:][:a.Width]
		for x, v := range a.Y[y*a.YStride:][:a.Width] {
			e := int(v) - int(row[x])
			sum += e * e
		}
	}
	d.sum += float64(sum)
	d.pixels += float64(a.Width * a.Height)
}

// psnr is that of the mean squared error of all pictures.
func (d *distortion) psnr() float64 {
	return 10 * math.Log10(255*255*d.pixels/max(d.sum, 1))
}

// ivf is a file of frames.
func ivf(frames [][]byte, width, height, rate int) []byte {
	b := append([]byte("DKIF\x00\x00\x20\x00VP80"), make([]byte, 20)...)
	binary.LittleEndian.PutUint16(b[12:], uint16(width))
	binary.LittleEndian.PutUint16(b[14:], uint16(height))
	binary.LittleEndian.PutUint32(b[16:], uint32(rate))
	binary.LittleEndian.PutUint32(b[20:], 1)
	binary.LittleEndian.PutUint32(b[24:], uint32(len(frames)))
	for i, frame := range frames {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(frame)))
		b = binary.LittleEndian.AppendUint64(b, uint64(i))
		b = append(b, frame...)
	}
	return b
}

func mustEncoder(t testing.TB, c Config) *Encoder {
	t.Helper()
	e, err := NewEncoder(c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// roundTrip encodes n pictures and checks that the decoder makes of each what
// the encoder thinks. It returns the frames, those of dropped pictures empty.
func roundTrip(t testing.TB, e *Encoder, f *Frame, n int, content func(f *Frame, n int)) [][]byte {
	t.Helper()
	var d Decoder
	var frames [][]byte
	for i := range n {
		content(f, i)
		frame, key, err := e.Encode(nil, f, false)
		if err != nil {
			t.Fatal(err)
		}
		got, err := d.Decode(frame)
		if err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
		if len(frame) > 0 && got.Key != key {
			t.Fatalf("frame %d: key is %v", i, key)
		}
		if !same(got, e.Reconstructed()) {
			t.Fatalf("frame %d differs from what the encoder reconstructed", i)
		}
		frames = append(frames, frame)
	}
	return frames
}

// same tells if two pictures have the same pixels.
func same(a, b *Frame) bool { return bytes.Equal(a.AppendI420(nil), b.AppendI420(nil)) }

// options are encoders of every kind.
var options = []Config{
	{Width: 16, Height: 16},
	{Width: 1, Height: 1, MinQ: 10},
	{Width: 17, Height: 33, MinQ: 20, Partitions: 8, Threads: 3},
	{Width: 112, Height: 96, MinQ: 60, KeyInterval: 3, Partitions: 2},
	{Width: 96, Height: 112, MinQ: 127, Speed: MaxSpeed},
	{Width: 113, Height: 65, Threads: 2, Layers: 2},
	{Width: 48, Height: 161, MinQ: 80, Layers: 3, Resilient: true, Partitions: 4},
	{Width: 141, Height: 49, MinQ: 35, Resilient: true, Speed: 1},
	{Width: 128, Height: 68, Bitrate: 200_000, Partitions: 4, Threads: 4, Speed: 1},
	{Width: 96, Height: 66, Bitrate: 60_000, MinQ: 4, MaxQ: 100, Resilient: true, KeyInterval: 4, Speed: 2},
	{Width: 80, Height: 80, Bitrate: 100_000, Layers: 3, Speed: 2},
	{Width: 64, Height: 64, Bitrate: 50_000, Speed: SpeedAuto},
	{Width: 640, Height: 360, MinQ: 40, Speed: 2, Threads: 2},
	{Width: 1921, Height: 1081, MinQ: 50, Speed: MaxSpeed, Partitions: 8, Threads: 2},
	{Width: 1280, Height: 720, MinQ: 30, Speed: 1, Layers: 2},
}

// TestEncoder encodes all contents in many sizes with all options, and has
// this package, libvpx and ffmpeg's own decoder decode them.
func TestEncoder(t *testing.T) {
	fftest.Need(t)
	for i, c := range options {
		t.Run(fmt.Sprintf("%d %dx%d", i, c.Width, c.Height), func(t *testing.T) {
			t.Parallel()
			frames := 8
			if c.Width > 600 {
				if frames = 4; underRace {
					t.Skip("large pictures take too long with the race detector")
				}
			}
			e := mustEncoder(t, c)
			defer e.Close()
			all := roundTrip(t, e, newFrame(c.Width, c.Height), frames, mixed)
			if underRace {
				return // others judge what comes out without the race detector
			}
			shown := slices.DeleteFunc(all, func(f []byte) bool { return len(f) == 0 })
			path := fftest.File(t, "a.ivf", ivf(shown, c.Width, c.Height, 30))
			compare(t, sums(t, &Decoder{}, shown), judge(t, path))
			fftest.Decode(t, path)
		})
	}
}

// TestEncoderThreads compares the frames of encoders that differ in the number
// of their goroutines only.
func TestEncoderThreads(t *testing.T) {
	t.Parallel()
	for _, c := range []Config{{Width: 80, Height: 64, MinQ: 30}, {Width: 49, Height: 99, Bitrate: 60_000, Partitions: 4, Speed: 1}} {
		var want [][]byte
		for _, threads := range []int{1, 2, 5} {
			c.Threads = threads
			e := mustEncoder(t, c)
			frames := roundTrip(t, e, newFrame(c.Width, c.Height), 5, mixed)
			e.Close()
			if want == nil {
				want = frames
			}
			for i := range want {
				if !bytes.Equal(frames[i], want[i]) {
					t.Fatalf("%d threads: frame %d differs from that of one", threads, i)
				}
			}
		}
	}
}

// TestEncoderQuality codes a picture that stays as it is.
func TestEncoderQuality(t *testing.T) {
	t.Parallel()
	e := mustEncoder(t, Config{Width: 96, Height: 80, Bitrate: 300_000})
	defer e.Close()
	f := newFrame(96, 80)
	frames := roundTrip(t, e, f, 20, func(f *Frame, _ int) { moving(f, 0) })
	if quality := psnr(f, e.Reconstructed()); quality < 45 {
		t.Errorf("%.2f dB", quality)
	}
	if n := len(frames[19]); n > 100 {
		t.Errorf("%d bytes for a picture that is as good as the original", n)
	}
}

// TestEncoderFirstPartition makes frames whose first partition would be too large.
func TestEncoderFirstPartition(t *testing.T) {
	t.Parallel()
	var sizes [2][]int
	for i := range sizes {
		e := mustEncoder(t, Config{Width: 160, Height: 128, MinQ: 10})
		defer e.Close()
		if i == 1 {
			e.mostFirst = 300
		}
		for _, frame := range roundTrip(t, e, newFrame(160, 128), 4, mixed) {
			var h frameHeader
			if _, err := h.tag(frame); err != nil {
				t.Fatal(err)
			}
			sizes[i] = append(sizes[i], h.firstPartition)
		}
	}
	for i, size := range sizes[0] {
		if size > 500 && sizes[1][i] > size*2/3 {
			t.Errorf("frame %d: %d bytes, %d in plain", i, size, sizes[1][i])
		}
	}
	t.Log(sizes)
}
