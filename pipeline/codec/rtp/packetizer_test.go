package rtp

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/media"
)

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
			if video && len(p.Data) > maxPayload {
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
	n, f, _, out := step(t, Steps(MTU)(packed(media.VP8), codec.Want{})[0].To)
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

// film is a source of frames that keeps them.
type film struct {
	media.NoUpstream
	frames []media.Packet
}

func (f *film) Resend(seq uint16, g func(*media.Packet)) bool {
	if int(seq) >= len(f.frames) {
		return false
	}
	g(&f.frames[seq])
	return true
}

func TestALatePacketizerPacksThePast(t *testing.T) {
	format := media.Format{Kind: media.Video, Codec: media.VP8, ClockRate: 90000}
	f := &film{}
	out := media.NewOutput(f, nil)
	have := out.SetFormat(format)
	for i := range 10 {
		p := media.Packet{Format: have, Key: i == 2, Data: []byte{0x11, 0, 0, byte(i)}, Burst: &media.Burst{}}
		if p.Key {
			p.Data = []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 16, 0, 16, 0}
		}
		p.RTP.SequenceNumber = uint16(i)
		f.frames = append(f.frames, p)
	}
	n := Steps(MTU)(format, codec.Want{})[0].New(codec.NewArgs{Have: format})
	defer n.Close()
	n.Bind(have, out.Open())
	var live []uint16
	n.Output().SetRoutes([]media.Route{{Sink: sinkFunc(func(p *media.Packet) { live = append(live, p.RTP.SequenceNumber) })}})
	n.Write(&f.frames[9])
	if len(live) != 1 {
		t.Fatalf("%d packets were written, wanted the new one", len(live))
	}
	source := n.Output().Open()
	for back := range uint16(8) {
		key := false
		if !source.Resend(live[0]-back, func(p *media.Packet) { key = p.Key }) || key != (back == 7) {
			t.Errorf("%d packets back: key %v", back, key)
		}
	}
	if source.Resend(live[0]-8, func(*media.Packet) {}) {
		t.Error("the frame before the key frame was packed")
	}
}

// sinkFunc is a sink that is a function.
type sinkFunc func(p *media.Packet)

func (f sinkFunc) Write(p *media.Packet) { f(p) }
