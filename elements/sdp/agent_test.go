package sdp

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// webrtcConfig is a WebRtcEndpoint with the codecs of the distributed configuration.
func webrtcConfig() Config {
	return Config{
		AudioCodecs:    FilterWebRTC([]string{"opus/48000/2", "PCMU/8000", "PCMA/8000", "AMR/8000"}, false),
		VideoCodecs:    FilterWebRTC([]string{"H265/90000", "AV1/90000", "VP9/90000", "VP8/90000", "H264/90000"}, false),
		NumAudioMedias: 1,
		NumVideoMedias: 1,
	}
}

func testLocal() Local {
	ssrc := uint32(1000)
	return Local{
		Ufrag:       "LoCa",
		Pwd:         "abcdefghijklmnopqrstuv",
		Fingerprint: Fingerprint{Algorithm: "sha-256", Value: "00:11:22:33"},
		CNAME:       "rivero@test",
		SSRC:        func() uint32 { ssrc++; return ssrc },
		SCTPPort:    5000,
	}
}

func newTestAgent(t testing.TB, change func(*Config)) *Agent {
	t.Helper()
	c := webrtcConfig()
	if change != nil {
		change(&c)
	}
	a, err := NewAgent(c, testLocal())
	if err != nil {
		t.Fatal(err)
	}
	return a
}
