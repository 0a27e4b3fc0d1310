package video

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/codec/vp8"
	"github.com/rivero-media/rivero/pipeline/media"
)

func TestMain(m *testing.M) {
	speed = vp8.MaxSpeed // a busy machine must not leave out pictures
	goleak.VerifyTestMain(m)
}

// limit bounds every wait of these tests; it is reached only when they fail.
const limit = 20 * time.Second

var vp8Frames = media.Format{Kind: media.Video, Codec: media.VP8, ClockRate: clockRate}

// upstream is the source of a chain.
type upstream struct {
	media.NoUpstream
	asked chan struct{} // a key frame was asked for
}

func (u *upstream) RequestKeyFrame() {
	select {
	case u.asked <- struct{}{}:
	default:
	}
}

// A chain is a source and the steps that lead from it to another format.
type chain struct {
	t     testing.TB
	up    *upstream
	out   *media.Output
	nodes []codec.Node
	end   *media.Output
	rates *codec.Rates
	burst media.Burst

	mu      sync.Mutex
	changed *sync.Cond
	got     []packet
}

type packet struct {
	pts           time.Duration
	key           bool
	width, height int
	data          []byte
}

// newChain leads from a format to a codec with caps.
func newChain(t testing.TB, have media.Format, want codec.Want) *chain {
	t.Helper()
	c := &chain{t: t, up: &upstream{asked: make(chan struct{}, 1)}, rates: codec.NewRates(codec.Bitrates{Target: 300_000})}
	c.changed = sync.NewCond(&c.mu)
	c.out = media.NewOutput(c.up, nil)
	c.out.SetFormat(have)
	path, ok := codec.Plan(have, want, func(media.Format) (int, bool) { return 0, true }, codec.Steps{Steps})
	if !ok {
		t.Fatalf("no way from %v to %v", have, want)
	}
	out := c.out
	for _, step := range path {
		n := step.New(codec.NewArgs{Have: *out.Format(), Fail: func(v any) { t.Errorf("failed: %v", v) }, Rates: c.rates})
		n.Bind(out.Format(), out.Open())
		out.SetRoutes([]media.Route{{Sink: n}})
		c.nodes = append(c.nodes, n)
		out = n.Output()
	}
	c.end = out
	out.SetRoutes([]media.Route{{Sink: c}})
	t.Cleanup(func() {
		c.out.Close()
		for _, n := range c.nodes {
			n.Bind(nil, nil)
			n.Close()
		}
	})
	return c
}

// Write is part of media.Sink.
func (c *chain) Write(p *media.Packet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got = append(c.got, packet{p.PTS, p.Key, int(p.Width), int(p.Height), append([]byte(nil), p.Data...)})
	c.changed.Broadcast()
}

func (c *chain) send(pts time.Duration, p packet) {
	c.out.Write(&media.Packet{
		Format: c.out.Format(), PTS: pts, Data: p.data, Key: p.key, Width: uint16(p.width), Height: uint16(p.height), Burst: &c.burst,
	})
}

// wait waits until so many packets have come, and returns them all.
func (c *chain) wait(count int) []packet {
	c.t.Helper()
	late := time.AfterFunc(limit, c.changed.Broadcast)
	defer late.Stop()
	end := time.Now().Add(limit)
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.got) < count {
		if time.Now().After(end) {
			c.t.Fatalf("%d packets in %v, want %d", len(c.got), limit, count)
		}
		c.changed.Wait()
	}
	return append([]packet(nil), c.got...)
}

// scene is picture number i of a square that moves over a slope of grey.
func scene(width, height, i int) packet {
	data := make([]byte, i420.Bytes(width, height))
	picture, _ := i420.Over(data, width, height)
	picture.Fill(i420.Color{Y: 128, U: 100, V: 150})
	for y := range height {
		for x := range width {
			picture.Y[y*picture.YStride+x] = byte(40 + 150*x/width + 40*y/height)
		}
	}
	side := width / 4
	left := (4 * i) % (width - side)
	for y := height / 4; y < height/4+side && y < height; y++ {
		for x := left; x < left+side; x++ {
			picture.Y[y*picture.YStride+x] = byte(230 - (x-left)%16)
		}
	}
	return packet{key: true, width: width, height: height, data: data}
}

const frameTime = 40 * time.Millisecond

// encoded are frames of the scene.
func encoded(t testing.TB, width, height, count int) (frames []packet) {
	t.Helper()
	e, err := vp8.NewEncoder(vp8.Config{Width: width, Height: height, FrameRate: 25, MinQ: 20})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for i := range count {
		frame, key, err := e.Encode(nil, frameOf(scene(width, height, i)), false)
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, packet{key: key, data: frame})
	}
	return frames
}

func frameOf(p packet) *vp8.Frame {
	picture, _ := i420.Over(p.data, p.width, p.height)
	return &vp8.Frame{
		Width: p.width, Height: p.height, YStride: picture.YStride, UVStride: picture.CStride, Y: picture.Y, U: picture.U, V: picture.V,
	}
}

// psnr compares the luma of two pictures, in dB.
func psnr(a, b []byte) float64 {
	sum := 0.0
	for i := range a {
		d := float64(a[i]) - float64(b[i])
		sum += d * d
	}
	return 10 * math.Log10(255*255*float64(len(a))/max(sum, 1e-9))
}

func TestAnotherSizeAndRate(t *testing.T) {
	const width, height, count = 320, 176, 50
	c := newChain(t, vp8Frames, codec.Want{Codec: media.VP8, Caps: codec.PictureCaps{Width: width / 2, Numerator: 25, Denominator: 2}.String()})
	if len(c.nodes) != 3 || c.end.Format().Caps == "" {
		t.Fatalf("%d steps to %v", len(c.nodes), c.end.Format())
	}
	c.rates.Change(func(b *codec.Bitrates) { b.Target = 500_000 })
	for i, f := range encoded(t, width, height, count) {
		c.send(time.Duration(i)*frameTime, f)
		if i%2 == 0 { // those of which a picture is made
			c.wait(i/2 + 1)
		}
	}
	got := c.wait(count / 2)
	var d vp8.Decoder
	for i, p := range got {
		picture, err := d.Decode(p.data)
		if err != nil {
			t.Fatal(err)
		}
		if picture.Width != width/2 || picture.Height != height/2 || p.pts != time.Duration(2*i)*frameTime || p.key != (i == 0) {
			t.Fatalf("frame %d: %d×%d at %v, key %v", i, picture.Width, picture.Height, p.pts, p.key)
		}
		want := i420.New(width/2, height/2)
		source := scene(width, height, 2*i)
		from, _ := i420.Over(source.data, width, height)
		i420.NewScaler(width/2, height/2, width, height).Scale(want, &from)
		if db := psnr(picture.AppendI420(nil)[:width*height/4], want.Y); db < 32 {
			t.Errorf("frame %d: %.1f dB", i, db)
		}
	}
	select {
	case <-c.up.asked:
		t.Error("a key frame was asked of the source")
	default:
	}
}

// What asks for a size of another shape gets black bars, and the middle is the picture.
func TestAnotherShapeGetsBars(t *testing.T) {
	c := newChain(t, Raw(), codec.Want{Codec: media.I420, Caps: codec.PictureCaps{Width: 160, Height: 160}.String()})
	for i, size := range [][2]int{{320, 160}, {160, 320}, {160, 160}} {
		c.send(0, scene(size[0], size[1], 0))
		got := c.wait(i + 1)[i]
		if got.width != 160 || got.height != 160 || len(got.data) != i420.Bytes(160, 160) {
			t.Fatalf("%d×%d, %d bytes", got.width, got.height, len(got.data))
		}
		top, left, middle := got.data[80], got.data[80*160], got.data[80*160+80]
		black := [2]bool{top == i420.Black.Y, left == i420.Black.Y}
		if want := [2]bool{size[0] > size[1], size[0] < size[1]}; black != want || middle < 40 {
			t.Errorf("%v: above %d, left %d, middle %d", size, top, left, middle)
		}
	}
}

// Who joins late gets a key frame at once, even if the source is still, and time does not go back.
func TestALateViewer(t *testing.T) {
	c := newChain(t, Raw(), codec.Want{Codec: media.VP8})
	for i := range 5 {
		c.send(time.Duration(i)*frameTime, scene(160, 96, i))
		c.wait(i + 1)
	}
	c.end.Open().RequestKeyFrame()
	got := c.wait(6)
	if !got[5].key || got[5].pts <= got[4].pts {
		t.Fatalf("key %v at %v after %v", got[5].key, got[5].pts, got[4].pts)
	}
	var d vp8.Decoder
	picture, err := d.Decode(got[5].data)
	if err != nil {
		t.Fatal(err)
	}
	if db := psnr(picture.AppendI420(nil)[:160*96], scene(160, 96, 4).data); db < 28 {
		t.Errorf("%.1f dB", db)
	}
	c.send(got[4].pts+time.Microsecond, scene(160, 96, 5)) // what was under way
	if got = c.wait(7); got[6].key || got[6].pts <= got[5].pts {
		t.Errorf("key %v at %v after %v", got[6].key, got[6].pts, got[5].pts)
	}
}

// The encoder follows what clients and receivers say, with pictures of which much could be sent.
func TestBitrates(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(c *chain, receiver media.Source)
		want   int // bit/s
	}{
		{"nobody says anything", func(*chain, media.Source) {}, 300_000},
		{"a target", func(c *chain, _ media.Source) { c.rates.Change(func(b *codec.Bitrates) { b.Target = 150_000 }) }, 150_000},
		{"a receiver", func(_ *chain, r media.Source) { r.SetMaxBitrate(600_000) }, 600_000},
		{"a receiver above the most", func(c *chain, r media.Source) {
			r.SetMaxBitrate(900_000)
			c.rates.Change(func(b *codec.Bitrates) { b.Max = 400_000 })
		}, 400_000},
		{"a receiver below the least", func(c *chain, r media.Source) {
			r.SetMaxBitrate(50_000)
			c.rates.Change(func(b *codec.Bitrates) { b.Min, b.Max = 200_000, 1_000_000 })
		}, 200_000},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			const count = 80
			c := newChain(t, Raw(), codec.Want{Codec: media.VP8})
			receiver := c.end.Open()
			test.change(c, receiver)
			picture, noise := i420.New(80, 64), rand.New(rand.NewPCG(1, 2))
			for i := range count {
				for j := range picture.Y {
					picture.Y[j] = byte(100 + noise.IntN(64))
				}
				data := append(append(append([]byte(nil), picture.Y...), picture.U...), picture.V...)
				c.send(time.Duration(i)*frameTime, packet{width: 80, height: 64, key: true, data: data})
				settle(c)
			}
			bits := 0
			for _, p := range c.wait(1) {
				if p.pts >= count/4*frameTime {
					bits += 8 * len(p.data)
				}
			}
			rate := float64(bits) / (count * 3 / 4 * frameTime).Seconds()
			if off := rate / float64(test.want); off < 0.8 || off > 1.2 {
				t.Errorf("%.0f bit/s, want %d", rate, test.want)
			}
		})
	}
}

// settle waits until the last node has handled what was sent.
func settle(c *chain) {
	done := make(chan struct{})
	c.nodes[len(c.nodes)-1].(*encoding).queue.Do(func() { close(done) })
	<-done
}

// A frame that is not there leaves the last picture, and a key frame is asked for.
func TestLoss(t *testing.T) {
	c := newChain(t, vp8Frames, codec.Want{Codec: media.I420})
	frames := encoded(t, 160, 96, 4)
	c.send(0, frames[0])
	c.wait(1)
	c.send(frameTime, packet{data: frames[1].data[:3]})
	select {
	case <-c.up.asked:
	case <-time.After(limit):
		t.Fatal("no key frame was asked for")
	}
	c.send(2*frameTime, frames[2])
	c.send(3*frameTime, frames[0])
	got := c.wait(2)
	if got[1].pts != 3*frameTime || string(got[0].data) != string(got[1].data) {
		t.Errorf("the picture at %v differs", got[1].pts)
	}
}

func TestPace(t *testing.T) {
	for _, test := range []struct {
		name             string
		source, interval time.Duration
		want             int // of 100
	}{
		{"all", 40 * time.Millisecond, 0, 100},
		{"the same rate", 40 * time.Millisecond, 40 * time.Millisecond, 100},
		{"half", 20 * time.Millisecond, 40 * time.Millisecond, 50},
		{"two thirds", 20 * time.Millisecond, 30 * time.Millisecond, 67},
		{"a slower source", 100 * time.Millisecond, 40 * time.Millisecond, 100},
	} {
		p, kept := pace{interval: test.interval}, 0
		for i := range 100 {
			jitter := time.Duration(i*7%5-2) * time.Millisecond
			if p.takes(time.Hour + time.Duration(i)*test.source + jitter) {
				kept++
			}
		}
		if kept < test.want-1 || kept > test.want+1 {
			t.Errorf("%s: %d of 100, want %d", test.name, kept, test.want)
		}
	}
}

// Nothing is allocated for a picture once the buffers are there.
func TestNoAllocations(t *testing.T) {
	s := newShaping(Raw(), codec.PictureCaps{Width: 80})
	defer s.Close()
	format := Raw()
	s.Bind(&format, nil)
	picture := scene(160, 96, 0)
	p := media.Packet{Format: &format, Width: 160, Height: 96, Data: picture.data, Burst: &media.Burst{}}
	s.Write(&p)
	if n := testing.AllocsPerRun(20, func() { s.Write(&p) }); n != 0 {
		t.Errorf("shaping: %v", n)
	}
	d := newDecoding(&vp8Decoder{}, codec.NewArgs{})
	defer d.Close()
	frame := media.Packet{Format: &vp8Frames, Data: encoded(t, 160, 96, 1)[0].data, Burst: &media.Burst{}}
	d.handle(&frame)
	if n := testing.AllocsPerRun(20, func() { d.handle(&frame) }); n != 0 {
		t.Errorf("decoding: %v", n)
	}
	e := newEncoding(vp8Frames, codec.NewArgs{})
	defer e.Close()
	for range 5 {
		e.handle(&p)
	}
	if n := testing.AllocsPerRun(20, func() { e.handle(&p) }); n != 0 {
		t.Errorf("encoding: %v", n)
	}
}
