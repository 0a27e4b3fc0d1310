//go:build e2e

package e2e

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The program in the README is the one in examples/, and it works.
func TestExampleLoopback(t *testing.T) {
	s := startServer(t)
	folder := filepath.Join(env.root, "examples", "loopback")
	readme, program := read(t, filepath.Join(env.root, "README.md")), read(t, filepath.Join(folder, "loopback.js"))
	if !strings.Contains(readme, "```js\n"+program+"```\n") {
		t.Error("README.md does not show examples/loopback/loopback.js")
	}

	// The example names the default port; this server has another.
	pages := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := "index.html"
		if r.URL.Path == "/loopback.js" {
			name = "loopback.js"
			w.Header().Set("Content-Type", "text/javascript")
		}
		text := strings.ReplaceAll(read(t, filepath.Join(folder, name)), "localhost:8888", "localhost:"+strconv.Itoa(s.port))
		_, _ = w.Write([]byte(text))
	}))
	t.Cleanup(pages.Close)
	var picture struct{ Width, Height int }
	runNode(t, &picture, "browser/video.js", encode(t, map[string]any{"chromium": env.chromium, "url": pages.URL}))
	if picture.Width == 0 || picture.Height == 0 {
		t.Errorf("picture %d×%d", picture.Width, picture.Height)
	}
}

// The Go client plays a file to its end and counts what came.
func TestExampleClientGo(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	file := s.path("clip.webm")
	ffmpeg(t, "-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x180:rate=25", "-f", "lavfi", "-i", "sine",
		"-t", "4", "-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus", file)

	program := filepath.Join(env.bin, "client-go")
	build := exec.Command("go", "build", "-o", program, "./examples/client-go")
	build.Dir = env.root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out := run(t, program, "-server", s.url(), "-uri", "file://"+file)
	counts := regexp.MustCompile(`(\d+) audio packets, (\d+) video packets, \d+ kB\nend of stream\n$`).FindStringSubmatch(out)
	if counts == nil {
		t.Fatalf("the program said:\n%s", out)
	}
	// 4 s are 200 audio packets and 100 frames; what comes before the connection is there is missed, on a busy machine half of it.
	audio, _ := strconv.Atoi(counts[1])
	video, _ := strconv.Atoi(counts[2])
	if audio < 100 || video < 50 {
		t.Errorf("%d audio packets, %d video packets:\n%s", audio, video, out)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
