package load

import (
	"sort"
	"time"

	"github.com/rivero-media/rivero/cmd/rivero-load/internal/measure"
)

// Report is the result of a run. Its JSON form is for machines: names are only ever added.
type Report struct {
	Mode        Mode      `json:"mode"`
	URL         string    `json:"url"`
	Clip        string    `json:"clip,omitempty"`
	Requested   int       `json:"requested"` // calls
	Connected   int       `json:"connected"` // calls that came up and had a picture
	Failed      int       `json:"failed"`    // calls that did not, or that failed later
	Failures    []Failure `json:"failures"`  // why, most frequent first
	Interrupted bool      `json:"interrupted,omitempty"`

	ConnectSeconds float64    `json:"connect_seconds,omitempty"` // from the first call's start to the last one's picture
	CallsPerSecond float64    `json:"calls_per_second,omitempty"`
	FirstVideo     *Quantiles `json:"first_video,omitempty"` // from processOffer to the first complete key frame

	WindowSeconds        float64    `json:"window_seconds,omitempty"`
	Expected             int64      `json:"expected_packets"`  // sent in the window, times those who should get them
	Delivered            int64      `json:"delivered_packets"` // of these
	Unknown              int64      `json:"unknown_packets"`   // received, but not what was sent: repacketised or transcoded
	Malformed            int64      `json:"malformed_packets"`
	LossPercent          float64    `json:"loss_percent"` // before any retransmission: viewers ask for none
	Latency              *Quantiles `json:"latency,omitempty"`
	PictureInterval      *Quantiles `json:"picture_interval,omitempty"` // from the end of one picture to that of the next, at the viewers
	Guests               int        `json:"guests,omitempty"`           // who came and left while it was measured
	LatePackets          int64      `json:"late_packets"`               // sent over 20 ms late by the load tester itself
	LoadTesterCPUSeconds float64    `json:"load_tester_cpu_seconds,omitempty"`

	Server *ServerUse    `json:"server,omitempty"`
	Setups []SetupResult `json:"setups,omitempty"`

	picture  measure.Histogram
	counts   measure.Counts
	failures map[string]int
}

// Failure is a reason and how many calls failed for it.
type Failure struct {
	Reason string `json:"reason"`
	Count  int    `json:"count"`
}

// Quantiles sum up durations, in milliseconds.
type Quantiles struct {
	P50 float64 `json:"p50_ms"`
	P95 float64 `json:"p95_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
}

// ServerUse is what the server's process used. CPU is that of the measuring window, or of all set-ups.
type ServerUse struct {
	CPUSeconds         float64 `json:"cpu_seconds"`
	CPUPercent         float64 `json:"cpu_percent"` // of one core
	CPUMicrosPerPacket float64 `json:"cpu_us_per_packet,omitempty"`
	RSSBefore          int64   `json:"rss_before_bytes"`              // before the run
	RSSConnected       int64   `json:"rss_connected_bytes,omitempty"` // when the measuring window begins
	RSSEnd             int64   `json:"rss_end_bytes"`                 // when it ends
	RSSPerCall         int64   `json:"rss_per_call_bytes,omitempty"`  // growth from before the first call to the window's end

	rssBaseline int64 // before the first call: in Fanout mode the publisher is there already
}

// SetupResult is one phase of Setup mode.
type SetupResult struct {
	Phase     string    `json:"phase"`
	Count     int       `json:"count"`
	Seconds   float64   `json:"seconds"`
	PerSecond float64   `json:"per_second"`
	Time      Quantiles `json:"time"`                              // of one set-up with its release
	CPUMillis float64   `json:"server_cpu_ms_per_setup,omitempty"` // if the server is measured
	OwnMillis float64   `json:"load_tester_cpu_ms_per_setup,omitempty"`
}

func newReport(o *Options, clip string) *Report {
	r := &Report{Mode: o.Mode, URL: o.URL, Requested: o.Calls, Failures: []Failure{}, failures: make(map[string]int)}
	if o.Mode != Setup {
		r.Clip = clip
	}
	return r
}

// OK tells whether everything worked: no call failed and packets, or set-ups, were counted.
func (r *Report) OK() bool {
	if r.Failed > 0 {
		return false
	}
	if r.Mode == Setup {
		for _, s := range r.Setups {
			if s.Count == 0 {
				return false
			}
		}
		return len(r.Setups) > 0
	}
	return r.Connected == r.Requested && r.Delivered+r.Unknown > 0
}

func (r *Report) fail(err error) {
	r.Failed++
	r.failures[err.Error()]++
}

// finish computes what follows from the counts.
func (r *Report) finish() {
	for reason, n := range r.failures {
		r.Failures = append(r.Failures, Failure{reason, n})
	}
	sort.Slice(r.Failures, func(i, j int) bool {
		a, b := r.Failures[i], r.Failures[j]
		return a.Count > b.Count || (a.Count == b.Count && a.Reason < b.Reason)
	})
	r.Delivered, r.Unknown, r.Malformed = r.counts.Delivered, r.counts.Unknown, r.counts.Malformed
	if r.Expected > 0 {
		r.LossPercent = max(0, 100*float64(r.Expected-r.Delivered)/float64(r.Expected))
	}
	if r.ConnectSeconds > 0 {
		r.CallsPerSecond = float64(r.Connected) / r.ConnectSeconds
	}
	r.FirstVideo = quantiles(&r.picture)
	r.Latency = quantiles(&r.counts.Latency)
	r.PictureInterval = quantiles(&r.counts.Intervals)
	if r.Server != nil && r.Mode != Setup {
		r.Server.finish(r)
	}
}

func (s *ServerUse) finish(r *Report) {
	if packets := r.Delivered + r.Unknown; packets > 0 {
		s.CPUMicrosPerPacket = s.CPUSeconds * 1e6 / float64(packets)
	}
	if r.WindowSeconds > 0 {
		s.CPUPercent = 100 * s.CPUSeconds / r.WindowSeconds
	}
	if r.Connected > 0 && s.RSSEnd > 0 {
		s.RSSPerCall = (s.RSSEnd - s.rssBaseline) / int64(r.Connected)
	}
}

func quantiles(h *measure.Histogram) *Quantiles {
	if h.Count() == 0 {
		return nil
	}
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	return &Quantiles{P50: ms(h.Quantile(0.5)), P95: ms(h.Quantile(0.95)), P99: ms(h.Quantile(0.99)), Max: ms(h.Max())}
}
