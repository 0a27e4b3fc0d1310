package sound

import (
	"math"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// frames is the format of a codec's frames.
func frames(name string) media.Format {
	f := media.Format{Kind: media.Audio, Codec: name, ClockRate: g711Rate, Channels: 1}
	if name == media.Opus {
		f.ClockRate, f.Channels = opusRate, 2
	}
	return f
}

// A chain is a source and the steps that lead from it to another format.
type chain struct {
	t     testing.TB
	out   *media.Output
	nodes []codec.Node
	burst media.Burst

	mu  sync.Mutex
	got []frame
}

type frame struct {
	pts  time.Duration
	data []byte
}

func newChain(t testing.TB, have, want media.Format) *chain {
	t.Helper()
	return newChainFor(t, have, want, codec.Want{})
}

// newChainFor is newChain where a client has asked for something.
func newChainFor(t testing.TB, have, want media.Format, asked codec.Want) *chain {
	t.Helper()
	return newChainBy(t, codec.Steps{Steps}, have, want, asked)
}

func newChainBy(t testing.TB, table codec.Steps, have, want media.Format, asked codec.Want) *chain {
	t.Helper()
	c := &chain{t: t, out: media.NewOutput(media.NoUpstream{}, nil)}
	c.out.SetFormat(have)
	path, ok := codec.Plan(have, asked, func(f media.Format) (int, bool) { f.Caps = ""; return 0, f == want }, table)
	if !ok {
		t.Fatalf("no way from %v to %v", have, want)
	}
	out := c.out
	for _, step := range path {
		n := step.New(codec.NewArgs{Have: *out.Format(), Fail: func(v any) { t.Errorf("failed: %v", v) }})
		n.Bind(out.Format(), out.Open())
		out.SetRoutes([]media.Route{{Sink: n}})
		c.nodes = append(c.nodes, n)
		out = n.Output()
	}
	out.SetRoutes([]media.Route{{Sink: c}})
	t.Cleanup(c.close)
	return c
}

func (c *chain) close() {
	for _, n := range c.nodes {
		n.Bind(nil, nil)
		n.Close()
	}
	c.nodes = nil
}

// Write is part of media.Sink.
func (c *chain) Write(p *media.Packet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got = append(c.got, frame{p.PTS, append([]byte(nil), p.Data...)})
}

func (c *chain) send(pts time.Duration, data []byte) {
	c.out.Write(&media.Packet{Format: c.out.Format(), PTS: pts, Data: data, Key: true, Burst: &c.burst})
}

// finish waits for what is under way and returns everything.
func (c *chain) finish() []frame {
	c.t.Helper()
	done := make(chan bool)
	for _, n := range c.nodes {
		if d, ok := n.(*decoding); ok {
			d.queue.Do(func() { close(done) })
			<-done
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.got
}

// encodeTone makes frames of 20 ms of a tone at half of full level, which is the same in all channels.
func encodeTone(t testing.TB, name string, hz float64, count int) (list [][]byte) {
	t.Helper()
	var e encoder = g711Encoder{name}
	format := frames(name)
	if name == media.Opus {
		var err error
		if e, err = newOpusEncoder(2, 0); err != nil {
			t.Fatal(err)
		}
	}
	n := lasting(frameTime, format.ClockRate)
	for i := range count {
		var samples []int16
		for j := range n {
			v := int16(16384 * math.Sin(2*math.Pi*hz*float64(i*n+j)/float64(format.ClockRate)))
			for range format.Channels {
				samples = append(samples, v)
			}
		}
		data, err := e.encode(nil, samples)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, data)
	}
	return list
}

// decodeAll puts the samples of all frames together, of the first channel.
func decodeAll(t *testing.T, name string, list []frame) (samples []int16) {
	t.Helper()
	d, channels := newG711Decoder(name), 1
	if name == media.Opus {
		var err error
		if d, err = newOpusDecoder(opusRate, 2); err != nil {
			t.Fatal(err)
		}
		channels = 2
	}
	for _, f := range list {
		all, err := d.decode(nil, f.data)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(all); i += channels {
			samples = append(samples, all[i])
		}
	}
	return samples
}

// level is how loud one frequency is, 1 for a full sine.
func level(samples []int16, hz float64, rate uint32) float64 {
	var re, im float64
	for i, s := range samples {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / float64(rate))
		re, im = re+float64(s)*cos, im+float64(s)*sin
	}
	return 2 * math.Hypot(re, im) / float64(len(samples)) / 32768
}

// A tone comes through every conversion at its level, in frames at even distances.
func TestAToneComesThrough(t *testing.T) {
	const hz, count = 500, 50
	for _, pair := range [][2]string{{media.PCMU, media.PCMA}, {media.PCMA, media.PCMU}, {media.Opus, media.PCMU}, {media.PCMA, media.Opus}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			c := newChain(t, frames(pair[0]), frames(pair[1]))
			for i, data := range encodeTone(t, pair[0], hz, count) {
				c.send(time.Second+time.Duration(i)*frameTime, data)
			}
			got := c.finish()
			if len(got) < count-2 || len(got) > count {
				t.Fatalf("%d frames came of %d", len(got), count)
			}
			for i, f := range got[1:] {
				if d := f.pts - got[i].pts; d != frameTime {
					t.Errorf("frame %d comes %v after the one before", i+1, d)
				}
			}
			if off := got[0].pts - time.Second; off < -20*time.Millisecond || off > 0 {
				t.Errorf("the first frame is at %v, which is %v off", got[0].pts, off)
			}
			rate := frames(pair[1]).ClockRate
			samples := decodeAll(t, pair[1], got)
			middle := samples[len(samples)/4 : 3*len(samples)/4]
			if l := level(middle, hz, rate); l < 0.45 || l > 0.55 {
				t.Errorf("the tone has level %.3f, want 0.5", l)
			}
			if l := level(middle, 3*hz, rate); l > 0.02 {
				t.Errorf("there is another tone of level %.3f", l)
			}
		})
	}
}

// A client chooses the bitrate of what is encoded here; receivers can only lower it.
func TestBitrate(t *testing.T) {
	const count = 100
	tone := encodeTone(t, media.PCMU, 500, count)
	measure := func(asked codec.Want, limit int) (bps int, caps string) {
		c := newChainFor(t, frames(media.PCMU), frames(media.Opus), asked)
		out := c.nodes[len(c.nodes)-1].Output()
		out.Open().SetMaxBitrate(limit)
		for i, data := range tone {
			c.send(time.Duration(i)*frameTime, data)
			if i%(waiting/2) == 0 {
				c.finish()
			}
		}
		bits := 0
		for _, f := range c.finish()[count/4:] {
			bits += 8 * len(f.data)
		}
		return bits * int(time.Second/frameTime) / (count * 3 / 4), out.Format().Caps
	}
	for _, tt := range []struct {
		asked, limit, lowest, highest int
		caps                          string
	}{
		{0, 0, 20000, 40000, ""},
		{12000, 0, 6000, 15000, "12000 bit/s"},
		{96000, 0, 50000, 110000, "96000 bit/s"},
		{96000, 16000, 8000, 24000, "96000 bit/s"},
		{12000, 96000, 6000, 15000, "12000 bit/s"},
		{1, 0, 3000, 9000, "1 bit/s"}, // the least that the codec does
	} {
		bps, caps := measure(codec.Want{Codec: media.Opus, Bitrate: tt.asked}, tt.limit)
		if bps < tt.lowest || bps > tt.highest || caps != tt.caps {
			t.Errorf("asked for %d, limit %d: %d bit/s, caps %q", tt.asked, tt.limit, bps, caps)
		}
	}
}

// What comes in the codec that is asked for is not encoded again for its bitrate.
func TestBitrateOfWhatIsEncodedAlready(t *testing.T) {
	asked := codec.Want{Codec: media.Opus, Bitrate: 16000}
	path, ok := codec.Plan(frames(media.Opus), asked, func(media.Format) (int, bool) { return 0, true }, codec.Steps{Steps})
	if !ok || len(path) > 0 {
		t.Errorf("%d steps, %v", len(path), ok)
	}
}

// Lost frames are filled; a pause is not.
func TestGaps(t *testing.T) {
	tone := encodeTone(t, media.PCMU, 500, 50)
	c := newChain(t, frames(media.PCMU), frames(media.PCMA))
	for i, data := range tone {
		if i == 20 || i == 21 || i == 30 {
			continue
		}
		pts := time.Duration(i) * frameTime
		if i >= 40 {
			pts += 3*time.Second + 7*time.Millisecond
		}
		c.send(pts, data)
	}
	got := c.finish()
	if len(got) != 50 {
		t.Fatalf("%d frames, want 50", len(got))
	}
	for i, f := range got {
		want := time.Duration(i) * frameTime
		if i >= 40 {
			want += 3*time.Second + 7*time.Millisecond
		}
		if f.pts != want {
			t.Errorf("frame %d is at %v, want %v", i, f.pts, want)
		}
	}
	filled := decodeAll(t, media.PCMA, got[20:21])
	if l := level(filled, 500, g711Rate); l < 0.3 {
		t.Errorf("the gap sounds at level %.2f", l)
	}
}

// The clock of a source is slewed: frames stay at even distances until they are too far off.
func TestDrift(t *testing.T) {
	c := newChain(t, frames(media.PCMU), frames(media.PCMA))
	pts := time.Duration(0)
	for i, data := range encodeTone(t, media.PCMU, 500, 500) {
		c.send(pts, data)
		pts += frameTime + 100*time.Microsecond
		if i%(waiting/2) == 0 {
			c.finish() // nobody sends faster than in real time, but this test
		}
	}
	got := c.finish()
	steps := 0
	for i := range got[1:] {
		if d := got[i+1].pts - got[i].pts; d != frameTime {
			steps++
		}
	}
	if steps != 1 || len(got) < 498 {
		t.Errorf("%d steps in %d frames, want 1", steps, len(got))
	}
}

// What is no frame of the codec does not end the conversion.
func TestBadFrames(t *testing.T) {
	c := newChain(t, frames(media.Opus), frames(media.PCMU))
	tone := encodeTone(t, media.Opus, 500, 20)
	for i, data := range tone {
		if i == 10 {
			data = []byte{0xff, 0xff, 0xff, 0xff}
		}
		c.send(time.Duration(i)*frameTime, data)
	}
	if got := c.finish(); len(got) < 18 {
		t.Errorf("%d frames came", len(got))
	}
}

// In steady state a frame costs no allocation.
func TestNothingIsAllocatedPerFrame(t *testing.T) {
	for _, pair := range [][2]string{{media.PCMU, media.PCMA}, {media.Opus, media.PCMU}, {media.PCMU, media.Opus}} {
		c := newChain(t, frames(pair[0]), frames(pair[1]))
		last := c.nodes[len(c.nodes)-1].Output()
		last.SetRoutes([]media.Route{{Sink: drain{}}})
		d := c.nodes[0].(*decoding)
		tone := encodeTone(t, pair[0], 500, 50)
		p := &media.Packet{Format: c.out.Format(), Burst: &c.burst}
		i := 0
		turn := func() { // what the queue's goroutine does
			p.Data, p.PTS = tone[i%len(tone)], time.Duration(i)*frameTime
			i++
			d.handle(p)
		}
		for range 100 {
			turn()
		}
		library := testing.AllocsPerRun(100, libraryTurn(t, pair, tone))
		if n := testing.AllocsPerRun(100, turn); n > library {
			t.Errorf("%s to %s: %v allocations, of the library alone %v", pair[0], pair[1], n, library)
		}
		c.close()
	}
}

// libraryTurn is what the Opus library does for a frame.
func libraryTurn(t *testing.T, pair [2]string, tone [][]byte) func() {
	t.Helper()
	switch media.Opus {
	case pair[0]:
		d, err := newOpusDecoder(g711Rate, 1)
		if err != nil {
			t.Fatal(err)
		}
		var samples []int16
		return func() { samples, _ = d.decode(samples[:0], tone[0]) }
	case pair[1]:
		e, err := newOpusEncoder(1, 0)
		if err != nil {
			t.Fatal(err)
		}
		samples, data := make([]int16, lasting(frameTime, opusRate)), []byte(nil)
		return func() { data, _ = e.encode(data[:0], samples) }
	}
	return func() {}
}

type drain struct{}

func (drain) Write(*media.Packet) {}
