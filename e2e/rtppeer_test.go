//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// An rtpLine is an m-line of a peer that speaks RTP without ICE.
type rtpLine struct {
	kind, codec string // as "audio", "PCMU/8000"
	pt, port    int
	more        []string // attributes
}

// description is what a peer on loopback would say of itself.
func description(proto, direction string, lines ...rtpLine) string {
	out := []string{"v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"}
	for _, l := range lines {
		out = append(out, fmt.Sprintf("m=%s %d %s %d", l.kind, l.port, proto, l.pt), fmt.Sprintf("a=rtpmap:%d %s", l.pt, l.codec), "a="+direction)
		for _, text := range l.more {
			out = append(out, "a="+text)
		}
	}
	return strings.Join(out, "\r\n") + "\r\n"
}

var (
	mediaPort = regexp.MustCompile(`(?m)^m=(\w+) (\d+) `)
	cryptoKey = regexp.MustCompile(`(?m)^a=(crypto:\d+ \S+ inline:(\S+))\r$`)
)

// portOf is the port of an m-line in a description of the server.
func portOf(t *testing.T, sdp, kind string) int {
	t.Helper()
	for _, found := range mediaPort.FindAllStringSubmatch(sdp, -1) {
		if found[1] == kind {
			port, _ := strconv.Atoi(found[2])
			if port == 0 {
				t.Fatalf("%s was refused: %s", kind, sdp)
			}
			return port
		}
	}
	t.Fatalf("no %s in %s", kind, sdp)
	return 0
}

// A program is another media program that runs beside the server.
type program struct {
	t    *testing.T
	cmd  *exec.Cmd
	log  syncBuffer
	done chan error
}

// launch starts it. It is killed at the end of the test if it has not ended.
func launch(t *testing.T, name string, args ...string) *program {
	t.Helper()
	p := &program{t: t, cmd: exec.Command(name, args...), done: make(chan error, 1)}
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.done <- p.cmd.Wait() }()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		if t.Failed() {
			t.Logf("%s %s:\n%s", name, strings.Join(args, " "), p.log.String())
		}
	})
	return p
}

// wait returns when the program has ended as it should.
func (p *program) wait() {
	p.t.Helper()
	select {
	case err := <-p.done:
		if err != nil {
			p.t.Fatalf("%s: %v\n%s", p.cmd.Path, err, p.log.String())
		}
	case <-time.After(time.Minute):
		_ = p.cmd.Process.Signal(syscall.SIGQUIT)
		p.t.Fatalf("%s does not end\n%s", p.cmd.Path, p.log.String())
	}
}

// awaitListener waits until somebody has a UDP port on IPv4.
func awaitListener(t *testing.T, port int) {
	t.Helper()
	entry := fmt.Sprintf(":%04X ", port)
	eventually(t, 20*time.Second, fmt.Sprintf("a listener at port %d", port), func() bool {
		table, err := os.ReadFile("/proc/net/udp")
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(string(table), entry)
	})
}

// sendWith has ffmpeg send a test picture and a tone for some seconds, each to its port; srtp are options for SRTP.
func sendWith(t *testing.T, seconds int, video []string, videoPort int, audio []string, audioPort int, srtp ...string) *program {
	t.Helper()
	scheme := "rtp"
	if len(srtp) > 0 {
		scheme = "srtp"
	}
	out := func(port int) []string {
		return append(append([]string{"-t", strconv.Itoa(seconds), "-f", "rtp"}, srtp...), fmt.Sprintf("%s://127.0.0.1:%d", scheme, port))
	}
	args := []string{"-nostdin", "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=15", "-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"}
	args = append(append(append(args, "-map", "0:v"), video...), out(videoPort)...)
	args = append(append(append(args, "-map", "1:a"), audio...), out(audioPort)...)
	return launch(t, "ffmpeg", args...)
}

// receiveWith has ffmpeg write seconds of what comes by a description into a file.
func receiveWith(t *testing.T, sdp string, seconds int, file string) *program {
	t.Helper()
	path := filepath.Join(t.TempDir(), "receive.sdp")
	if err := os.WriteFile(path, []byte(sdp), 0o600); err != nil {
		t.Fatal(err)
	}
	p := launch(t, "ffmpeg", "-nostdin", "-v", "error", "-y", "-protocol_whitelist", "file,udp,rtp", "-analyzeduration", "2000000",
		"-i", path, "-map", "0", "-c", "copy", "-t", strconv.Itoa(seconds), file)
	for _, found := range mediaPort.FindAllStringSubmatch(sdp, -1) {
		port, _ := strconv.Atoi(found[2])
		awaitListener(t, port)
	}
	return p
}

// The options with which ffmpeg encodes.
var (
	withVP8  = []string{"-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "500k", "-g", "15", "-payload_type", "96"}
	withH264 = []string{"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-profile:v", "baseline", "-pix_fmt", "yuv420p", "-g", "15", "-payload_type", "96"}
	withOpus = []string{"-c:a", "libopus", "-ac", "2", "-b:a", "64k", "-payload_type", "97"}
	withPCMU = []string{"-c:a", "pcm_mulaw", "-ar", "8000", "-ac", "1", "-payload_type", "0"}
	withPCMA = []string{"-c:a", "pcm_alaw", "-ar", "8000", "-ac", "1", "-payload_type", "8"}
)

// streamsOf are the codecs in a file, which has to decode without a complaint and last for some seconds.
func streamsOf(t *testing.T, file string, seconds float64) string {
	t.Helper()
	if complaints := decode(t, file); complaints != "" {
		t.Errorf("ffmpeg complains of %s:\n%s", file, complaints)
	}
	info := probe(t, file)
	if info.Format.Duration < seconds {
		t.Errorf("%s lasts for %.2f s, want %.2f s", file, info.Format.Duration, seconds)
	}
	var codecs []string
	for _, s := range info.Streams {
		codecs = append(codecs, s.Codec)
	}
	return strings.Join(codecs, " ")
}
