package sdp

import (
	"errors"
	"strings"
	"testing"
)

// mline returns the m-line of that number and what follows it.
func mline(t testing.TB, text string, i int) string {
	t.Helper()
	parts := strings.Split(text, "\r\nm=")
	if i+1 >= len(parts) {
		t.Fatalf("no m-line %d in\n%s", i, text)
	}
	return "m=" + parts[i+1] + "\r\n"
}

func TestOffers(t *testing.T) {
	audio, video := DefaultOfferOptions(), DefaultOfferOptions()
	audio.OfferToReceiveVideo, video.OfferToReceiveAudio = false, false
	none := OfferOptions{}
	limited := DefaultOfferOptions()
	limited.MaxAudioRecvBandwidth, limited.MaxVideoRecvBandwidth = 64, 700
	for _, c := range []struct {
		name    string
		change  func(*Config)
		options OfferOptions
		want    []string // lines of it, in order
		not     []string
	}{
		{
			"default", nil, DefaultOfferOptions(),
			[]string{
				"a=group:BUNDLE audio0 video0",
				"m=audio 1 RTP/SAVPF 96 0 8", "a=setup:actpass", "a=rtpmap:96 opus/48000/2", "a=rtcp-mux", "a=sendrecv", "a=mid:audio0",
				"a=ssrc:1001 cname:rivero@test", "a=ice-ufrag:LoCa", "a=ice-pwd:abcdefghijklmnopqrstuv", "a=fingerprint:sha-256 00:11:22:33",
				"m=video 1 RTP/SAVPF 102 103 104 105",
				"a=rtpmap:102 AV1/90000", "a=rtpmap:103 VP9/90000", "a=rtpmap:104 VP8/90000", "a=rtpmap:105 H264/90000",
				"a=fmtp:105 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
				"a=mid:video0", "a=rtcp-fb:104 goog-remb", "a=rtcp-fb:105 nack pli", "a=ssrc:1002 cname:rivero@test",
			},
			[]string{"rtpmap:0 ", "rtcp-fb:96", "rtcp-fb:105 goog-remb", "b=AS", "m=application"},
		},
		{"audio only", nil, audio, []string{"a=group:BUNDLE audio0", "m=audio 1 RTP/SAVPF 96 0 8"}, []string{"m=video"}},
		{"video only", nil, video, []string{"a=group:BUNDLE video0", "m=video 1 RTP/SAVPF 97 98 99 100"}, []string{"m=audio"}},
		{"nothing", nil, none, []string{"a=group:BUNDLE"}, []string{"m="}},
		{"bandwidth", nil, limited, []string{"m=audio", "b=AS:64", "a=setup", "m=video", "b=AS:700", "a=setup"}, nil},
		{"recvonly", func(c *Config) { c.Direction = RecvOnly }, limited, []string{"a=recvonly", "a=recvonly"}, []string{"a=sendrecv"}},
		{
			"data", func(c *Config) { c.DataChannels = true }, audio,
			[]string{"a=group:BUNDLE audio0 application0", "m=application 1 UDP/DTLS/SCTP webrtc-datachannel", "a=sctp-port:5000", "a=mid:application0"},
			[]string{"m=video"},
		},
		{
			"two videos and every codec", func(c *Config) {
				c.NumVideoMedias, c.AudioCodecs, c.VideoCodecs = 2, configuredAudio, configuredVideo
			}, DefaultOfferOptions(),
			[]string{
				"a=group:BUNDLE audio0 video0 video1", "m=audio 1 RTP/SAVPF 96 0 8 97", "a=rtpmap:97 AMR/8000",
				"m=video 1 RTP/SAVPF 105 106 107 108 109", "a=rtpmap:105 H265/90000", "m=video 1 RTP/SAVPF 112 113 114 115 116",
			}, nil,
		},
		{"no audio codec", func(c *Config) { c.AudioCodecs = nil }, DefaultOfferOptions(), []string{"a=group:BUNDLE video0"}, []string{"m=audio"}},
		{"case of names", func(c *Config) { c.VideoCodecs = []string{"vp8/90000"} }, video, []string{"a=rtpmap:97 VP8/90000"}, nil},
		{"own address", func(c *Config) { c.Address = "2001:db8::1" }, none, []string{"IN IP6 2001:db8::1", "c=IN IP6 2001:db8::1"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			offer, err := newTestAgent(t, c.change).GenerateOffer(c.options)
			if err != nil {
				t.Fatal(err)
			}
			checkWellFormed(t, offer)
			rest := offer
			for _, l := range c.want {
				i := strings.Index(rest, l)
				if i < 0 {
					t.Fatalf("no %q, or not in that order, in\n%s", l, offer)
				}
				rest = rest[i+len(l):]
			}
			for _, l := range c.not {
				if strings.Contains(offer, l) {
					t.Errorf("%q in\n%s", l, offer)
				}
			}
		})
	}
}

func TestOfferRunsOutOfPayloadTypes(t *testing.T) {
	a := newTestAgent(t, func(c *Config) { c.NumVideoMedias = 8 })
	if _, err := a.GenerateOffer(DefaultOfferOptions()); !errors.Is(err, ErrGenerateOffer) {
		t.Errorf("error %v, want %v", err, ErrGenerateOffer)
	}
	if _, err := a.ProcessOffer(smallOffer("")); err != nil {
		t.Errorf("a failed offer spoils the agent: %v", err)
	}
}

// TestAccept gives answers to a default offer with a data m-line.
func TestAccept(t *testing.T) {
	const end = "a=rtcp-mux\na=setup:active\na=ice-ufrag:zz\na=ice-pwd:answeransweransweranswer\na=fingerprint:sha-256 EE:FF\n"
	const head = "v=0\no=- 9 1 IN IP4 127.0.0.1\ns=-\nt=0 0\na=group:BUNDLE audio0 video0 application0\n"
	const audio = "m=audio 9 UDP/TLS/RTP/SAVPF 96\na=rtpmap:96 opus/48000/2\na=fmtp:96 minptime=10\na=mid:audio0\na=recvonly\n" + end
	const video = "m=video 9 UDP/TLS/RTP/SAVPF 105 104\na=rtpmap:104 VP8/90000\na=rtpmap:105 H264/90000\n" +
		"a=fmtp:105 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e034\n" +
		"a=rtcp-fb:104 nack\na=rtcp-fb:104 ccm fir\na=rtcp-fb:105 goog-remb\na=rtcp-fb:105 nack pli\n" +
		"a=extmap:3 " + AbsSendTime + "\na=mid:video0\na=ssrc:77 cname:q\n" + end
	const data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\na=sctp-port:5001\na=mid:application0\n" + end
	const noAudio = "m=audio 0 UDP/TLS/RTP/SAVPF 96\n"
	const t0 = "transport 0: mids [%s] ufrag \"zz\" pwd \"answeransweransweranswer\" lite false dtls client false\n  fingerprint sha-256 EE:FF\n"
	const audioSession = "m-line 0 \"audio0\": AUDIO send true recv false transport 0 ssrc 1001 from [] abs-send-time 0\n  96 opus 48000/2 \n"
	const videoSession = "m-line 1 \"video0\": VIDEO send true recv true transport 0 ssrc 1002 from [77] abs-send-time 3\n" +
		"  105 H264;42e0;1 90000/0 pli\n  104 VP8 90000/0 nack+fir\n"
	const dataSession = "m-line 2 \"application0\": DATA send true recv true transport 0 sctp 5000 to 5001\n"
	rejected := func(n int) string {
		return []string{"m-line 0 \"audio0\": rejected\n", "m-line 1 \"video0\": rejected\n", "m-line 2 \"application0\": rejected\n"}[n]
	}
	three := strings.Replace(t0, "%s", `"audio0" "video0" "application0"`, 1)
	for _, c := range []struct {
		name, answer, want string // want "" means ErrProcessAnswer
	}{
		{"everything", head + audio + video + data, three + audioSession + videoSession + dataSession},
		{
			"DTLS role", strings.ReplaceAll(head+audio+video+data, "active", "passive"),
			strings.Replace(three, "client false", "client true", 1) + audioSession + videoSession + dataSession,
		},
		{
			"video rejected", head + audio + strings.Replace(video, "m=video 9", "m=video 0", 1) + data,
			strings.Replace(t0, "%s", `"audio0" "application0"`, 1) + audioSession + rejected(1) + dataSession,
		},
		{"early end", head + audio, strings.Replace(t0, "%s", `"audio0"`, 1) + audioSession + rejected(1) + rejected(2)},
		{
			"static type without rtpmap", head + strings.Replace(audio, "SAVPF 96", "SAVPF 8", 1),
			strings.Replace(t0, "%s", `"audio0"`, 1) + strings.Replace(audioSession, "96 opus 48000/2", "8 PCMA 8000/1", 1) + rejected(1) + rejected(2),
		},
		{
			"not bundled", strings.Replace(head, "a=group:BUNDLE audio0 video0 application0\n", "", 1) + audio + video + data,
			strings.Replace(t0, "%s", `"audio0"`, 1) + audioSession + rejected(1) + rejected(2),
		},
		{
			"no rtcp-mux", strings.ReplaceAll(head+audio+video, "a=rtcp-mux\n", ""), rejected(0) + rejected(1) + rejected(2),
		},
		{"another codec under our number", head + strings.Replace(audio, "opus/48000/2", "speex/16000", 1), rejected(0) + rejected(1) + rejected(2)},
		{"a number that was not offered", head + strings.ReplaceAll(audio, "96", "97"), rejected(0) + rejected(1) + rejected(2)},
		{
			"parameters we cannot carry", head + noAudio + strings.NewReplacer("packetization-mode=1", "packetization-mode=2", "105 104", "105").Replace(video),
			rejected(0) + rejected(1) + rejected(2),
		},
		{
			"parameters left out", head + noAudio + strings.Replace(video, "a=fmtp", "a=x-fmtp", 1),
			strings.Replace(t0, "%s", `"video0"`, 1) + rejected(0) + videoSession + rejected(2),
		},
		{"another kind", head + video, ""},
		{"too many m-lines", head + audio + video + data + data, ""},
		{"nothing", head, rejected(0) + rejected(1) + rejected(2)},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newTestAgent(t, func(c *Config) { c.DataChannels = true })
			if _, err := a.GenerateOffer(DefaultOfferOptions()); err != nil {
				t.Fatal(err)
			}
			err := a.ProcessAnswer(c.answer)
			if c.want == "" {
				if !errors.Is(err, ErrProcessAnswer) {
					t.Errorf("error %v, want %v", err, ErrProcessAnswer)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			s, _ := a.Negotiated()
			if !s.Offerer {
				t.Error("the session forgets who offered")
			}
			if diff := lineDiff(c.want, dump(s)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
