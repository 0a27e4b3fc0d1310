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
	steps := Steps(have)
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
		there := Steps(have)[0].To
		back := Steps(there)[0].To
		if back != have {
			t.Errorf("%v became %v", have, back)
		}
	}
	if to := Steps(packed(media.H264))[0].To; to.Params != "42e0" {
		t.Errorf("frames of H264 with parameters %q", to.Params)
	}
	if steps := Steps(media.Format{Codec: "L16"}); len(steps) != 0 {
		t.Errorf("steps from an unknown codec: %v", steps)
	}
}

// stream makes the packets of frames, 30 ms apart.
func stream(t testing.TB, codec string, keys ...int) (packets []media.Packet, frames [][]byte, format *media.Format) {
	t.Helper()
	whole := packed(codec)
	n, f, _, out := step(t, Steps(whole)[0].To)
	rnd := rand.New(rand.NewPCG(7, 8))
	last := keys[len(keys)-1]
	for i := range last + 10 {
		key := slices.Contains(keys, i)
		frame := makeFrame(rnd, codec, key, 3000)
		frames = append(frames, frame)
		n.Write(&media.Packet{Format: f, PTS: time.Duration(i) * 30 * time.Millisecond, Key: key, Data: frame, Burst: &media.Burst{}})
	}
	format = &whole
	for i := range out.packets {
		out.packets[i].Format = format
	}
	return out.packets, frames, format
}

func TestPacketizer(t *testing.T) {
	for _, name := range allCodecs {
		packets, _, _ := stream(t, name, 0, 5)
		video := packets[0].Format.Kind == media.Video
		keys, markers := 0, 0
		for i, p := range packets {
			if p.RTP.SequenceNumber != packets[0].RTP.SequenceNumber+uint16(i) || p.RTP.SSRC != packets[0].RTP.SSRC {
				t.Errorf("%s: packet %d has number %d, source %d", name, i, p.RTP.SequenceNumber, p.RTP.SSRC)
			}
			want := uint32(int64(p.PTS-packets[0].PTS) * int64(p.Format.ClockRate) / int64(time.Second))
			if got := p.RTP.Timestamp - packets[0].RTP.Timestamp; got != want {
				t.Errorf("%s: packet at %v has timestamp %d, want %d", name, p.PTS, got, want)
			}
			if video && len(p.Data) > MaxPayload {
				t.Errorf("%s: payload of %d bytes", name, len(p.Data))
			}
			if first := i == 0 || packets[i-1].PTS != p.PTS; p.Key && !first {
				t.Errorf("%s: packet %d in the middle of a frame is marked as key", name, i)
			}
			if last := i+1 == len(packets) || packets[i+1].PTS != p.PTS; p.RTP.Marker != (last && video) {
				t.Errorf("%s: packet %d: marker %v", name, i, p.RTP.Marker)
			}
			if p.Key {
				keys++
			}
			if p.RTP.Marker {
				markers++
			}
		}
		if video && (keys != 2 || markers != 15) {
			t.Errorf("%s: %d key frames, %d markers", name, keys, markers)
		}
	}
}

func TestPacketizerTimestampsOfALongRun(t *testing.T) {
	at := 300 * 24 * time.Hour
	if got := ticks(at+time.Second, 90000) - ticks(at, 90000); got != 90000 {
		t.Errorf("a second is %d units after 300 days", got)
	}
}

func TestPacketizerResends(t *testing.T) {
	n, f, _, out := step(t, Steps(packed(media.VP8))[0].To)
	n.Write(&media.Packet{Format: f, Key: true, Data: makeFrame(rand.New(rand.NewPCG(1, 1)), media.VP8, true, 3000), Burst: &media.Burst{}})
	from := n.Output().Open()
	defer from.Close()
	for _, want := range out.packets {
		found := from.Resend(want.RTP.SequenceNumber, func(p *media.Packet) {
			if !bytes.Equal(p.Data, want.Data) || p.RTP.Timestamp != want.RTP.Timestamp || p.RTP.Marker != want.RTP.Marker || p.Key != want.Key {
				t.Errorf("packet %d came back changed", want.RTP.SequenceNumber)
			}
		})
		if !found {
			t.Errorf("packet %d is lost", want.RTP.SequenceNumber)
		}
	}
	if from.Resend(out.packets[0].RTP.SequenceNumber-1, func(*media.Packet) {}) {
		t.Error("a packet that never was")
	}
}

func TestFeedbackGoesUpstream(t *testing.T) {
	for _, have := range []media.Format{packed(media.VP8), Steps(packed(media.VP8))[0].To} {
		n := Steps(have)[0].New(codec.NewArgs{Have: have})
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
	for _, have := range []media.Format{packed(media.Opus), Steps(packed(media.Opus))[0].To} {
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

// arrange changes the way of packets from sender to depacketiser.
type arrange func(packets []media.Packet) []media.Packet

// without leaves out the packets with these indices.
func without(indices ...int) arrange {
	return func(packets []media.Packet) (left []media.Packet) {
		for i, p := range packets {
			if !slices.Contains(indices, i) {
				left = append(left, p)
			}
		}
		return left
	}
}

// delay moves a packet back by a number of places.
func delay(index, by int) arrange {
	return func(packets []media.Packet) []media.Packet {
		packets = slices.Clone(packets)
		p := packets[index]
		packets = slices.Delete(packets, index, index+1)
		return slices.Insert(packets, index+by, p)
	}
}

func change(f func(i int, p *media.Packet)) arrange {
	return func(packets []media.Packet) []media.Packet {
		packets = slices.Clone(packets)
		for i := range packets {
			f(i, &packets[i])
		}
		return packets
	}
}

// TestDepacketizer sends 36 frames of three packets each, with key frames at 0 and 26.
func TestDepacketizer(t *testing.T) {
	allBut := func(from, to int) (kept []int) {
		for i := range 36 {
			if i < from || i >= to {
				kept = append(kept, i)
			}
		}
		return kept
	}
	all := allBut(0, 0)
	tests := []struct {
		name    string
		arrange arrange
		want    []int // frames that come out
		keys    int   // key frames asked for, at least one
	}{
		{"in order", without(), all, 0},
		{"swapped", delay(3, 1), all, 0},
		{"a key frame's first packet late", delay(0, 0), all, 0},
		{"sent again after 400 ms", delay(7, 40), all, 0},
		{"sent again too late", delay(7, 60), allBut(2, 26), 1},
		{"lost", without(7), allBut(2, 26), 1},
		{"lost first packet of a frame", without(6), allBut(2, 26), 1},
		{"lost last packet of a frame", without(8), allBut(2, 26), 1},
		{"lost whole frame", without(6, 7, 8), allBut(2, 26), 1},
		{"lost beginning", without(0), allBut(0, 26), 1},
		{"everything twice", func(p []media.Packet) (twice []media.Packet) {
			for i := range p {
				twice = append(twice, p[i], p[i])
			}
			return twice
		}, all, 0},
		{"no markers", change(func(_ int, p *media.Packet) { p.RTP.Marker = false }), all, 0},
		{"padding between frames", func(p []media.Packet) (padded []media.Packet) {
			for i := range p {
				q := p[i]
				q.RTP.SequenceNumber += uint16(i / 3)
				padded = append(padded, q)
				if q.RTP.Marker {
					q.RTP.SequenceNumber++
					q.RTP.Marker, q.Data = false, nil
					padded = append(padded, q)
				}
			}
			return padded
		}, all, 0},
		{"numbers wrap", change(func(i int, p *media.Packet) { p.RTP.SequenceNumber = uint16(65500 + i) }), all, 0},
		{"numbers begin anew", change(func(i int, p *media.Packet) {
			if i >= 3*26 {
				p.RTP.SequenceNumber += 20000
			}
		}), all, 1},
		{"another sender", change(func(i int, p *media.Packet) {
			if i >= 3*26 {
				p.RTP.SSRC++
				p.RTP.SequenceNumber += 7
			}
		}), all, 1},
		{"a malformed packet", change(func(i int, p *media.Packet) {
			if i == 10 {
				p.Data = []byte{0x90}
			}
		}), allBut(3, 26), 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			packets, frames, format := stream(t, media.VP8, 0, 26)
			if len(packets) != 3*len(frames) {
				t.Fatalf("%d packets of %d frames", len(packets), len(frames))
			}
			n, _, up, out := step(t, *format)
			n.Bind(format, up)
			for _, p := range tt.arrange(packets) {
				n.Write(&p)
			}
			n.(media.Ender).End()
			var got []int
			for i, p := range out.packets {
				k := slices.IndexFunc(frames, func(f []byte) bool { return bytes.Equal(f, p.Data) })
				if k < 0 || p.PTS != time.Duration(k)*30*time.Millisecond || p.Key != (k == 0 || k == 26) {
					t.Errorf("frame %d that came out is none that went in: %v, key %v", i, p.PTS, p.Key)
				}
				got = append(got, k)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("frames %v, want %v", got, tt.want)
			}
			if (up.keys > 0) != (tt.keys > 0) {
				t.Errorf("%d key frames asked for", up.keys)
			}
			if !out.ended {
				t.Error("the end was not passed on")
			}
		})
	}
}

func TestDepacketizerAsksAgain(t *testing.T) {
	packets, _, format := stream(t, media.VP8, 0, 100)
	n, _, up, _ := step(t, *format)
	n.Bind(format, up)
	for _, p := range without(0)(packets[:3*99]) { // 99 frames are 3 seconds
		n.Write(&p)
	}
	if up.keys != 3 {
		t.Errorf("asked for %d key frames in 3 s, want 3", up.keys)
	}
}

func TestDepacketizerAudioGoesOnAfterLoss(t *testing.T) {
	packets, frames, format := stream(t, media.Opus, 0, 30)
	n, _, up, out := step(t, *format)
	n.Bind(format, up)
	for _, p := range without(5)(packets) {
		n.Write(&p)
	}
	if len(out.packets) != len(frames)-1 || up.keys != 0 {
		t.Errorf("%d of %d frames, %d key frames asked for", len(out.packets), len(frames), up.keys)
	}
}

// TestAnyWay sends streams over a way that loses, delays and repeats, for every codec. What comes out must be frames that went in, in
// order, and complete if nothing was lost for good.
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
		to, from := Steps(*format)[0].New(codec.NewArgs{}), Steps(Steps(*format)[0].To)[0].New(codec.NewArgs{})
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
		whole := Steps(*format)[0].To
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
	have := Steps(packed(media.VP8))[0].To
	n, f, _, _ := step(b, have)
	n.Output().SetRoutes(nil)
	p := media.Packet{Format: f, Data: makeFrame(rand.New(rand.NewPCG(1, 1)), media.VP8, false, 5000), Burst: &media.Burst{}}
	b.ReportAllocs()
	for b.Loop() {
		n.Write(&p)
	}
}
