package vp8

import (
	"errors"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/rivero-media/rivero/internal/fftest"
)

// rawVideo has ffmpeg make so many pictures of the moving test pattern.
func rawVideo(t testing.TB, width, height, frames int) []*Frame {
	t.Helper()
	source := fmt.Sprintf("testsrc2=size=%dx%d:rate=30,noise=alls=6:allf=t,format=yuv420p", width, height)
	path := fftest.Make(t, "a.yuv", "-f", "lavfi", "-i", source, "-frames:v", fmt.Sprint(frames), "-f", "rawvideo")
	return readVideo(t, path, width, height)
}

// readVideo reads a file of I420 pictures.
func readVideo(t testing.TB, path string, width, height int) []*Frame {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var pictures []*Frame
	f := Frame{Width: width, Height: height, YStride: width}
	w, h := f.ChromaSize()
	f.UVStride = w
	for ; len(data) > 0; data = data[width*height+2*w*h:] {
		p := f
		p.Y, p.U, p.V = data[:width*height], data[width*height:][:w*h], data[width*height+w*h:][:w*h]
		pictures = append(pictures, &p)
	}
	return pictures
}

// encodeAll encodes pictures and decodes them, and returns the bits, the mean
// PSNR of the pictures shown, dropped ones included, and how many were dropped.
func encodeAll(t testing.TB, e *Encoder, pictures []*Frame) (bits int, quality float64, dropped int) {
	t.Helper()
	var d Decoder
	var frame []byte
	for i, p := range pictures {
		var err error
		if frame, _, err = e.Encode(frame[:0], p, false); err != nil {
			t.Fatal(err)
		}
		if len(frame) == 0 {
			dropped++
		}
		bits += 8 * len(frame)
		got, err := d.Decode(frame)
		if err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
		quality += psnr(p, got) / float64(len(pictures))
	}
	return bits, quality, dropped
}

// TestEncoderRate encodes five seconds, and logs what libvpx makes of the same
// pictures at the same bitrate.
func TestEncoderRate(t *testing.T) {
	const width, height, frames = 160, 96, 150
	pictures := rawVideo(t, width, height, frames)
	for _, bitrate := range []int{100_000, 400_000} {
		e := mustEncoder(t, Config{Width: width, Height: height, Bitrate: bitrate, MinQ: 4})
		bits, quality, dropped := encodeAll(t, e, pictures)
		rate := float64(bits) / frames * 30
		if math.Abs(rate/float64(bitrate)-1) > .15 {
			t.Errorf("%.0f bit/s, want %d", rate, bitrate)
		}
		other, otherRate := libvpxQuality(t, pictures, bitrate)
		t.Logf("%d bit/s: %.2f dB at %.0f, %d dropped; libvpx %.2f dB at %.0f", bitrate, quality, rate, dropped, other, otherRate)
	}
}

// libvpxQuality is what libvpx does with these pictures.
func libvpxQuality(t testing.TB, pictures []*Frame, bitrate int) (quality, rate float64) {
	t.Helper()
	var raw []byte
	for _, p := range pictures {
		raw = p.AppendI420(raw)
	}
	size := fmt.Sprintf("%dx%d", pictures[0].Width, pictures[0].Height)
	path := fftest.Make(t, "a.ivf", append([]string{"-f", "rawvideo", "-s", size, "-pix_fmt", "yuv420p", "-r", "30",
		"-i", fftest.File(t, "a.yuv", raw), "-c:v", "libvpx", "-threads", "1", "-b:v", fmt.Sprint(bitrate),
		"-minrate", fmt.Sprint(bitrate), "-maxrate", fmt.Sprint(bitrate), "-bufsize", fmt.Sprint(bitrate), "-rc_init_occupancy", fmt.Sprint(bitrate / 2), "-g", "9999", "-lag-in-frames", "0"}, realtime...)...)
	var d Decoder
	var sum distortion
	for i, frame := range readIVF(t, path) {
		got, err := d.Decode(frame)
		if err != nil {
			t.Fatal(err)
		}
		rate += 8 * float64(len(frame)) / float64(len(pictures)) * 30
		sum.add(pictures[i], got)
	}
	return sum.psnr(), rate
}

// TestEncoderChanges changes bitrate and size on the way, and forces key frames.
func TestEncoderChanges(t *testing.T) {
	e := mustEncoder(t, Config{Width: 176, Height: 144, Bitrate: 400_000})
	var d Decoder
	f := newFrame(176, 144)
	late := 0
	for i := range 120 {
		force, want := false, i == 0
		switch i {
		case 20:
			e.ForceKeyFrame()
			want = true
		case 25:
			force, want = true, true
		case 30:
			e.SetBitrate(150_000)
		case 110:
			f, want = newFrame(97, 211), true
		}
		moving(f, i)
		frame, key, err := e.Encode(nil, f, force)
		if err != nil {
			t.Fatal(err)
		}
		if i >= 60 && i < 110 {
			late += 8 * len(frame)
		}
		if key != want {
			t.Errorf("frame %d: key is %v", i, key)
		}
		got, err := d.Decode(frame)
		if err != nil {
			t.Fatal(err)
		}
		if string(got.AppendI420(nil)) != string(e.Reconstructed().AppendI420(nil)) {
			t.Fatalf("frame %d differs", i)
		}
	}
	if rate := float64(late) / 50 * 30; math.Abs(rate/150_000-1) > .15 {
		t.Errorf("%.0f bit/s after the change", rate)
	}
}

// TestEncoderDrops gives a bitrate that is out of reach.
func TestEncoderDrops(t *testing.T) {
	e := mustEncoder(t, Config{Width: 176, Height: 144, Bitrate: 60_000})
	var d Decoder
	f := newFrame(176, 144)
	bits, dropped := 0, 0
	for i := range 60 {
		contents["noise"](f, i)
		frame, _, err := e.Encode(nil, f, false)
		if err != nil {
			t.Fatal(err)
		}
		if len(frame) == 0 {
			dropped++
		}
		bits += 8 * len(frame)
		if _, err := d.Decode(frame); err != nil {
			t.Fatal(err)
		}
	}
	if dropped == 0 || bits > 2*60_000+400_000 {
		t.Errorf("%d frames dropped, %d bits in two seconds", dropped, bits)
	}
}

// TestEncoderErrors has what is refused.
func TestEncoderErrors(t *testing.T) {
	for _, c := range []Config{
		{}, {Width: 16}, {Width: 16384, Height: 16}, {Width: 16, Height: 16, MinQ: 128},
		{Width: 16, Height: 16, MinQ: 9, MaxQ: 8}, {Width: 16, Height: 16, Speed: MaxSpeed + 1},
		{Width: 16, Height: 16, FrameRate: math.NaN()}, {Width: 16, Height: 16, Bitrate: -1},
	} {
		if _, err := NewEncoder(c); !errors.Is(err, ErrConfig) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	e := mustEncoder(t, Config{Width: 16, Height: 16})
	short := newFrame(16, 16)
	short.V = short.V[:8]
	for _, f := range []*Frame{nil, {}, short} {
		if _, _, err := e.Encode(nil, f, false); !errors.Is(err, ErrPicture) {
			t.Errorf("%v", err)
		}
	}
}

// TestEncoderAllocs encodes the same few pictures again and again.
func TestEncoderAllocs(t *testing.T) {
	e := mustEncoder(t, Config{Width: 176, Height: 144, Bitrate: 300_000, KeyInterval: 10})
	var pictures []*Frame
	for i := range 20 {
		f := newFrame(176, 144)
		moving(f, i)
		pictures = append(pictures, f)
	}
	var frame []byte
	i := 0
	run := func() {
		frame, _, _ = e.Encode(frame[:0], pictures[i%len(pictures)], false)
		i++
	}
	for range 40 {
		run()
	}
	if n := testing.AllocsPerRun(40, run); n != 0 {
		t.Errorf("%v allocations for a frame", n)
	}
}

// TestEncoderLayers leaves out the upper layers.
func TestEncoderLayers(t *testing.T) {
	for layers := 1; layers <= 3; layers++ {
		e := mustEncoder(t, Config{Width: 96, Height: 80, MinQ: 30, Layers: layers, Partitions: 4})
		defer e.Close()
		decoders := make([]Decoder, layers) // of those who take so many and one more
		synced := 0
		f := newFrame(96, 80)
		var last Layer
		for i := range 40 {
			moving(f, i)
			frame, key, err := e.Encode(nil, f, i == 18)
			if err != nil {
				t.Fatal(err)
			}
			l := e.Layer()
			if key && l.ID != 0 || l.ID >= layers || l.ID == 0 && l.Sync {
				t.Fatalf("frame %d: %+v", i, l)
			}
			if base := l.ID == 0; base && l.TL0 != last.TL0+1 || !base && l.TL0 != last.TL0 {
				t.Fatalf("frame %d: %+v behind %+v", i, l, last)
			}
			last = l
			if l.Sync {
				synced |= 1 << l.ID
			}
			for top := l.ID; top < layers; top++ {
				got, err := decoders[top].Decode(frame)
				if err != nil {
					t.Fatal(err)
				}
				if sum(got) != sum(e.Reconstructed()) {
					t.Fatalf("%d layers, frame %d: those who take layer %d see another picture", layers, i, top)
				}
			}
		}
		if synced != 1<<layers-2 {
			t.Errorf("%d layers: layers that begin somewhere: %b", layers, synced)
		}
	}
}
