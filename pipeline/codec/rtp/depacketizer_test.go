package rtp

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

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
