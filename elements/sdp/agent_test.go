package sdp

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/pipeline/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// configured are the codecs of the distributed SdpEndpoint.conf.json.
var (
	configuredAudio = []string{"opus/48000/2", "PCMU/8000", "PCMA/8000", "AMR/8000"}
	configuredVideo = []string{"H265/90000", "AV1/90000", "VP9/90000", "VP8/90000", "H264/90000"}
)

func webrtcConfig() Config {
	return Config{
		AudioCodecs:    FilterWebRTC(configuredAudio, false),
		VideoCodecs:    FilterWebRTC(configuredVideo, false),
		NumAudioMedias: 1,
		NumVideoMedias: 1,
		Classic:        true,
		Strict:         true,
	}
}

func testLocal() Local {
	ssrc := uint32(1000)
	return Local{
		Transport: func(i int) (Credentials, error) {
			if i == 0 {
				return Credentials{Ufrag: "LoCa", Pwd: "abcdefghijklmnopqrstuv"}, nil
			}
			return Credentials{Ufrag: fmt.Sprint("LoCa", i), Pwd: "abcdefghijklmnopqrstuv"}, nil
		},
		Restart: func(i int) (Credentials, error) {
			return Credentials{Ufrag: fmt.Sprint("again", i), Pwd: "0123456789abcdef012345"}, nil
		},
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

// smallOffer is a peer's description with one audio m-line and, unless it is "",
// one video m-line of that codec.
func smallOffer(video string) string {
	lines := []string{
		"v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1",
		"m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=rtpmap:111 opus/48000/2", "a=mid:0", "a=rtcp-mux", "a=setup:actpass",
		"a=ice-ufrag:abcd", "a=ice-pwd:0123456789abcdef0123456789", "a=fingerprint:sha-256 AA:BB",
	}
	if video != "" {
		lines = append(lines, "m=video 9 UDP/TLS/RTP/SAVPF 96", "a=rtpmap:96 "+video, "a=mid:1", "a=rtcp-mux", "a=setup:actpass")
	}
	return strings.Join(lines, "\r\n") + "\r\n"
}

func TestFilterWebRTC(t *testing.T) {
	all := append(append([]string{"H265/90000", "vp8/90000", "Speex/16000"}, configuredAudio...), "h264/90000")
	for h265, want := range map[bool]string{
		false: "[vp8/90000 opus/48000/2 PCMU/8000 PCMA/8000 h264/90000]",
		true:  "[H265/90000 vp8/90000 opus/48000/2 PCMU/8000 PCMA/8000 h264/90000]",
	} {
		if got := fmt.Sprint(FilterWebRTC(all, h265)); got != want {
			t.Errorf("h265 %t: %s, want %s", h265, got, want)
		}
	}
}

func TestNewAgentErrors(t *testing.T) {
	for _, codec := range []string{"", "VP8", "VP8/", "/90000", "VP8/-1", "opus/48000/0", "opus/48000/2/2", "opus/48000/999"} {
		c := webrtcConfig()
		c.VideoCodecs = []string{codec}
		if _, err := NewAgent(c, testLocal()); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", codec)) {
			t.Errorf("codec %q: error %v", codec, err)
		}
	}
	if _, err := NewAgent(webrtcConfig(), Local{}); err == nil {
		t.Error("no error for missing local parameters")
	}
	c := webrtcConfig()
	c.Profile = "RTP/XYZ"
	if _, err := NewAgent(c, testLocal()); err == nil {
		t.Error("no error for an unknown profile")
	}
}

// TestStates walks through every row of the state machine of SdpEndpoint.
func TestStates(t *testing.T) {
	good := smallOffer("VP8/90000")
	offer := func(a *Agent) error { _, err := a.GenerateOffer(DefaultOfferOptions()); return err }
	process := func(text string) func(*Agent) error {
		return func(a *Agent) error { _, err := a.ProcessOffer(text); return err }
	}
	answer := func(text string) func(*Agent) error {
		return func(a *Agent) error { return a.ProcessAnswer(text) }
	}
	local := func(a *Agent) error { _, err := a.LocalSDP(); return err }
	remote := func(a *Agent) error { _, err := a.RemoteSDP(); return err }
	type step struct {
		name string
		do   func(*Agent) error
		want error
	}
	badMid := strings.ReplaceAll(good, "a=mid:1", "a=mid:0")
	ours := strings.NewReplacer("a=mid:0", "a=mid:audio0", "a=mid:1", "a=mid:video0", "BUNDLE 0 1", "BUNDLE audio0 video0",
		"UDP/TLS/RTP/SAVPF 111", "RTP/SAVPF 96", "rtpmap:111", "rtpmap:96",
		"UDP/TLS/RTP/SAVPF 96", "RTP/SAVPF 104", "rtpmap:96 VP8", "rtpmap:104 VP8", "actpass", "active").Replace(good)
	for name, steps := range map[string][]step{
		"as answerer": {
			{"local", local, ErrNoLocalSDP}, {"remote", remote, ErrNoRemoteSDP},
			{"empty", process(""), ErrEmptyOffer}, {"garbage", process("garbage"), ErrInvalid},
			{"broken m-line", process("v=0\r\nm=audio\r\n"), ErrParse}, {"one mid twice", process(badMid), ErrProcessOffer},
			{"still nothing", local, ErrNoLocalSDP},
			{"answer without offer", answer(good), ErrNotOfferGenerated},
			{"good", process(good), nil}, {"again", process(good), ErrAlreadyNegotiated},
			{"empty again", process(""), ErrAlreadyNegotiated}, {"offer", offer, ErrAlreadyNegotiated},
			{"answer", answer(good), ErrNotOfferGenerated}, {"local", local, nil}, {"remote", remote, nil},
		},
		"as offerer": {
			{"offer", offer, nil}, {"again", offer, ErrAlreadyNegotiated}, {"other role", process(good), ErrAlreadyNegotiated},
			{"local", local, nil}, {"remote", remote, ErrNoRemoteSDP},
			{"garbage", answer("garbage"), ErrInvalid}, {"empty", answer(""), ErrEmptyAnswer},
			{"broken m-line", answer("v=0\r\nm=audio x y z\r\n"), ErrParse},
			{"good", answer(ours), nil}, {"again", answer(ours), ErrAnswerAlreadyProcessed},
			{"empty again", answer(""), ErrAnswerAlreadyProcessed}, {"remote", remote, nil},
		},
		"spoilt": {
			{"offer", offer, nil}, {"one mid twice", answer(badMid), ErrProcessAnswer},
			{"too late", answer(ours), ErrAnswerAlreadyProcessed}, {"local", local, nil}, {"remote", remote, ErrNoRemoteSDP},
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newTestAgent(t, nil)
			for _, s := range steps {
				if err := s.do(a); !errors.Is(err, s.want) {
					t.Errorf("%s: %v, want %v", s.name, err, s.want)
				}
			}
		})
	}
}

func TestLimits(t *testing.T) {
	many := func(line string, n int) string { return "v=0\r\n" + strings.Repeat(line+"\r\n", n) }
	for name, text := range map[string]string{
		"bytes":      many("a=x", maxBytes/4),
		"m-lines":    many("m=audio 9 RTP/SAVPF 0", maxSections+1),
		"formats":    "v=0\r\nm=audio 9 RTP/SAVPF" + strings.Repeat(" 0", maxFormats+1),
		"candidates": many("a=candidate:1 1 udp 1 192.0.2.1 1 typ host", maxCandidates+1),
		"port":       "v=0\r\nm=audio 65536 RTP/SAVPF 0\r\n",
	} {
		if _, err := newTestAgent(t, nil).ProcessOffer(text); !errors.Is(err, ErrParse) {
			t.Errorf("%s: %v, want %v", name, err, ErrParse)
		}
	}
	sources := smallOffer("")
	for i := range 3 * maxSSRCs {
		sources += fmt.Sprintf("a=ssrc:%d cname:x\r\n", i+1)
	}
	a := newTestAgent(t, nil)
	if _, err := a.ProcessOffer(sources); err != nil {
		t.Fatal(err)
	}
	if s, _ := a.Negotiated(); len(s.Media[0].RemoteSSRCs) != maxSSRCs {
		t.Errorf("%d ssrcs kept, want %d", len(s.Media[0].RemoteSSRCs), maxSSRCs)
	}
}

func TestCodecFor(t *testing.T) {
	h264 := func(params string) media.Format {
		return media.Format{Kind: media.Video, Codec: media.H264, Packed: true, ClockRate: 90000, Params: params}
	}
	vp9 := func(params string) media.Format {
		return media.Format{Kind: media.Video, Codec: media.VP9, Packed: true, ClockRate: 90000, Params: params}
	}
	viewer := Media{Codecs: []Codec{
		{PayloadType: 1, Format: vp9("")},
		{PayloadType: 2, Format: h264("42e0;0")},
		{PayloadType: 3, Format: h264("4d00;1")},
		{PayloadType: 4, Format: h264("42e0;1")},
	}}
	for _, c := range []struct {
		stream media.Format
		want   uint8 // payload type, 0: none
	}{
		{vp9(""), 1},
		{vp9("profile-id=2"), 0},
		{h264("42e0;1"), 4}, // the same rather than Main, which could decode it too
		{h264("42e0;0"), 2},
		{h264("4d00;0"), 3}, // mode 1 takes mode 0
		{h264("4d00;1"), 3},
		{h264("640c;1"), 0},
		{h264("6400;1"), 0},
		{h264(""), 2}, // nothing known of the stream
		{media.Format{Kind: media.Video, Codec: media.VP8, Packed: true, ClockRate: 90000}, 0},
		{media.Format{Kind: media.Video, Codec: media.H264, ClockRate: 90000, Params: "42e0"}, 2}, // frames fit any mode
	} {
		got, ok := viewer.CodecFor(c.stream)
		if ok != (c.want != 0) || got.PayloadType != c.want {
			t.Errorf("%s: payload type %d, want %d", c.stream, got.PayloadType, c.want)
		}
	}
	high := Codec{Format: h264("6400;1")}
	for _, have := range []string{"42e0;1", "4d00;1", "640c;0", "6400;1"} {
		if !high.Accepts(h264(have)) {
			t.Errorf("High does not accept %s", have)
		}
	}
}
