package endpoint

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/elements/sdp"
	"github.com/rivero-media/rivero/elements/stream"
	"github.com/rivero-media/rivero/pipeline/media"
)

// listener is a transport that hears which bitrates the publisher is told.
type listener struct {
	t    *testing.T
	told chan float32
}

func (listener) WriteRTP(*rtp.Header, []byte, *media.Burst) {}

func (l listener) WriteRTCP(raw []byte) {
	packets, err := rtcp.Unmarshal(raw)
	if err != nil {
		l.t.Error(err)
	}
	for _, p := range packets {
		if remb, ok := p.(*rtcp.ReceiverEstimatedMaximumBitrate); ok {
			l.told <- remb.Bitrate
		}
	}
}

func TestRembParamsReachTheReceiver(t *testing.T) {
	codec := sdp.Codec{PayloadType: 96, Format: media.Format{Kind: media.Video, Codec: media.VP8, Packed: true, ClockRate: 90000}}
	codec.Feedback.REMB = true
	e := new(BaseRtpEndpoint)
	e.receivers[media.Video] = stream.NewReceiver(media.Video, nil, nil)
	l := e.line(&sdp.Media{Kind: media.Video, Recv: true, SSRC: 1, Codecs: []sdp.Codec{codec}}, new(placement))
	heard := listener{t, make(chan float32, 100)}
	s, err := stream.NewSession(heard, []stream.Line{l}, stream.Options{CNAME: "c"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Start()
	factor := float32(0.75)
	e.setRembParams(RembParams{DecrementFactor: &factor})
	at, burst := media.Now(), new(media.Burst)
	for seq := range uint16(150) { // one measure, every fifth lost
		if at += 5 * time.Millisecond; seq%5 != 4 {
			s.HandleRTP(&rtp.Header{Version: 2, PayloadType: 96, SSRC: 2, SequenceNumber: seq}, []byte{0x10, 1, 2}, at, burst)
		}
	}
	const want = 1_500_000 // 3/4 of what it is told without loss
	for limit := time.After(30 * time.Second); ; {
		select {
		case bps := <-heard.told:
			if bps > 0.999*want && bps < 1.001*want { // its mantissa is short
				return
			}
		case <-limit:
			t.Fatalf("the publisher is told %d, want %d", l.Receiver.Stats().REMB, int(want))
		}
	}
}
