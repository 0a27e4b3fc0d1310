//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// A loadReport is what the load tester counted.
type loadReport struct {
	Connected int
	Expected  int64 `json:"expected_packets"`
	Delivered int64 `json:"delivered_packets"`
	Unknown   int64 `json:"unknown_packets"`
	Malformed int64 `json:"malformed_packets"`
	Guests    int
	Interval  struct { // from one picture to the next
		P50 float64 `json:"p50_ms"`
	} `json:"picture_interval"`
	text string
}

// startLoad starts the load tester; what it returns waits for its end.
func startLoad(t *testing.T, s *server, args ...string) func() loadReport {
	t.Helper()
	cmd := exec.Command(filepath.Join(env.bin, "rivero-load"), append(args, "-url", s.url(), "-json")...)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	waited := false
	t.Cleanup(func() {
		if !waited {
			_ = cmd.Process.Kill()
			<-ended
		}
	})
	return func() loadReport {
		t.Helper()
		waited = true
		if err := <-ended; err != nil {
			t.Fatalf("rivero-load: %v\n%s%s", err, out.String(), problems.String())
		}
		r := loadReport{text: out.String()}
		if err := json.Unmarshal(out.Bytes(), &r); err != nil {
			t.Fatalf("%v in %s", err, out.String())
		}
		return r
	}
}

// Ten viewers on Pion's stack, which ask for no retransmission, get every packet of a publisher.
func TestFanOutLosesNothing(t *testing.T) {
	s := startServer(t)
	const viewers = 10
	r := startLoad(t, s, "-mode", "fanout", "-viewers", strconv.Itoa(viewers), "-duration", "5s", "-bitrate", "500000")()
	// 5 s of 50 audio packets per second alone are 250 for each viewer.
	if r.Connected != viewers || r.Expected < 250*viewers {
		t.Errorf("%d viewers, %d packets expected:\n%s", r.Connected, r.Expected, r.text)
	}
	if r.Delivered != r.Expected || r.Unknown != 0 || r.Malformed != 0 {
		t.Errorf("%d of %d packets delivered, %d unknown, %d malformed:\n%s", r.Delivered, r.Expected, r.Unknown, r.Malformed, r.text)
	}
	t.Logf("%d of %d packets delivered to %d viewers", r.Delivered, r.Expected, viewers)
}

// Members of a Composite get pictures at its rate while guests come and go.
func TestCompositeWithGuests(t *testing.T) {
	s := startServer(t)
	clip := filepath.Join(t.TempDir(), "clip.webm")
	ffmpeg(t, "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-f", "lavfi", "-i", "sine", "-t", "4",
		"-c:v", "libvpx", "-b:v", "300k", "-g", "50", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus", clip)
	r := startLoad(t, s, "-mode", "composite", "-viewers", "3", "-clip", clip, "-picture", "640x360@25", "-picture-bitrate", "1000000",
		"-duration", "6s")()
	t.Log(r.text)
	if r.Connected != 3 || r.Guests < 2 {
		t.Errorf("%d members, %d guests", r.Connected, r.Guests)
	}
	if r.Interval.P50 < 35 || r.Interval.P50 > 50 {
		t.Errorf("%.1f ms from one picture to the next, want 40", r.Interval.P50)
	}
}
