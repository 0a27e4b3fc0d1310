//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// A server is one running rivero with its own configuration, ports and folder for recordings.
type server struct {
	t       *testing.T
	cmd     *exec.Cmd
	log     *syncBuffer
	exited  chan error
	port    int
	files   string // folder for media, the default of uris without a scheme
	program string // rivero, or another with more classes

	stopped bool
}

// Limits of start and stop, with room for a machine that runs Chromium at the same time.
const (
	startTimeout = 10 * time.Second
	stopTimeout  = 10 * time.Second
)

// startServer starts the real binary and waits for its first answer. When the test ends the server gets SIGTERM and must
// exit with status 0; its log is printed if the test failed.
func startServer(t *testing.T) *server {
	t.Helper()
	s := newServer(t, freePort(t))
	s.start("-f", s.writeConfig())
	eventually(t, startTimeout, "the server's first pong", s.pongs)
	return s
}

func newServer(t *testing.T, port int) *server {
	return &server{t: t, log: &syncBuffer{}, exited: make(chan error, 1), port: port, files: t.TempDir(), program: filepath.Join(env.bin, "rivero")}
}

// start executes the binary.
func (s *server) start(args ...string) {
	s.t.Helper()
	s.startWith(nil, args...)
}

// startWith is start with further variables.
func (s *server) startWith(variables []string, args ...string) {
	s.t.Helper()
	s.cmd = exec.Command(s.program, args...)
	s.cmd.Env = append(os.Environ(), variables...)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() { s.exited <- s.cmd.Wait() }()
	s.t.Cleanup(s.stop)
}

func (s *server) writeConfig() string {
	folder := s.t.TempDir()
	main := filepath.Join(folder, "kurento.conf.json")
	for path, text := range map[string]string{
		main: fmt.Sprintf(`{"mediaServer": {"net": {"websocket": {"port": %d, "path": "kurento"}}}}`, s.port),
		filepath.Join(folder, "modules", "kurento", "UriEndpoint.conf.ini"):  "defaultPath=file://" + s.files + "\n",
		filepath.Join(folder, "modules", "kurento", "HttpEndpoint.conf.ini"): "serverAddress=127.0.0.1\nserverPort=0\n", // servers run side by side
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
	return main
}

// stop asks the server to end and checks that it ends well. A second time does nothing.
func (s *server) stop() {
	if s.stopped {
		return
	}
	s.stopped = true
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Errorf("SIGTERM: %v", err)
	}
	select {
	case err := <-s.exited:
		if err != nil {
			s.t.Errorf("the server ended with %v, want status 0", err)
		}
	case <-time.After(stopTimeout):
		s.t.Errorf("the server still runs %v after SIGTERM", stopTimeout)
		_ = s.cmd.Process.Kill()
		<-s.exited
	}
	if s.t.Failed() {
		s.t.Logf("log of the server:\n%s", s.log.String())
	}
}

// url is the address of the control protocol.
func (s *server) url() string { return fmt.Sprintf("ws://127.0.0.1:%d/kurento", s.port) }

// page is the address of the playground.
func (s *server) page() string { return fmt.Sprintf("http://127.0.0.1:%d/", s.port) }

// path is a file in the server's media folder.
func (s *server) path(name string) string { return filepath.Join(s.files, name) }

// dial opens a connection for raw messages.
func (s *server) dial(t *testing.T) *rawConn {
	t.Helper()
	ws, _, err := websocket.DefaultDialer.Dial(s.url(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.Close() })
	return &rawConn{t: t, ws: ws}
}

func (s *server) pongs() bool {
	ws, _, err := websocket.DefaultDialer.Dial(s.url(), nil)
	if err != nil {
		return false
	}
	defer ws.Close()
	_ = ws.SetReadDeadline(time.Now().Add(time.Second))
	if err := ws.WriteMessage(websocket.TextMessage, []byte(`{"jsonrpc":"2.0","id":1,"method":"ping"}`)); err != nil {
		return false
	}
	_, answer, err := ws.ReadMessage()
	return err == nil && strings.Contains(string(answer), `"pong"`)
}

// openFiles counts the file descriptors of the server's process, sockets included.
func (s *server) openFiles() int {
	entries, err := os.ReadDir("/proc/" + strconv.Itoa(s.cmd.Process.Pid) + "/fd")
	if err != nil {
		s.t.Fatal(err)
	}
	return len(entries)
}

// syncBuffer collects the output of a process while tests may read it.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
