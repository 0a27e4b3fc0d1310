package rtp

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func packed(codec string) media.Format {
	f := media.Format{Kind: media.Video, Codec: codec, Packed: true, ClockRate: 90000}
	switch codec {
	case media.Opus:
		f.Kind, f.ClockRate, f.Channels = media.Audio, 48000, 2
	case media.PCMU, media.PCMA:
		f.Kind, f.ClockRate, f.Channels = media.Audio, 8000, 1
	case media.H264:
		f.Params = "42e0;1"
	}
	return f
}

// upstream counts what reaches the source.
type upstream struct {
	keys  int
	limit int
}

func (u *upstream) RequestKeyFrame()                        { u.keys++ }
func (u *upstream) SetMaxBitrate(bps int)                   { u.limit = bps }
func (u *upstream) Close()                                  {}
func (u *upstream) Resend(uint16, func(*media.Packet)) bool { return false }

// sink copies what it gets.
type sink struct {
	packets []media.Packet
	ended   bool
}

func (s *sink) Write(p *media.Packet) {
	c := *p
	c.Data = bytes.Clone(p.Data)
	s.packets = append(s.packets, c)
}

func (s *sink) End() { s.ended = true }

// step makes the one step from a format, bound to a source, with a sink behind it.
func step(t testing.TB, have media.Format) (n codec.Node, format *media.Format, up *upstream, out *sink) {
	t.Helper()
	steps := Steps(MTU)(have, codec.Want{})
	if len(steps) != 1 || steps[0].To.Packed == have.Packed {
		t.Fatalf("steps from %v: %+v", have, steps)
	}
	n = steps[0].New(codec.NewArgs{Have: have})
	t.Cleanup(n.Close)
	if *n.Output().Format() != steps[0].To {
		t.Fatalf("output is %v, want %v", n.Output().Format(), steps[0].To)
	}
	up, out, format = &upstream{}, &sink{}, &have
	n.Bind(format, up)
	n.Output().SetRoutes([]media.Route{{Sink: out}})
	return n, format, up, out
}

func TestSteps(t *testing.T) {
	for _, name := range allCodecs {
		have := packed(name)
		there := Steps(MTU)(have, codec.Want{})[0].To
		back := Steps(MTU)(there, codec.Want{})[0].To
		if back != have {
			t.Errorf("%v became %v", have, back)
		}
	}
	if to := Steps(MTU)(packed(media.H264), codec.Want{})[0].To; to.Params != "42e0" {
		t.Errorf("frames of H264 with parameters %q", to.Params)
	}
	if steps := Steps(MTU)(media.Format{Codec: "L16"}, codec.Want{}); len(steps) != 0 {
		t.Errorf("steps from an unknown codec: %v", steps)
	}
}

// stream makes the packets of frames, 30 ms apart.
func stream(t testing.TB, name string, keys ...int) (packets []media.Packet, frames [][]byte, format *media.Format) {
	t.Helper()
	whole := packed(name)
	n, f, _, out := step(t, Steps(MTU)(whole, codec.Want{})[0].To)
	rnd := rand.New(rand.NewPCG(7, 8))
	last := keys[len(keys)-1]
	for i := range last + 10 {
		key := slices.Contains(keys, i)
		frame := makeFrame(rnd, name, key, 3000)
		frames = append(frames, frame)
		n.Write(&media.Packet{Format: f, PTS: time.Duration(i) * 30 * time.Millisecond, Key: key, Data: frame, Burst: &media.Burst{}})
	}
	format = &whole
	for i := range out.packets {
		out.packets[i].Format = format
	}
	return out.packets, frames, format
}

func TestFeedbackGoesUpstream(t *testing.T) {
	for _, have := range []media.Format{packed(media.VP8), Steps(MTU)(packed(media.VP8), codec.Want{})[0].To} {
		n := Steps(MTU)(have, codec.Want{})[0].New(codec.NewArgs{Have: have})
		defer n.Close()
		from := n.Output().Open()
		from.RequestKeyFrame() // before there is a source: it must not be forgotten
		from.SetMaxBitrate(5000)
		up := &upstream{}
		n.Bind(&have, up)
		if up.keys != 1 || up.limit != 5000 {
			t.Errorf("%v: %+v", have, up)
		}
		from.SetMaxBitrate(3000)
		if up.limit != 3000 {
			t.Errorf("%v: limit %d", have, up.limit)
		}
		n.Bind(nil, nil)
		from.SetMaxBitrate(1000)
		if up.limit != 3000 {
			t.Error("feedback to a source that is gone")
		}
		from.Close()
	}
}

func TestNodesDropOtherFormats(t *testing.T) {
	for _, have := range []media.Format{packed(media.Opus), Steps(MTU)(packed(media.Opus), codec.Want{})[0].To} {
		n, f, _, out := step(t, have)
		other := have
		n.Write(&media.Packet{Format: &other, Data: []byte{0x78}, Burst: &media.Burst{}})
		n.Write(&media.Packet{Format: f, Data: []byte{0x78}, Burst: &media.Burst{}})
		n.Bind(nil, nil)
		n.Write(&media.Packet{Format: f, Data: []byte{0x78}, Burst: &media.Burst{}})
		if len(out.packets) != 1 {
			t.Errorf("%v: %d packets came through, want 1", have, len(out.packets))
		}
	}
}

// TestAnyWay sends streams over a way that loses, delays and repeats, for every codec. What
// comes out must be frames that went in, in order, and complete if nothing was lost for good.
func TestAnyWay(t *testing.T) {
	rnd := rand.New(rand.NewPCG(9, 10))
	for _, name := range allCodecs {
		for round := range 20 {
			t.Run(fmt.Sprint(name, " ", round), func(t *testing.T) {
				packets, frames, format := stream(t, name, 0, 10, 20, 30, 40)
				lossy := round%2 == 1
				type arrival struct {
					at float64
					p  media.Packet
				}
				var way []arrival
				for i, p := range packets {
					if lossy && i > 0 && rnd.IntN(30) == 0 {
						continue
					}
					late := rnd.Float64() * 3
					if i == 0 {
						late = 0 // where the stream begins is up to the first packet
					}
					way = append(way, arrival{float64(i) + late, p})
					if rnd.IntN(10) == 0 {
						way = append(way, arrival{float64(i) + 5, p})
					}
				}
				slices.SortStableFunc(way, func(a, b arrival) int {
					switch {
					case a.at < b.at:
						return -1
					case a.at > b.at:
						return 1
					}
					return 0
				})
				n, _, up, out := step(t, *format)
				n.Bind(format, up)
				for _, a := range way {
					n.Write(&a.p)
				}
				n.(media.Ender).End()
				if !lossy && len(out.packets) != len(frames) {
					t.Errorf("%d of %d frames", len(out.packets), len(frames))
				}
				last := -1
				for _, p := range out.packets {
					k := int(p.PTS / (30 * time.Millisecond))
					if k <= last || !bytes.Equal(p.Data, frames[k]) {
						t.Fatalf("frame %d, after %d, is not the one that was sent", k, last)
					}
					if format.Kind == media.Video && k != last+1 && !p.Key {
						t.Fatalf("frame %d after %d cannot be decoded", k, last)
					}
					last = k
				}
				if last < 0 {
					t.Error("nothing came through")
				}
			})
		}
	}
}

func TestNodesDoNotAllocate(t *testing.T) {
	for _, name := range allCodecs {
		packets, frames, format := stream(t, name, 0, 40)
		to, from := Steps(MTU)(*format, codec.Want{})[0].New(codec.NewArgs{}), Steps(MTU)(Steps(MTU)(*format, codec.Want{})[0].To, codec.Want{})[0].New(codec.NewArgs{})
		defer to.Close()
		defer from.Close()
		to.Bind(format, &upstream{})
		i, seq := 0, packets[0].RTP.SequenceNumber
		var p media.Packet
		swap := func() { // the packets of the stream over and over, each pair of them in the wrong order
			p = packets[i%len(packets)&^1+(1-i%2)]
			p.RTP.SequenceNumber = seq + uint16(i&^1+(1-i%2))
			i++
			to.Write(&p)
		}
		packets = packets[:len(packets)&^1]
		for range 4 * len(packets) {
			swap()
		}
		if n := testing.AllocsPerRun(2*len(packets), swap); n != 0 {
			t.Errorf("%s: %v allocations per packet unpacked", name, n)
		}
		whole := Steps(MTU)(*format, codec.Want{})[0].To
		from.Bind(&whole, &upstream{})
		p = media.Packet{Format: &whole, Burst: &media.Burst{}}
		k := 0
		packOne := func() {
			p.Data, p.Key = frames[k%len(frames)], k%len(frames) == 0
			k++
			from.Write(&p)
		}
		for range 10 * len(frames) {
			packOne()
		}
		if n := testing.AllocsPerRun(len(frames), packOne); n != 0 {
			t.Errorf("%s: %v allocations per frame packed", name, n)
		}
	}
}

func BenchmarkDepacketizer(b *testing.B) {
	packets, _, format := stream(b, media.VP8, 0, 100)
	n, _, up, _ := step(b, *format)
	n.Output().SetRoutes(nil)
	n.Bind(format, up)
	seq := packets[0].RTP.SequenceNumber
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		p := &packets[i%len(packets)]
		p.RTP.SequenceNumber = seq + uint16(i)
		n.Write(p)
		i++
	}
}

func BenchmarkPacketizer(b *testing.B) {
	have := Steps(MTU)(packed(media.VP8), codec.Want{})[0].To
	n, f, _, _ := step(b, have)
	n.Output().SetRoutes(nil)
	p := media.Packet{Format: f, Data: makeFrame(rand.New(rand.NewPCG(1, 1)), media.VP8, false, 5000), Burst: &media.Burst{}}
	b.ReportAllocs()
	for b.Loop() {
		n.Write(&p)
	}
}
