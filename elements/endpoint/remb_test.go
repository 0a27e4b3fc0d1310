package endpoint

import (
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/elements/sdp"
	"github.com/rivero-media/rivero/elements/stream"
	"github.com/rivero-media/rivero/pipeline/media"
)

type silent struct{}

func (silent) WriteRTP(*rtp.Header, []byte, *media.Burst) {}
func (silent) WriteRTCP([]byte)                           {}

func TestRembParamsReachTheReceiver(t *testing.T) {
	codec := sdp.Codec{PayloadType: 96, Format: media.Format{Kind: media.Video, Codec: media.VP8, Packed: true, ClockRate: 90000}}
	codec.Feedback.REMB = true
	e := new(BaseRtpEndpoint)
	e.receivers[media.Video] = stream.NewReceiver(media.Video, nil, nil)
	l := e.line(&sdp.Media{Kind: media.Video, Recv: true, SSRC: 1, Codecs: []sdp.Codec{codec}}, new(placement))
	s, err := stream.NewSession(silent{}, []stream.Line{l}, stream.Options{CNAME: "c"})
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
	for range 200 {
		if l.Receiver.Stats().REMB == want {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("the publisher is told %d, want %d", l.Receiver.Stats().REMB, want)
}
