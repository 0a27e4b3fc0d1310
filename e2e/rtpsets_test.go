//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"regexp"
	"testing"
)

var fmtpLine = regexp.MustCompile(`(?m)^a=(fmtp:96 .*sprop-parameter-sets=.*?)\r?$`)

// ffmpeg copies H.264 from a file whose parameter sets are in its header: they are in the description then, not in the
// stream. Who receives it from the server without having seen that description can decode it.
func TestRTPParameterSets(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	source, sdp, file := s.path("source.mp4"), s.path("source.sdp"), s.path("received.mkv")
	ffmpeg(t, "-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=15", "-t", "15", "-c:v", "libx264", "-profile:v", "baseline",
		"-pix_fmt", "yuv420p", "-g", "15", source)
	send := func(port int) []string {
		return []string{"-nostdin", "-v", "error", "-re", "-i", source, "-c", "copy", "-payload_type", "96", "-f", "rtp", "-sdp_file", sdp, fmt.Sprintf("rtp://127.0.0.1:%d", port)}
	}
	c := s.dial(t)
	pipeline := c.create("MediaPipeline", object{})
	from, to := c.create("RtpEndpoint", object{"mediaPipeline": pipeline}), c.create("RtpEndpoint", object{"mediaPipeline": pipeline})
	c.invoke(from, "connect", object{"sink": to})
	// What ffmpeg will say is known when it has begun to send, here to nobody.
	rehearsal := launch(t, "ffmpeg", send(freePair(t))...)
	var fmtp string
	eventually(t, flowTimeout, "ffmpeg's description", func() bool {
		text, err := os.ReadFile(sdp)
		if found := fmtpLine.FindSubmatch(text); err == nil && found != nil {
			fmtp = string(found[1])
		}
		return fmtp != ""
	})
	_ = rehearsal.cmd.Process.Kill()
	answer := c.invoke(from, "processOffer", object{"offer": description("RTP/AVP", "sendonly", rtpLine{"video", "H264/90000", 96, 9, []string{fmtp}})})
	video := rtpLine{"video", "H264/90000", 96, freePair(t), []string{"fmtp:96 packetization-mode=1"}}
	c.invoke(to, "processOffer", object{"offer": description("RTP/AVP", "recvonly", video)})
	receiver := receiveWith(t, description("RTP/AVP", "recvonly", video), 4, file)
	launch(t, "ffmpeg", send(portOf(t, answer, "video"))...)
	receiver.wait()
	if codecs := streamsOf(t, file, 3); codecs != "h264" {
		t.Errorf("received %s", codecs)
	}
}
