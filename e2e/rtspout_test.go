//go:build e2e

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// Chromium publishes through the client, and ffmpeg plays that over RTSP, over both transports, with nothing lost.
func TestRTSPPlayers(t *testing.T) {
	t.Parallel()
	for _, codec := range []string{"VP8", "H264"} {
		t.Run(codec, func(t *testing.T) {
			t.Parallel()
			s, port := newServer(t, freePort(t)), freePort(t)
			const token = "a-token-of-the-test"
			main := s.writeConfig()
			writeFile(t, main, fmt.Sprintf(`{"mediaServer": {"net": {"websocket": {"port": %d, "path": "kurento"}},
				"streams": {"access": "token", "token": %q, "rtspPort": %d}}}`, s.port, token, port))
			s.start("-f", main)
			eventually(t, startTimeout, "the server's first pong", s.pongs)
			var played string
			scenario(t, clients[0], "rtspout.js", map[string]any{"ws": s.url(), "codec": "video/" + codec}, &played, func(mux *http.ServeMux) {
				mux.HandleFunc("/player", func(w http.ResponseWriter, _ *http.Request) {
					for _, transport := range []string{"tcp", "udp"} {
						out, err := exec.Command("ffmpeg", "-v", "error", "-rtsp_transport", transport,
							"-i", fmt.Sprintf("rtsp://anybody:%s@127.0.0.1:%d/the%%20camera", token, port),
							"-map", "0:v", "-map", "0:a", "-frames:v", "90", "-progress", "-", "-f", "null", "-").CombinedOutput()
						fmt.Fprintf(w, "%s %v\n", transport, err)
						_, _ = w.Write(out)
						_, _ = io.WriteString(w, "\n") // the page has gone otherwise, and the test fails
					}
				})
			})
			if n := strings.Count(played, "frame=90\n"); n < 2 || strings.Count(played, "<nil>") != 2 {
				t.Errorf("played %d times: %s", n, played)
			}
			for line := range strings.Lines(played) {
				if strings.TrimSpace(line) != "" && !strings.Contains(line, "=") && !strings.HasSuffix(line, "<nil>\n") {
					t.Errorf("ffmpeg complains: %s", line)
				}
			}
			eventually(t, answerTimeout, "the end of both players", func() bool { return strings.Count(s.log.String(), `"message":"player leaves"`) == 2 })
			if strings.Contains(s.log.String(), token) {
				t.Error("the token is in the log")
			}
		})
	}
}
