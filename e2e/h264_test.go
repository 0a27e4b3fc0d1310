//go:build e2e

package e2e

import (
	"path/filepath"
	"testing"
)

// H264 is decoded for those who do not take it: a film with B-frames is seen by a browser that takes VP8 only, its pictures in
// order, and in a Composite; and a browser that sends H264 is seen by the one that takes VP8.
func TestH264ForOthers(t *testing.T) {
	film := filepath.Join(t.TempDir(), "film.mp4")
	// Between a red and a blue edge something moves; below, a bar becomes brighter as time goes by.
	ffmpeg(t, "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30:duration=20", "-vf",
		"drawbox=0:0:40:180:color=0xE61414:t=fill,drawbox=280:0:40:180:color=0x1414E6:t=fill,"+
			"geq=lum='if(gt(Y,160)*gt(X,60)*lt(X,260),20+9*mod(T,20),lum(X,Y))':cb='if(gt(Y,80)*gt(X,30)*lt(X,130),128,cb(X,Y))':cr='if(gt(Y,80)*gt(X,30)*lt(X,130),128,cr(X,Y))',format=yuv420p",
		"-c:v", "libx264", "-profile:v", "high", "-bf", "3", "-b_strategy", "0", "-g", "60", film)
	type shown struct {
		Width, Height, Lost int
		Codec, Sent         string
		Forward, Back       int // how often the film's bar was brighter than before, and darker
	}
	t.Run("viewer", func(t *testing.T) {
		s := startServer(t)
		var result shown
		scenario(t, clients[0], "h264.js", map[string]any{"ws": s.url(), "uri": "file://" + film, "way": "film"}, &result)
		t.Logf("%+v", result)
		if result.Width != 320 || result.Height != 180 || result.Lost != 0 || result.Codec != "video/VP8" {
			t.Errorf("%+v", result)
		}
		if result.Forward < 5 || result.Back != 0 {
			t.Errorf("the film went on %d times and back %d times", result.Forward, result.Back)
		}
	})
	t.Run("published", func(t *testing.T) {
		s := startServer(t)
		var result shown
		scenario(t, clients[0], "h264.js", map[string]any{"ws": s.url(), "way": "published"}, &result)
		t.Logf("%+v", result)
		if result.Lost != 0 || result.Codec != "video/VP8" || result.Sent != "video/H264" {
			t.Errorf("%+v", result)
		}
	})
	t.Run("Composite", func(t *testing.T) {
		s := startServer(t)
		var result shown
		scenario(t, clients[0], "h264.js", map[string]any{"ws": s.url(), "uri": "file://" + film, "way": "mixed"}, &result)
		t.Logf("%+v", result)
		if result.Width != 640 || result.Height != 480 || result.Lost != 0 {
			t.Errorf("%+v", result)
		}
	})
	t.Run("WebM", func(t *testing.T) {
		s := startServer(t)
		c := s.dial(t)
		pipeline := c.create("MediaPipeline", nil)
		player := c.create("PlayerEndpoint", object{"mediaPipeline": pipeline, "uri": "file://" + film})
		file := s.path("film.webm")
		recorder := c.create("RecorderEndpoint", object{"mediaPipeline": pipeline, "uri": "file://" + file, "mediaProfile": "WEBM_VIDEO_ONLY"})
		c.subscribe(recorder, "Recording")
		c.invoke(player, "connect", object{"sink": recorder})
		c.invoke(recorder, "record", nil)
		c.invoke(player, "play", nil)
		c.event("Recording", answerTimeout)
		begun := c.position(player)
		eventually(t, answerTimeout, "three seconds of the film", func() bool { return c.position(player) > begun+3000 })
		c.invoke(recorder, "stopAndWait", nil)
		checkDecodes(t, file)
		info := probe(t, file)
		if len(info.Streams) != 1 || info.Streams[0].Codec != "vp8" || info.Format.Duration < 2 {
			t.Errorf("%+v", info)
		}
	})
}
