package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/cmd/rivero-load/internal/fakekurento"
	"github.com/rivero-media/rivero/cmd/rivero-load/internal/load"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestCallChecker uses the command as the usage text proposes, against servers that work and do not.
func TestCallChecker(t *testing.T) {
	for name, test := range map[string]struct {
		faults fakekurento.Faults
		want   int
	}{
		"good":          {fakekurento.Faults{}, exitOK},
		"no media":      {fakekurento.Faults{Mute: true}, exitFailed},
		"offer refused": {fakekurento.Faults{RejectOffers: true}, exitFailed},
	} {
		t.Run(name, func(t *testing.T) {
			s := fakekurento.New(t, test.faults)
			var stdout, stderr bytes.Buffer
			status := run(t.Context(), strings.Fields("-json -mode loopback -calls 1 -interface lo -warmup 0s "+
				"-duration 300ms -timeout 2s -url "+s.URL), &stdout, &stderr)
			if status != test.want {
				t.Errorf("exit status %d, want %d\n%s%s", status, test.want, stdout.String(), stderr.String())
			}
			var report load.Report
			if err := json.Unmarshal(stdout.Bytes(), &report); err != nil {
				t.Fatalf("%v in %s", err, stdout.String())
			}
			if ok := report.Failed == 0 && report.Delivered > 0; ok != (test.want == exitOK) {
				t.Errorf("report %s", stdout.String())
			}
		})
	}
}

func TestTable(t *testing.T) {
	s := fakekurento.New(t, fakekurento.Faults{})
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), strings.Fields("-viewers 1 -interface lo -warmup 0s -duration 300ms -verbose -url "+s.URL), &stdout, &stderr)
	if status != exitOK || !strings.HasPrefix(stdout.String(), "1 publisher to 1 viewers at ws://") {
		t.Errorf("exit status %d\n%s", status, stdout.String())
	}
	if !strings.Contains(stderr.String(), "calls are up") {
		t.Errorf("log: %s", stderr.String())
	}
}

func TestUsage(t *testing.T) {
	for args, want := range map[string]int{
		"-h":                          exitOK,
		"-nonsense":                   exitUsage,
		"fanout":                      exitUsage,
		"-mode mixer":                 exitUsage,
		"-srtp none":                  exitUsage,
		"-calls 0 -mode loopback":     exitUsage,
		"-url http://localhost":       exitUsage,
		"-url ws://127.0.0.1:1/x":     exitFailed,
		"-clip /does/not/exist":       exitFailed,
		"-pid 1073741824 -viewers 1":  exitFailed,
		"-duration 0s -mode loopback": exitUsage,
	} {
		var stdout, stderr bytes.Buffer
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		if got := run(ctx, strings.Fields(args), &stdout, &stderr); got != want || stderr.Len() == 0 || stdout.Len() > 0 {
			t.Errorf("%s: exit status %d, want %d\n%s%s", args, got, want, stdout.String(), stderr.String())
		}
		cancel()
	}
}

func TestParse(t *testing.T) {
	s, err := parse(strings.Fields("-mode loopback -calls 7 -viewers 9 -srtp aes-gcm -interface eth0,lo -ramp 0"), &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	o := s.options
	if o.Calls != 7 || !o.Peer.GCM || len(o.Peer.Interfaces) != 2 || o.Ramp != 0 || o.Mode != load.Loopback {
		t.Errorf("got %+v", o)
	}
	if s, err = parse([]string{"-viewers", "9"}, &bytes.Buffer{}); err != nil || s.options.Calls != 9 {
		t.Errorf("viewers: %+v, %v", s, err)
	}
	if _, err := parse([]string{"-help"}, &bytes.Buffer{}); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("help: %v", err)
	}
}
