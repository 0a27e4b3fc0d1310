package vp8

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
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

// moving is a texture that moves by fractions of a pixel, with a faster disc.
func moving(f *Frame, n int) {
	t := float64(n)
	paint(f, func(plane, x, y int) byte {
		scale := 1.0
		if plane > 0 {
			scale = 2
		}
		u, v := scale*float64(x)-1.3*t, scale*float64(y)+.6*t
		c := 128 + 40*math.Sin(u/7)*math.Cos(v/11) + 30*math.Sin((u+2*v)/3.1)
		dx, dy := scale*float64(x)-float64(f.Width)/2-60*math.Sin(t/9), scale*float64(y)-float64(f.Height)/2
		if dx*dx+dy*dy < float64(f.Height*f.Height)/25 {
			c = 60 + 50*float64(plane) + dx
		}
		return byte(min(max(c, 0), 255))
	})
}

// psnr of luma, 100 if there is no difference.
func psnr(a, b *Frame) float64 {
	sum := 0
	for y := range a.Height {
		for x := range a.Width {
			d := int(a.Y[y*a.YStride+x]) - int(b.Y[y*b.YStride+x])
			sum += d * d
		}
	}
	if sum == 0 {
		return 100
	}
	return 10 * math.Log10(255*255*float64(a.Width*a.Height)/float64(sum))
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
// the encoder thinks. It returns the frames and the mean PSNR.
func roundTrip(t testing.TB, e *Encoder, f *Frame, n int, content func(f *Frame, n int)) ([][]byte, float64) {
	t.Helper()
	var d Decoder
	var frames [][]byte
	sum := 0.0
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
		if !bytes.Equal(got.AppendI420(nil), e.Reconstructed().AppendI420(nil)) {
			t.Fatalf("frame %d differs from what the encoder reconstructed", i)
		}
		sum += psnr(f, got)
		frames = append(frames, frame)
	}
	return frames, sum / float64(n)
}

// TestEncoder encodes all contents in many sizes, and has both this package
// and libvpx decode them.
func TestEncoder(t *testing.T) {
	fftest.Need(t)
	configs := []Config{
		{Width: 16, Height: 16},
		{Width: 1, Height: 1, MinQ: 10},
		{Width: 17, Height: 33, MinQ: 20},
		{Width: 176, Height: 144, MinQ: 60, KeyInterval: 3},
		{Width: 176, Height: 144, MinQ: 127, Speed: 2},
		{Width: 400, Height: 240, MinQ: 80},
		{Width: 321, Height: 181, MinQ: 35, Resilient: true, Speed: 1},
		{Width: 176, Height: 100, Bitrate: 300_000},
		{Width: 320, Height: 180, Bitrate: 200_000, MinQ: 4, MaxQ: 100, Resilient: true, KeyInterval: 4},
	}
	for _, c := range configs {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			t.Parallel()
			frames, _ := roundTrip(t, mustEncoder(t, c), newFrame(c.Width, c.Height), 8, mixed)
			var shown [][]byte
			for _, frame := range frames {
				if len(frame) > 0 {
					shown = append(shown, frame)
				}
			}
			path := fftest.File(t, "a.ivf", ivf(shown, c.Width, c.Height, 30))
			compare(t, sums(t, &Decoder{}, shown), judge(t, path))
			fftest.Decode(t, path) // by ffmpeg's own decoder
		})
	}
}

// TestEncoderQuality codes a picture that stays as it is.
func TestEncoderQuality(t *testing.T) {
	still := func(f *Frame, _ int) { moving(f, 0) }
	frames, quality := roundTrip(t, mustEncoder(t, Config{Width: 320, Height: 180, Bitrate: 3_000_000}), newFrame(320, 180), 12, still)
	if quality < 40 {
		t.Errorf("%.2f dB", quality)
	}
	t.Logf("%.2f dB, last frame %d bytes", quality, len(frames[len(frames)-1]))
}
