//go:build e2e

package e2e

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Without any configuration the server answers its first ping within 300 ms of exec. The best of some starts counts, because the
// machine may be busy with other things.
func TestFirstPing(t *testing.T) {
	port, args := 8888, []string(nil)
	if l, err := net.Listen("tcp", ":8888"); err != nil {
		t.Logf("the default port is taken (%v): starting with a configuration that names another", err)
		port = freePort(t)
		args = []string{"-f", newServer(t, port).writeConfig()}
	} else if err := l.Close(); err != nil {
		t.Fatal(err)
	}

	const limit, starts = 300 * time.Millisecond, 5
	attempt := time.NewTicker(time.Millisecond)
	defer attempt.Stop()
	best := time.Hour
	for range starts {
		s := newServer(t, port)
		begin := time.Now()
		s.start(args...)
		for !s.pongs() {
			if time.Since(begin) > startTimeout {
				t.Fatalf("no pong after %v", startTimeout)
			}
			<-attempt.C
		}
		best = min(best, time.Since(begin))
		s.stop()
	}
	if best > limit {
		t.Errorf("first pong after %v, want within %v", best, limit)
	}
	t.Logf("first pong after %v", best)
}

// SIGTERM ends a server in the middle of its work with status 0, and what it was recording is a complete file.
func TestSIGTERMFinishesRecordings(t *testing.T) {
	s := startServer(t)
	recording := s.path("recording.webm")
	since := recordTwoSeconds(t, s, recording)
	s.stop()

	info := probe(t, recording)
	if recorded := time.Since(since).Seconds(); info.Format.Duration < 1.5 || info.Format.Duration > recorded+0.5 {
		t.Errorf("the recording says it lasts %.2f s, recorded were %.2f s", info.Format.Duration, recorded)
	}
	if complaints := decode(t, recording); complaints != "" {
		t.Errorf("ffmpeg complains:\n%s", complaints)
	}
}

// What a server was recording when it was killed can be played up to about a second before.
func TestAKilledServerLeavesAPlayableRecording(t *testing.T) {
	s := startServer(t)
	recording := s.path("recording.webm")
	recordTwoSeconds(t, s, recording)
	s.stopped = true // not asked to end
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-s.exited
	if complaints := decode(t, recording); complaints != "" {
		t.Errorf("ffmpeg complains:\n%s", complaints)
	}
	frames := len(videoLuma(t, recording))
	if frames < 20 { // of 50
		t.Errorf("%d frames are left of two seconds", frames)
	}
	t.Logf("%d frames", frames)
}

// recordTwoSeconds has the server record what it plays, and sends it to an endpoint too. It returns when two seconds were
// played, with the time of the beginning.
func recordTwoSeconds(t *testing.T, s *server, recording string) (since time.Time) {
	t.Helper()
	clip := s.path("clip.webm")
	ffmpeg(t, "-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x180:rate=25", "-f", "lavfi", "-i", "sine",
		"-t", "20", "-c:v", "libvpx", "-deadline", "realtime", "-g", "25", "-c:a", "libopus", clip)

	c := s.dial(t)
	pipeline := c.create("MediaPipeline", object{})
	player := c.create("PlayerEndpoint", object{"mediaPipeline": pipeline, "uri": "file://" + clip})
	recorder := c.create("RecorderEndpoint", object{"mediaPipeline": pipeline, "uri": "file://" + recording, "mediaProfile": "WEBM"})
	webrtc := c.create("WebRtcEndpoint", object{"mediaPipeline": pipeline})
	c.invoke(player, "connect", object{"sink": recorder})
	c.invoke(player, "connect", object{"sink": webrtc})
	c.invoke(webrtc, "generateOffer", object{})
	c.invoke(webrtc, "gatherCandidates", object{})
	c.subscribe(recorder, "Recording")
	c.invoke(recorder, "record", object{})
	c.invoke(player, "play", object{})
	c.event("Recording", answerTimeout)
	since = time.Now()
	eventually(t, answerTimeout, "two seconds of the clip", func() bool { return c.position(player) > 2000 })
	return since
}

// The port of the control protocol answers plain HTTP as its users expect.
func TestHTTPOnTheSamePort(t *testing.T) {
	s := startServer(t)
	get := func(path string, header http.Header) (int, string) {
		t.Helper()
		req, err := http.NewRequest(http.MethodGet, s.page()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, values := range header {
			req.Header[name] = values
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}

	if status, body := get("", nil); status != http.StatusOK || !strings.Contains(body, "<title>Rivero playground</title>") {
		t.Errorf("GET /: %d %.100s", status, body)
	}
	if status, body := get("vendor/kurento-client.js", nil); status != http.StatusOK || len(body) < 1_000_000 {
		t.Errorf("GET the client: %d, %d bytes", status, len(body))
	}
	if status, _ := get("kurento", nil); status != http.StatusUpgradeRequired {
		t.Errorf("GET /kurento without upgrade: %d, want 426", status)
	}
	// Kurento's docker health check sends no Sec-WebSocket-Version and is content with exactly this status.
	upgrade := http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Origin": {"127.0.0.1"}}
	if status, _ := get("kurento", upgrade); status != http.StatusInternalServerError {
		t.Errorf("health check: %d, want 500", status)
	}
}
