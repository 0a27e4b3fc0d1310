//go:build e2e

package e2e

import (
	"os/exec"
	"testing"

	"github.com/rivero-media/rivero/elements/player/rtsp/rtsptest"
)

// filmWithCamera has ffmpeg publish H264, of a profile as cameras have it and with parameter sets in the SDP alone, and Opus.
func filmWithCamera(t *testing.T, c *rtsptest.Camera) {
	t.Helper()
	cmd := exec.Command("ffmpeg", "-nostdin", "-re", "-f", "lavfi", "-i", "testsrc=size=320x180:rate=25", "-f", "lavfi", "-i", "sine=sample_rate=48000",
		"-c:v", "libx264", "-profile:v", "high", "-pix_fmt", "yuv420p", "-preset", "ultrafast", "-x264-params", "8x8dct=1:cabac=1", "-bf", "0", "-g", "25",
		"-c:a", "libopus", "-ac", "2", "-f", "rtsp", "-rtsp_transport", "tcp", c.URI())
	log := &syncBuffer{}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("ffmpeg says:\n%s", log.String())
		}
	})
	eventually(t, startTimeout, "the camera's picture", c.Shows)
}

// point publishes an IP camera as a participant.
func (o *openvidu) point(stream, uri string) *participant {
	o.t.Helper()
	p := &participant{stream: stream}
	p.source = o.create("PlayerEndpoint", object{
		"mediaPipeline": o.room, "uri": uri, "useEncodedMedia": true, "networkCache": 1000,
	})
	o.subscribe(p.source, "Error")
	p.pass = o.create("PassThrough", object{"mediaPipeline": o.room})
	p.errors = o.subscribe(p.pass, "Error")
	o.invoke(p.source, "setName", object{"name": stream})
	for _, kind := range []string{"EndOfStream", "UriEndpointStateChanged", "ElementConnected", "ElementDisconnected"} {
		o.subscribe(p.source, kind)
	}
	for _, kind := range o.flow.events {
		switch kind {
		case "MediaFlowInStateChange", "MediaFlowOutStateChange", "MediaTranscodingStateChange",
			"MediaFlowInStateChanged", "MediaFlowOutStateChanged", "MediaTranscodingStateChanged":
			o.subscribe(p.source, kind)
		}
	}
	o.invoke(p.source, "connect", object{"sink": p.pass})
	o.invoke(p.source, "play", object{})
	return p
}

// An RTSP camera is a participant: whoever watches sees it, whoever comes late too, and after it was stopped for want of
// viewers it plays again.
func TestOpenViduCamera(t *testing.T) {
	t.Parallel()
	for name, udp := range map[string]bool{"UDP": true, "TCP": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachFlow(t, func(t *testing.T, f flow) {
				c := rtsptest.Start(t, rtsptest.Options{UDP: udp})
				filmWithCamera(t, c)
				s := startServer(t)
				o := startOpenVidu(t, f, s.dialWebSocket(t))
				camera := o.point("camera", c.URI())
				first := o.watch("alice", camera)
				first.browser.sees(first.name)
				late := o.watch("bob", camera)
				late.browser.sees(late.name)
				o.await(camera.source, "UriEndpointStateChanged", "state", "START")

				o.invoke(camera.source, "stop", object{})
				first.browser.quiet("pictures for "+first.name, &first.browser.video)
				o.invoke(camera.source, "play", object{})
				first.browser.sees(first.name)
				late.browser.sees(late.name)
				o.leave(camera)
			})
		})
	}
}
