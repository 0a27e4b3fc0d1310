//go:build e2e

package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// When a viewer takes none of the codecs that a source gives and nothing converts them, the client is told which step is
// missing; what can be sent still is.
func TestWhatIsNotConvertedIsToldTheClient(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, settings, codecs, kind, want string }{
		{"no encoder", "", "H264 opus", "VIDEO", "VIDEO input cannot take VP8 and there is no encoder of what it takes: H264"},
		{"forbidden", "transcoding=forbid\n", "VP8 PCMU", "AUDIO", "AUDIO input cannot take opus and transcoding is forbidden"},
		{"over the limit", "pipelineTranscodingCores=0.001\n", "VP8 PCMU", "AUDIO", "AUDIO input cannot take opus and to convert it would cost more than the limit"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newServer(t, freePort(t))
			main := s.writeConfig()
			writeFile(t, filepath.Join(filepath.Dir(webRtcFile(main)), "MediaElement.conf.ini"), test.settings)
			s.start("-f", main)
			eventually(t, startTimeout, "the server's first pong", s.pongs)
			clip := s.path("clip.webm")
			ffmpeg(t, "-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x180:rate=25", "-f", "lavfi", "-i", "sine",
				"-t", "20", "-c:v", "libvpx", "-deadline", "realtime", "-g", "25", "-c:a", "libopus", clip)
			c := s.dial(t)
			pipeline := c.create("MediaPipeline", nil)
			player := c.create("PlayerEndpoint", object{"mediaPipeline": pipeline, "uri": "file://" + clip})
			viewer := c.create("WebRtcEndpoint", object{"mediaPipeline": pipeline})
			c.subscribe(viewer, "Error")
			c.invoke(viewer, "processOffer", object{"offer": offerOf(test.codecs)})
			c.invoke(player, "connect", object{"sink": viewer})
			c.invoke(player, "play", nil)
			for {
				e := c.event("Error", answerTimeout)
				if text, _ := e.Data["description"].(string); strings.HasPrefix(text, test.kind) {
					if !strings.Contains(text, test.want) {
						t.Errorf("told %q, want %q", text, test.want)
					}
					return
				}
			}
		})
	}
}

// Sound goes on where there is no way from the video of one browser to that of another.
func TestBrowsersWithoutACommonVideoCodec(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	var result struct {
		Errors      []string
		Lost, Video int
	}
	scenario(t, clients[0], "nocommoncodec.js", map[string]any{"ws": s.url()}, &result)
	want := "STREAM_ERROR_FAILED: VIDEO input cannot take VP8 and there is no encoder of what it takes: H264"
	if len(result.Errors) != 1 || result.Errors[0] != want || result.Lost != 0 || result.Video != 0 {
		t.Errorf("%+v", result)
	}
}

// offerOf is the description of a viewer that takes one codec for video and one for audio.
func offerOf(codecs string) string {
	lines := map[string]string{
		"VP8": "96 VP8/90000", "H264": "97 H264/90000", "opus": "111 opus/48000/2", "PCMU": "0 PCMU/8000",
	}
	var b strings.Builder
	b.WriteString("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n")
	for i, codec := range strings.Fields(codecs) {
		kind := []string{"video", "audio"}[i]
		payload, _, _ := strings.Cut(lines[codec], " ")
		fmt.Fprintf(&b, "m=%s 9 UDP/TLS/RTP/SAVPF %s\r\nc=IN IP4 0.0.0.0\r\na=mid:%d\r\na=recvonly\r\na=rtcp-mux\r\na=ice-ufrag:abcd\r\n"+
			"a=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=setup:actpass\r\na=fingerprint:sha-256 %s\r\na=rtpmap:%s\r\n",
			kind, payload, i, strings.TrimSuffix(strings.Repeat("AB:", 32), ":"), lines[codec])
		if codec == "H264" {
			b.WriteString("a=fmtp:97 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n")
		}
	}
	return b.String()
}
