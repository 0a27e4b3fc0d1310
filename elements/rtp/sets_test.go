package rtp

import (
	"fmt"
	"testing"

	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/sdp"
	"github.com/rivero-media/rivero/pipeline/media"
)

// TestParameterSets: those of a description come before each key frame without any, but not where NACKs would name other
// packets.
func TestParameterSets(t *testing.T) {
	for fb, want := range map[string]int{"": 6, "a=rtcp-fb:96 nack\r\n": 2} {
		t.Run(fb, func(t *testing.T) {
			s := newServer(t, testSettings())
			p := elementtest.Pipeline(t, s)
			e := elementtest.Create(t, s, "RtpEndpoint", elementtest.In(p))
			sink := elementtest.Create(t, s, "TestSink", elementtest.In(p)).(*elementtest.Sink)
			elementtest.Connect(t, e, sink)
			answer := text(t, e, "processOffer", map[string]any{"offer": "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" +
				"m=video 9 RTP/AVPF 96\r\na=sendonly\r\na=rtpmap:96 H264/90000\r\n" +
				"a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0LAH9oBQBboQAAAAwBAAAAPI8YMqA==,aM4PyA==; profile-level-id=42C01F\r\n" + fb})
			var port uint16
			if _, err := fmt.Sscanf(answer[index(t, answer, "m=video "):], "m=video %d", &port); err != nil {
				t.Fatal(err)
			}
			peer := newTestConn(t, deaf{}, sdp.Crypto{})
			if err := peer.agree(sdp.Peer{RTP: at(port)}); err != nil {
				t.Fatal(err)
			}
			var b media.Burst
			for seq := range uint16(2) {
				h := &rtp.Header{Version: 2, PayloadType: 96, SequenceNumber: seq, SSRC: 7, Timestamp: uint32(seq) * 3000, Marker: true}
				peer.WriteRTP(h, []byte{0x65, 0x88, 0x80, 0x10}, &b) // the beginning of a slice of an IDR picture
				b.Flush()
			}
			elementtest.Eventually(t, "packets", func() bool { return sink.Count(media.Video) == want })
			if last := sink.Last(media.Video).RTP.SequenceNumber; last != uint16(want-1) {
				t.Errorf("the last packet has number %d", last)
			}
		})
	}
}
