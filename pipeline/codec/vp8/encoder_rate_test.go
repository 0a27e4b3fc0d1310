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

// A meter encodes pictures and knows what they took.
type meter struct {
	t    testing.TB
	e    *Encoder
	d    Decoder
	bits []int // of each picture, 0 if it was dropped
	q    []int // quantizer index of each, that of the frame before if dropped
	key  []bool
}

func newMeter(t testing.TB, c Config) *meter {
	if underRace && c.Threads < 2 {
		t.Skip("hundreds of pictures take too long with the race detector, and one goroutine has nobody to race")
	}
	m := &meter{t: t, e: mustEncoder(t, c)}
	t.Cleanup(m.e.Close)
	return m
}

// encode encodes n pictures.
func (m *meter) encode(n int, content func(f *Frame, n int)) {
	m.t.Helper()
	f := newFrame(m.e.config.Width, m.e.config.Height)
	for range n {
		content(f, len(m.bits))
		frame, key, err := m.e.Encode(nil, f, false)
		if err != nil {
			m.t.Fatal(err)
		}
		got, err := m.d.Decode(frame)
		if err != nil {
			m.t.Fatalf("picture %d: %v", len(m.bits), err)
		}
		if !same(got, m.e.Reconstructed()) {
			m.t.Fatalf("picture %d differs from what the encoder reconstructed", len(m.bits))
		}
		m.bits, m.q, m.key = append(m.bits, 8*len(frame)), append(m.q, m.d.header.quant.yAC), append(m.key, key)
	}
}

// rate is the mean of some pictures in bits per picture.
func (m *meter) rate(from, to int) float64 {
	sum := 0
	for _, n := range m.bits[from:to] {
		sum += n
	}
	return float64(sum) / float64(to-from)
}

// dropped counts dropped pictures, and the most in a row.
func (m *meter) dropped(from, to int) (n, most int) {
	row := 0
	for _, bits := range m.bits[from:to] {
		if row++; bits > 0 {
			row = 0
		} else {
			n++
		}
		most = max(most, row)
	}
	return n, most
}

// within checks a value against a range.
func within(t testing.TB, what string, value, least, most float64) {
	t.Helper()
	if !(value >= least && value <= most) {
		t.Errorf("%s is %.2f, not from %.2f to %.2f", what, value, least, most)
	}
}

// TestRateMean encodes some seconds at different bitrates and with layers.
func TestRateMean(t *testing.T) {
	for _, c := range []Config{{Bitrate: 30_000}, {Bitrate: 200_000}, {Bitrate: 70_000, Layers: 2}, {Bitrate: 70_000, Layers: 3}, {Bitrate: 60_000, FrameRate: 10}} {
		t.Run(fmt.Sprintf("%d layers %d", c.Bitrate, c.Layers), func(t *testing.T) {
			t.Parallel()
			c.Width, c.Height, c.Speed = 96, 80, 2
			m := newMeter(t, c)
			m.encode(90, moving)
			perFrame := float64(c.Bitrate) / m.e.config.FrameRate
			within(t, "rate", m.rate(0, 90)/perFrame, .8, 1.2)
			within(t, "rate after a second", m.rate(30, 90)/perFrame, .85, 1.15)
			within(t, "size of the key frame in frames", float64(m.bits[0])/perFrame, 1, 13)
			if n, _ := m.dropped(0, 90); n > 0 {
				t.Errorf("%d dropped", n)
			}
		})
	}
}

// TestRateChange cuts the bitrate to a quarter and raises it again: there is
// neither a second of too much nor one of too little.
func TestRateChange(t *testing.T) {
	t.Parallel()
	m := newMeter(t, Config{Width: 96, Height: 80, Bitrate: 200_000, Speed: 1})
	m.encode(40, moving)
	m.e.SetBitrate(50_000)
	m.encode(50, moving)
	m.e.SetBitrate(200_000)
	m.encode(40, moving)
	for from := 40; from < 90; from += 10 {
		within(t, fmt.Sprintf("rate from picture %d", from), m.rate(from, from+10)*30/50_000, .75, 1.3)
	}
	for from := 90; from < 130; from += 10 {
		within(t, fmt.Sprintf("rate from picture %d", from), m.rate(from, from+10)*30/200_000, .75, 1.3)
	}
	if n, _ := m.dropped(0, 130); n > 0 {
		t.Errorf("%d dropped", n)
	}
}

// TestRateLive changes frame rate and quantizers.
func TestRateLive(t *testing.T) {
	t.Parallel()
	m := newMeter(t, Config{Width: 96, Height: 80, Bitrate: 90_000, Speed: 2})
	m.encode(40, moving)
	m.e.SetFrameRate(10)
	m.e.SetFrameRate(0) // ignored, like the other values out of range
	m.e.SetFrameRate(math.NaN())
	m.encode(30, moving)
	within(t, "rate at 10 pictures per second", m.rate(45, 70)/9000, .8, 1.2)
	m.e.SetQuantizers(100, 110)
	m.e.SetQuantizers(10, 128)
	m.encode(5, moving)
	m.e.SetQuantizers(20, 20)
	m.encode(2, moving)
	for i, q := range m.q[70:] {
		if i < 5 && (q < 100 || q > 110) || i >= 5 && q != 20 {
			t.Errorf("quantizer %d in picture %d after the change", q, i)
		}
	}
}

// TestRateStatic shows the same picture for long, then another: what was not
// used is not there to be spent.
func TestRateStatic(t *testing.T) {
	t.Parallel()
	m := newMeter(t, Config{Width: 96, Height: 80, Bitrate: 90_000, Speed: 2})
	m.encode(100, func(f *Frame, _ int) { moving(f, 0) })
	within(t, "rate of a picture that stays", m.rate(80, 100)/3000, 0, .1)
	m.encode(30, func(f *Frame, n int) { moving(f, n*50) })
	within(t, "rate of the first half second", m.rate(100, 115)/3000, 0, 1.7)
	within(t, "rate of the first second", m.rate(100, 130)/3000, 0, 1.4)
}

// TestRateCut changes the scene.
func TestRateCut(t *testing.T) {
	t.Parallel()
	m := newMeter(t, Config{Width: 96, Height: 80, Bitrate: 90_000, Speed: 2})
	scene := func(f *Frame, n int) {
		if moving(f, n); n/40%2 == 1 { // upside down
			for y := range f.Height / 2 {
				a, b := f.Y[y*f.YStride:][:f.Width], f.Y[(f.Height-1-y)*f.YStride:][:f.Width]
				for x := range a {
					a[x], b[x] = 255-b[x]/2, a[x]/2
				}
			}
		}
	}
	m.encode(160, scene)
	for cut := 40; cut < 160; cut += 40 {
		within(t, "size of a new scene in frames", float64(m.bits[cut])/3000, 0, 12)
		within(t, "rate of the second behind it", m.rate(cut, cut+30)/3000, .6, 1.4)
	}
	if n, _ := m.dropped(0, 160); n > 0 {
		t.Errorf("%d dropped", n)
	}
}

// TestRateOutOfReach gives a bitrate that noise cannot have.
func TestRateOutOfReach(t *testing.T) {
	t.Parallel()
	m := newMeter(t, Config{Width: 96, Height: 80, Bitrate: 20_000, Speed: 2})
	m.encode(60, contents["noise"])
	n, most := m.dropped(0, 60)
	if n == 0 || most > 16 {
		t.Errorf("%d pictures dropped, %d in a row", n, most)
	}
	// A frame at the highest quantizer is sent as it is, and paid off.
	worst := 0
	for _, bits := range m.bits {
		worst = max(worst, bits)
	}
	within(t, "rate", m.rate(0, 60)*30/20_000, 0, 3)
	t.Logf("%d dropped, %d in a row, largest frame %d bits", n, most, worst)
}

// TestRateAgainstLibvpx logs what libvpx makes of the same pictures.
func TestRateAgainstLibvpx(t *testing.T) {
	t.Parallel()
	if underRace {
		t.Skip("so many pictures take too long with the race detector")
	}
	const width, height, frames = 160, 96, 60
	pictures := rawVideo(t, width, height, frames)
	for _, bitrate := range []int{120_000, 400_000} {
		psnr, rate := quality(t, Config{Width: width, Height: height, Bitrate: bitrate, Speed: 1}, pictures)
		within(t, "rate", rate/float64(bitrate), .85, 1.15)
		other, otherRate := libvpxQuality(t, pictures, bitrate, constant(bitrate)...)
		t.Logf("%d bit/s: %.2f dB at %.0f; libvpx %.2f dB at %.0f", bitrate, psnr, rate, other, otherRate)
		if psnr < other-1.5 {
			t.Errorf("%.2f dB less than libvpx", other-psnr)
		}
	}
}

// constant makes libvpx keep to a bitrate with a buffer of a second, as in
// WebRTC and as ours does.
func constant(bitrate int) []string {
	b := fmt.Sprint(bitrate)
	return []string{"-minrate", b, "-maxrate", b, "-bufsize", b, "-rc_init_occupancy", fmt.Sprint(bitrate / 2)}
}

// libvpxQuality is what libvpx does with these pictures.
func libvpxQuality(t testing.TB, pictures []*Frame, bitrate int, args ...string) (psnr, rate float64) {
	t.Helper()
	var raw []byte
	for _, p := range pictures {
		raw = p.AppendI420(raw)
	}
	size := fmt.Sprintf("%dx%d", pictures[0].Width, pictures[0].Height)
	path := fftest.Make(t, "a.ivf", append([]string{"-f", "rawvideo", "-s", size, "-pix_fmt", "yuv420p", "-r", "30",
		"-i", fftest.File(t, "a.yuv", raw), "-c:v", "libvpx", "-threads", "1", "-b:v", fmt.Sprint(bitrate), "-g", "9999"},
		append(args, realtime...)...)...)
	var d Decoder
	var sum distortion
	frames := readIVF(t, path)
	if len(frames) != len(pictures) {
		t.Fatalf("libvpx made %d frames of %d pictures", len(frames), len(pictures))
	}
	for i, frame := range frames {
		got, err := d.Decode(frame)
		if err != nil {
			t.Fatal(err)
		}
		rate += 8 * float64(len(frame)) / float64(len(pictures)) * 30
		sum.add(pictures[i], got)
	}
	return sum.psnr(), rate
}

// TestEncoderChanges changes the size on the way, and forces key frames.
func TestEncoderChanges(t *testing.T) {
	t.Parallel()
	m := newMeter(t, Config{Width: 96, Height: 80, Bitrate: 100_000, Threads: 2})
	m.encode(5, moving)
	m.e.ForceKeyFrame()
	m.encode(5, moving)
	m.e.config.Width, m.e.config.Height = 97, 211 // which meter makes pictures of
	m.encode(5, moving)
	m.e.config.Width, m.e.config.Height = 33, 16
	m.encode(5, moving)
	for i, key := range m.key {
		if key != (i%5 == 0) {
			t.Errorf("picture %d: key is %v", i, key)
		}
	}
	f := newFrame(33, 16)
	if _, key, err := m.e.Encode(nil, f, true); !key || err != nil {
		t.Errorf("key is %v, %v", key, err)
	}
}

// TestEncoderErrors has what is refused.
func TestEncoderErrors(t *testing.T) {
	for _, c := range []Config{
		{}, {Width: 16}, {Width: 16384, Height: 16}, {Width: 16, Height: 16, MinQ: 128},
		{Width: 16, Height: 16, MinQ: 9, MaxQ: 8}, {Width: 16, Height: 16, Speed: MaxSpeed + 1}, {Width: 16, Height: 16, Speed: -2},
		{Width: 16, Height: 16, FrameRate: math.NaN()}, {Width: 16, Height: 16, Bitrate: -1},
		{Width: 16, Height: 16, Layers: 4}, {Width: 16, Height: 16, Partitions: 3}, {Width: 16, Height: 16, Partitions: 16},
		{Width: 16, Height: 16, Threads: 1000},
	} {
		if _, err := NewEncoder(c); !errors.Is(err, ErrConfig) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	e := mustEncoder(t, Config{Width: 16, Height: 16})
	defer e.Close()
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
	if underRace {
		t.Skip("counted without the race detector")
	}
	for _, c := range []Config{{}, {Threads: 2, Partitions: 2}, {Layers: 3, Speed: SpeedAuto}} {
		c.Width, c.Height, c.Bitrate, c.KeyInterval = 48, 48, 100_000, 10
		e := mustEncoder(t, c)
		var pictures []*Frame
		for i := range 20 {
			f := newFrame(c.Width, c.Height)
			moving(f, i)
			pictures = append(pictures, f)
		}
		var frame []byte
		i := 0
		run := func() {
			frame, _, _ = e.Encode(frame[:0], pictures[i%len(pictures)], false)
			i++
		}
		for range 60 {
			run()
		}
		if n := testing.AllocsPerRun(40, run); n != 0 {
			t.Errorf("%d threads: %v allocations for a frame", c.Threads, n)
		}
		e.Close()
	}
}
