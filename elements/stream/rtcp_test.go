package stream

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// compounds are RTCP packets of a peer: seeds for the fuzz test.
func compounds(t testing.TB) (raw [][]byte) {
	for _, packets := range [][]rtcp.Packet{
		{&rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{SSRC: localSSRC, LastSenderReport: 9}}}},
		{&rtcp.SenderReport{SSRC: peerSSRC, NTPTime: 1 << 40, RTPTime: 5}, nack(localSSRC, 1, 2, 30)},
		{&rtcp.ReceiverReport{}, &rtcp.PictureLossIndication{MediaSSRC: localSSRC}},
		{&rtcp.FullIntraRequest{FIR: []rtcp.FIREntry{{SSRC: localSSRC}}}},
		{&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 1e6, SSRCs: []uint32{localSSRC}}},
		{&rtcp.Goodbye{Sources: []uint32{peerSSRC}}},
		{&rtcp.TransportLayerCC{}},
	} {
		b, err := rtcp.Marshal(packets)
		if err != nil {
			t.Fatal(err)
		}
		raw = append(raw, b)
	}
	return raw
}

// forwarding is a session whose sender and receiver are at work.
func forwarding(t testing.TB) *bench {
	b := newBench(t)
	src := newSource(vp8.Format, 1, 65000, 0)
	route(src.out, b.videoOut)
	for i := range 50 {
		src.frame(b.now, i == 0)
		receive(b, peerSSRC, videoPT, uint16(i), uint32(i), b.now, vp8KeyPayload)
	}
	return b
}

func TestBrokenRTCPIsCounted(t *testing.T) {
	pli, err := rtcp.Marshal([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: localSSRC}})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name      string
		raw       []byte
		malformed uint64
		pli       uint64
	}{
		{"nothing", nil, 0, 0},
		{"good", pli, 0, 1},
		{"cut in the header", pli[:3], 1, 0},
		{"longer than the datagram", pli[:8], 1, 0},
		{"wrong version", append([]byte{0x41}, pli[1:]...), 1, 0},
		{"good part, then rubbish", append(append([]byte(nil), pli...), 1, 2, 3), 1, 1},
		{"bad part, then good", append([]byte{0x81, 201, 0, 1, 0, 0, 0, 0}, pli...), 1, 1},
		{"unknown type", append([]byte{0x80, 210, 0, 0}, pli...), 0, 1},
		{"other application feedback", append([]byte{0x8f, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 'A', 'F', 'B', '!'}, pli...), 0, 1},
		{"too long", make([]byte, maxRTCPSize+4), 1, 0},
	}
	for _, tt := range tests {
		b := newBench(t)
		b.HandleRTCP(tt.raw, b.now, &b.burst)
		if got := b.malformed.Load(); got != tt.malformed {
			t.Errorf("%s: %d counted, want %d", tt.name, got, tt.malformed)
		}
		if got := b.videoOut.Stats().PLI; got != tt.pli {
			t.Errorf("%s: %d requests read, want %d", tt.name, got, tt.pli)
		}
	}
}

func FuzzHandleRTCP(f *testing.F) {
	for _, raw := range compounds(f) {
		f.Add(raw)
	}
	b := forwarding(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := append([]byte(nil), raw...)
		b.now += time.Second
		b.HandleRTCP(raw, b.now, &b.burst)
		b.tick(b.now)
		if string(before) != string(raw) {
			t.Error("the packet was changed")
		}
		if sent := b.wire.takeRTP(); len(sent) > 50*maxRTCPSize/16 {
			t.Errorf("%d packets sent for one message", len(sent))
		}
		b.wire.takeRTCP()
	})
}
