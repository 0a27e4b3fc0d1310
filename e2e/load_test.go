//go:build e2e

package e2e

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// Ten viewers on Pion's stack, which ask for no retransmission, get every packet of a publisher.
func TestFanOutLosesNothing(t *testing.T) {
	s := startServer(t)
	const viewers = 10
	out, err := exec.Command(filepath.Join(env.bin, "rivero-load"), "-mode", "fanout", "-viewers", strconv.Itoa(viewers),
		"-duration", "5s", "-bitrate", "500000", "-url", s.url(), "-json").CombinedOutput()
	if err != nil {
		t.Fatalf("rivero-load: %v\n%s", err, out)
	}
	var report struct {
		Connected int
		Expected  int64 `json:"expected_packets"`
		Delivered int64 `json:"delivered_packets"`
		Unknown   int64 `json:"unknown_packets"`
		Malformed int64 `json:"malformed_packets"`
	}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	// 5 s of 50 audio packets per second alone are 250 for each viewer.
	if report.Connected != viewers || report.Expected < 250*viewers {
		t.Errorf("%d viewers, %d packets expected:\n%s", report.Connected, report.Expected, out)
	}
	if report.Delivered != report.Expected || report.Unknown != 0 || report.Malformed != 0 {
		t.Errorf("%d of %d packets delivered, %d unknown, %d malformed:\n%s",
			report.Delivered, report.Expected, report.Unknown, report.Malformed, out)
	}
	t.Logf("%d of %d packets delivered to %d viewers", report.Delivered, report.Expected, viewers)
}
