//go:build e2e

package e2e

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// gstSuites are the suites and what GStreamer calls their parts. It knows those with 256 bits, which ffmpeg does not.
var gstSuites = map[string]struct{ cipher, auth, inSDP string }{
	"AES_128_CM_HMAC_SHA1_80": {"aes-128-icm", "hmac-sha1-80", "AES_CM_128_HMAC_SHA1_80"},
	"AES_128_CM_HMAC_SHA1_32": {"aes-128-icm", "hmac-sha1-32", "AES_CM_128_HMAC_SHA1_32"},
	"AES_256_CM_HMAC_SHA1_80": {"aes-256-icm", "hmac-sha1-80", "AES_256_CM_HMAC_SHA1_80"},
	"AES_256_CM_HMAC_SHA1_32": {"aes-256-icm", "hmac-sha1-32", "AES_256_CM_HMAC_SHA1_32"},
}

func needGStreamer(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("gst-launch-1.0"); err != nil {
		t.Skip("no gst-launch-1.0: apt-get install gstreamer1.0-tools gstreamer1.0-plugins-good gstreamer1.0-plugins-bad")
	}
}

// GStreamer sends VP8 to the server, which records it.
func TestRTPFromGStreamer(t *testing.T) {
	t.Parallel()
	needGStreamer(t)
	for suite, names := range gstSuites {
		t.Run(suite, func(t *testing.T) {
			s := startServer(t)
			c := s.dial(t)
			pipeline := c.create("MediaPipeline", object{})
			from := c.create("RtpEndpoint", object{"mediaPipeline": pipeline, "crypto": object{"crypto": suite}})
			file := s.path("gstreamer.webm")
			recorder := c.create("RecorderEndpoint", object{"mediaPipeline": pipeline, "uri": "file://" + file, "mediaProfile": "WEBM_VIDEO_ONLY"})
			c.invoke(from, "connect", object{"sink": recorder})
			c.subscribe(recorder, "Recording")
			key := make([]byte, 30)
			if strings.Contains(suite, "256") {
				key = make([]byte, 46)
			}
			key[0] = 0x47 // GStreamer takes a key of zeros for none
			crypto := "crypto:1 " + names.inSDP + " inline:" + base64.StdEncoding.EncodeToString(key)
			answer := c.invoke(from, "processOffer", object{"offer": description("RTP/SAVP", "sendonly", rtpLine{"video", "VP8/90000", 96, 9, []string{crypto}})})
			c.invoke(recorder, "record", nil)
			sender := launch(t, "gst-launch-1.0", "-q", "videotestsrc", "num-buffers=75", "is-live=true", "!", "video/x-raw,width=320,height=240,framerate=15/1", "!",
				"vp8enc", "deadline=1", "keyframe-max-dist=15", "!", "rtpvp8pay", "pt=96", "!",
				"srtpenc", "key="+hex.EncodeToString(key), "rtp-cipher="+names.cipher, "rtp-auth="+names.auth, "rtcp-cipher="+names.cipher, "rtcp-auth="+names.auth, "!",
				"udpsink", "host=127.0.0.1", fmt.Sprint("port=", portOf(t, answer, "video")))
			c.event("Recording", flowTimeout)
			sender.wait()
			c.invoke(recorder, "stopAndWait", nil)
			if codecs := streamsOf(t, file, 3); codecs != "vp8" {
				t.Errorf("recorded %s", codecs)
			}
		})
	}
}

var ssrcLine = regexp.MustCompile(`(?m)^a=ssrc:(\d+) `)

// The server sends a file to GStreamer, which opens and writes it.
func TestRTPToGStreamer(t *testing.T) {
	t.Parallel()
	needGStreamer(t)
	for suite, names := range gstSuites {
		t.Run(suite, func(t *testing.T) {
			s := startServer(t)
			source, file := s.path("source.webm"), s.path("received.webm")
			ffmpeg(t, "-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=15", "-t", "10", "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-g", "15", source)
			c := s.dial(t)
			pipeline := c.create("MediaPipeline", object{})
			to := c.create("RtpEndpoint", object{"mediaPipeline": pipeline, "crypto": object{"crypto": suite}})
			player := c.create("PlayerEndpoint", object{"mediaPipeline": pipeline, "uri": "file://" + source})
			c.invoke(player, "connect", object{"sink": to})
			port, length := freePair(t), 30
			if strings.Contains(suite, "256") {
				length = 46
			}
			theirs := "crypto:1 " + names.inSDP + " inline:" + base64.StdEncoding.EncodeToString(make([]byte, length))
			answer := c.invoke(to, "processOffer", object{"offer": description("RTP/SAVP", "recvonly", rtpLine{"video", "VP8/90000", 96, port, []string{theirs}})})
			key, err := base64.StdEncoding.DecodeString(cryptoKey.FindStringSubmatch(answer)[2])
			if err != nil {
				t.Fatal(err)
			}
			ssrc := ssrcLine.FindStringSubmatch(answer)[1]
			caps := "application/x-srtp,media=video,clock-rate=90000,encoding-name=VP8,payload=96,ssrc=(uint)" + ssrc + ",roc=(uint)0,srtp-key=(buffer)" + hex.EncodeToString(key) +
				",srtp-cipher=(string)" + names.cipher + ",srtp-auth=(string)" + names.auth + ",srtcp-cipher=(string)" + names.cipher + ",srtcp-auth=(string)" + names.auth
			receiver := launch(t, "gst-launch-1.0", "-q", "-e", "udpsrc", "address=127.0.0.1", "port="+strconv.Itoa(port), "num-buffers=120", "caps="+caps, "!",
				"srtpdec", "!", "rtpjitterbuffer", "mode=none", "!", "rtpvp8depay", "!", "webmmux", "!", "filesink", "location="+file)
			awaitListener(t, port)
			c.invoke(player, "play", nil)
			receiver.wait()
			if codecs := streamsOf(t, file, 1); codecs != "vp8" {
				t.Errorf("received %s", codecs)
			}
		})
	}
}
