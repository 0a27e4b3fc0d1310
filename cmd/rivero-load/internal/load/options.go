// Package load puts the load on a media server: who calls whom, when, for how long, and what is reported about it.
// The protocol, the peers and the counting are in the packages beside it.
package load

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/cmd/rivero-load/internal/peer"
)

// Mode is what kind of load is put on the server.
type Mode string

// The modes.
const (
	Fanout   Mode = "fanout"    // one publisher, many viewers, one pipeline
	Loopback Mode = "loopback"  // many pipelines, each with one endpoint connected to itself
	Composed Mode = "composite" // members of one Composite, who all see and hear it, and one guest after the other
	Setup    Mode = "setup"     // pipelines with two endpoints, made and released as fast as it goes
)

var modes = []Mode{Fanout, Loopback, Composed, Setup}

// Limits of the options: above them the load tester itself would not be up to it.
const (
	maxCalls   = 10_000
	maxBitrate = 50_000_000
)

// ErrOption is returned for an option that has no valid value.
var ErrOption = errors.New("invalid option")

// Options describe one run.
type Options struct {
	URL      string // of the server: ws://localhost:8888/kurento
	Mode     Mode
	Calls    int           // viewers, loopback calls or concurrent set-ups, by mode
	Ramp     float64       // calls started per second; 0: all at once
	Warmup   time.Duration // between the last call's picture and the measuring window
	Duration time.Duration // of the measuring window; in Setup mode of each phase
	Timeout  time.Duration // for one call to be connected and to show a picture
	Clip     string        // WebM or IVF file; "": a synthetic clip
	Bitrate  int           // of the synthetic clip's video, bit/s
	Picture  Picture       // of the Composite in Composed mode
	PID      int           // of the server's process if its use is to be measured, else 0
	Insecure bool          // accept any TLS certificate
	Peer     peer.Options
	Log      zerolog.Logger
}

// Picture is what a Composite makes.
type Picture struct {
	Width, Height int // pixels
	Rate          int // pictures in a second
	Bitrate       int // bit/s, which the viewers say they can take
}

// Validate checks the values that are not checked by whom they are for.
func (o *Options) Validate() error {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil:
		return fmt.Errorf("%w: url: %w", ErrOption, err)
	case u.Scheme != "ws" && u.Scheme != "wss", u.Host == "":
		return fmt.Errorf("%w: url %q, want ws://host:port/path", ErrOption, o.URL)
	case !slices.Contains(modes, o.Mode):
		return fmt.Errorf("%w: mode %q, want one of %v", ErrOption, o.Mode, modes)
	case o.Calls < 1 || o.Calls > maxCalls:
		return fmt.Errorf("%w: %d calls, want 1 to %d", ErrOption, o.Calls, maxCalls)
	case o.Ramp < 0:
		return fmt.Errorf("%w: ramp %v", ErrOption, o.Ramp)
	case o.Duration <= 0, o.Warmup < 0, o.Timeout <= 0, o.Peer.KeyInterval < 0:
		return fmt.Errorf("%w: duration %v, warm-up %v, timeout %v, key frame interval %v",
			ErrOption, o.Duration, o.Warmup, o.Timeout, o.Peer.KeyInterval)
	case o.Clip == "" && (o.Bitrate < 10_000 || o.Bitrate > maxBitrate):
		return fmt.Errorf("%w: bit rate %d, want 10000 to %d", ErrOption, o.Bitrate, maxBitrate)
	case o.Mode == Composed && o.Clip == "":
		return fmt.Errorf("%w: mode %s needs a clip that can be decoded", ErrOption, Composed)
	case o.Mode == Composed && min(o.Picture.Width, o.Picture.Height, o.Picture.Rate, o.Picture.Bitrate) < 1:
		return fmt.Errorf("%w: picture %+v", ErrOption, o.Picture)
	case o.PID < 0:
		return fmt.Errorf("%w: pid %d", ErrOption, o.PID)
	}
	return nil
}

// isLocal tells whether the server is addressed through the loopback interface, where it may then expect media too.
func (o *Options) isLocal() bool {
	u, err := url.Parse(o.URL)
	if err != nil {
		return false
	}
	host := u.Hostname()
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
