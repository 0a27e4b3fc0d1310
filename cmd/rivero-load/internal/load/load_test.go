package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/cmd/rivero-load/internal/fakekurento"
	"github.com/rivero-media/rivero/cmd/rivero-load/internal/kurento"
	"github.com/rivero-media/rivero/cmd/rivero-load/internal/peer"
	"github.com/rivero-media/rivero/internal/fftest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// options are those of a short run against a fake server, on the loopback interface only.
func options(s *fakekurento.Server, mode Mode, calls int) Options {
	return Options{
		URL: s.URL, Mode: mode, Calls: calls, Bitrate: 600_000,
		Duration: 700 * time.Millisecond, Timeout: 20 * time.Second, Ramp: 50,
		Peer: peer.Options{Interfaces: []string{"lo"}},
	}
}

// runOnce runs and checks that the server has been left as it was found.
func runOnce(t *testing.T, s *fakekurento.Server, o Options) *Report {
	t.Helper()
	report, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if n := s.Objects(); n != 0 || s.SessionsClosed() != 1 {
		t.Errorf("%d objects left, %d sessions closed", n, s.SessionsClosed())
	}
	var table bytes.Buffer
	if err := report.WriteTable(&table); err != nil {
		t.Error(err)
	}
	t.Log(table.String())
	if _, err := json.Marshal(report); err != nil {
		t.Errorf("report as JSON: %v", err)
	}
	return report
}

func TestFanout(t *testing.T) {
	s := fakekurento.New(t, fakekurento.Faults{})
	o := options(s, Fanout, 3)
	if runtime.GOOS == "linux" {
		o.PID = os.Getpid()
	}
	r := runOnce(t, s, o)
	if !r.OK() || r.Connected != 3 || r.Failed != 0 {
		t.Fatalf("report %+v", r)
	}
	// Three viewers, 50 audio and at least 30 video packets per second each, for 0.7 s; less a few.
	if least := int64(150); r.Expected < least || r.Delivered != r.Expected || r.Unknown != 0 || r.Malformed != 0 {
		t.Errorf("expected %d (at least %d), delivered %d, unknown %d", r.Expected, least, r.Delivered, r.Unknown)
	}
	if r.Latency == nil || r.Latency.P50 <= 0 || r.Latency.P50 > 200 || r.FirstVideo == nil || r.FirstVideo.P50 <= 0 {
		t.Errorf("latency %+v, first video %+v", r.Latency, r.FirstVideo)
	}
	if o.PID != 0 && (r.Server.CPUMicrosPerPacket <= 0 || r.Server.RSSConnected < 1<<20 || r.Server.RSSBefore < 1<<20) {
		t.Errorf("server %+v", r.Server)
	}
}

// TestComposed runs against a server whose ports give everybody what he sends: what counts here is who comes and goes, and how
// the pictures are timed.
func TestComposed(t *testing.T) {
	s := fakekurento.New(t, fakekurento.Faults{})
	o := options(s, Composed, 2)
	o.Clip = fftest.Shared(t, "media/av6.webm")
	o.Picture = Picture{Width: 640, Height: 360, Rate: 25, Bitrate: 1_000_000}
	o.Duration = 2500 * time.Millisecond
	r := runOnce(t, s, o)
	if !r.OK() || r.Connected != 2 || r.Guests < 1 {
		t.Fatalf("report %+v", r)
	}
	if q := r.PictureInterval; q == nil || q.P50 < 55 || q.P50 > 80 {
		t.Errorf("intervals of a clip of 15 pictures a second: %+v", q)
	}
	if r.Expected != 0 {
		t.Errorf("%d packets are expected", r.Expected)
	}
	o.Clip = ""
	if _, err := Run(t.Context(), o); !errors.Is(err, ErrOption) {
		t.Errorf("a clip that cannot be decoded: %v", err)
	}
}

func TestLoopbackOfRealClip(t *testing.T) {
	s := fakekurento.New(t, fakekurento.Faults{OldEvents: true})
	o := options(s, Loopback, 2)
	o.Clip = fftest.Shared(t, "media/av6.webm")
	r := runOnce(t, s, o)
	if !r.OK() || r.Connected != 2 || r.Delivered != r.Expected || r.Expected < 60 {
		t.Errorf("report %+v", r)
	}
}

// TestLossIsMeasured loses every 20th packet, the first one behind the first key frame, and looks for 5 % in the report.
func TestLossIsMeasured(t *testing.T) {
	s := fakekurento.New(t, fakekurento.Faults{LoseEach: 20})
	o := options(s, Loopback, 2)
	o.Duration = 1500 * time.Millisecond
	r := runOnce(t, s, o)
	if !r.OK() || r.LossPercent < 4 || r.LossPercent > 6 {
		t.Errorf("loss %.2f %%, failed %d", r.LossPercent, r.Failed)
	}
}

// TestLatencyIsMeasured holds each packet back for 150 ms.
func TestLatencyIsMeasured(t *testing.T) {
	s := fakekurento.New(t, fakekurento.Faults{Delay: 150 * time.Millisecond})
	r := runOnce(t, s, options(s, Loopback, 1))
	if !r.OK() || r.Delivered != r.Expected || r.Latency.P50 < 150 || r.Latency.P50 > 300 {
		t.Errorf("latency %+v, delivered %d of %d", r.Latency, r.Delivered, r.Expected)
	}
}

func TestFailuresAreReported(t *testing.T) {
	for name, test := range map[string]struct {
		faults fakekurento.Faults
		reason string
	}{
		"offer refused": {fakekurento.Faults{RejectOffers: true}, "processOffer: error 40205: Error processing offer"},
		"no media":      {fakekurento.Faults{Mute: true}, "no video: context deadline exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			s := fakekurento.New(t, test.faults)
			o := options(s, Loopback, 2)
			o.Timeout = 2 * time.Second
			r := runOnce(t, s, o)
			if r.OK() || r.Failed != 2 || len(r.Failures) != 1 || r.Failures[0].Reason != test.reason {
				t.Errorf("failures %+v", r.Failures)
			}
		})
	}
}

func TestFanoutWithoutPublisherIsAnError(t *testing.T) {
	s := fakekurento.New(t, fakekurento.Faults{RejectOffers: true})
	_, err := Run(t.Context(), options(s, Fanout, 1))
	if !kurento.HasCode(err, 40205) {
		t.Errorf("got %v", err)
	}
	if n := s.Objects(); n != 0 {
		t.Errorf("%d objects left", n)
	}
}

func TestSetup(t *testing.T) {
	s := fakekurento.New(t, fakekurento.Faults{})
	o := options(s, Setup, 2)
	o.Duration = 200 * time.Millisecond
	r := runOnce(t, s, o)
	if !r.OK() || len(r.Setups) != 3 {
		t.Fatalf("report %+v", r)
	}
	for _, phase := range r.Setups {
		if phase.Count == 0 || phase.PerSecond <= 0 || phase.Time.P50 <= 0 {
			t.Errorf("phase %+v", phase)
		}
	}
}

// TestInterruption ends the run in its measuring window: it reports what it has and releases everything.
func TestInterruption(t *testing.T) {
	s := fakekurento.New(t, fakekurento.Faults{})
	o := options(s, Loopback, 1)
	o.Duration = time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	r, err := Run(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Interrupted || r.Delivered == 0 || r.WindowSeconds > 2 || r.Failed != 0 {
		t.Errorf("report %+v", r)
	}
	if n := s.Objects(); n != 0 {
		t.Errorf("%d objects left", n)
	}
}

func TestInterruptionWhileConnecting(t *testing.T) {
	s := fakekurento.New(t, fakekurento.Faults{Mute: true})
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	r, err := Run(ctx, options(s, Loopback, 3))
	if err != nil || r.Failed != 0 || r.OK() {
		t.Errorf("report %+v, %v", r, err)
	}
	if n := s.Objects(); n != 0 || s.Created() == 0 {
		t.Errorf("%d objects left of %d", n, s.Created())
	}
}

func TestValidate(t *testing.T) {
	good := Options{URL: "ws://localhost:8888/kurento", Mode: Fanout, Calls: 1, Duration: 1, Timeout: 1, Bitrate: 1e6}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Options){
		"url":      func(o *Options) { o.URL = "http://localhost" },
		"no host":  func(o *Options) { o.URL = "ws:///kurento" },
		"bad url":  func(o *Options) { o.URL = "ws://[::1" },
		"mode":     func(o *Options) { o.Mode = "mixer" },
		"calls":    func(o *Options) { o.Calls = 0 },
		"ramp":     func(o *Options) { o.Ramp = -1 },
		"duration": func(o *Options) { o.Duration = 0 },
		"bitrate":  func(o *Options) { o.Bitrate = 1 },
		"pid":      func(o *Options) { o.PID = -1 },
	} {
		o := good
		spoil(&o)
		if err := o.Validate(); !errors.Is(err, ErrOption) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestRunErrors(t *testing.T) {
	good := Options{URL: "ws://127.0.0.1:1/kurento", Mode: Fanout, Calls: 1, Duration: 1, Timeout: time.Second, Bitrate: 1e6}
	if _, err := Run(t.Context(), good); err == nil {
		t.Error("no server, no error")
	}
	noClip := good
	noClip.Clip = filepath.Join(t.TempDir(), "none.webm")
	if _, err := Run(t.Context(), noClip); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no clip: %v", err)
	}
}

func TestTable(t *testing.T) {
	r := newReport(&Options{Mode: Fanout, URL: "ws://host/kurento", Calls: 2}, "clip.webm")
	for range 2 {
		r.fail(errors.New("second"))
	}
	r.fail(errors.New("third"))
	r.counts.Delivered, r.Expected, r.counts.Unknown = 90, 100, 1
	r.Connected, r.WindowSeconds = 2, 10
	r.Server = &ServerUse{CPUSeconds: 0.91, RSSEnd: 5 << 20, rssBaseline: 3 << 20}
	r.finish()
	var out strings.Builder
	if err := r.WriteTable(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"1 publisher to 2 viewers", "90 of 100 delivered", "loss 10.000 %", "1 not recognised",
		"10000.0 µs per packet", "1.00 MiB per call", "2 × second\n", "1 × third\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}
