package load

import (
	"fmt"
	"io"
	"strings"
)

const maxReasons = 10 // printed; the JSON form has all

// WriteTable prints the report for people.
func (r *Report) WriteTable(w io.Writer) error {
	t := &table{}
	switch r.Mode {
	case Fanout:
		t.title("1 publisher to %d viewers at %s", r.Requested, r.URL)
	case Loopback:
		t.title("%d loopback calls at %s", r.Requested, r.URL)
	case Composed:
		t.title("%d members of a Composite at %s", r.Requested, r.URL)
	case Setup:
		t.title("set-ups by %d at a time at %s", r.Requested, r.URL)
	}
	if r.Mode == Setup {
		r.setupRows(t)
	} else {
		r.callRows(t)
	}
	r.failureRows(t)
	if r.Interrupted {
		t.row("interrupted", "the measuring window is shorter than asked for")
	}
	_, err := io.WriteString(w, t.String())
	return err
}

func (r *Report) callRows(t *table) {
	t.row("clip", "%s", r.Clip)
	t.row("calls up", "%d of %d in %.1f s (%.1f per second)", r.Connected, r.Requested, r.ConnectSeconds, r.CallsPerSecond)
	if q := r.FirstVideo; q != nil {
		t.row("first video", "p50 %.0f ms, p95 %.0f ms, max %.0f ms", q.P50, q.P95, q.Max)
	}
	if r.Mode == Composed {
		t.row("packets", "%d came in %.1f s, with %d guests", r.Unknown, r.WindowSeconds, r.Guests)
	} else {
		r.packetRows(t)
	}
	if r.Malformed > 0 {
		t.row("", "%d malformed", r.Malformed)
	}
	if q := r.PictureInterval; q != nil {
		t.row("pictures", "p50 %.1f ms from one to the next, p99 %.1f ms, max %.1f ms", q.P50, q.P99, q.Max)
	}
	if q := r.Latency; q != nil {
		t.row("latency", "p50 %.2f ms, p99 %.2f ms, max %.1f ms", q.P50, q.P99, q.Max)
	}
	if s := r.Server; s != nil {
		t.row("server CPU", "%.2f s, %.0f %% of a core, %.1f µs per packet", s.CPUSeconds, s.CPUPercent, s.CPUMicrosPerPacket)
		t.row("server memory", "%.1f MiB before, %.1f MiB connected, %.1f MiB at the end, %.2f MiB per call",
			mib(s.RSSBefore), mib(s.RSSConnected), mib(s.RSSEnd), mib(s.RSSPerCall))
	}
	t.row("load tester", "%.2f s CPU, %d packets sent late", r.LoadTesterCPUSeconds, r.LatePackets)
}

func (r *Report) packetRows(t *table) {
	t.row("packets", "%d of %d delivered in %.1f s, loss %.3f %%", r.Delivered, r.Expected, r.WindowSeconds, r.LossPercent)
	if r.Unknown > 0 {
		t.row("", "%d not recognised: the server repacketises or transcodes", r.Unknown)
	}
}

func (r *Report) setupRows(t *table) {
	for _, s := range r.Setups {
		text := fmt.Sprintf("%.1f per second (%d in %.1f s), each p50 %.1f ms, p95 %.1f ms",
			s.PerSecond, s.Count, s.Seconds, s.Time.P50, s.Time.P95)
		if s.CPUMillis > 0 {
			text += fmt.Sprintf(", %.2f ms server CPU", s.CPUMillis)
		}
		if s.OwnMillis > 0 {
			text += fmt.Sprintf(", %.2f ms load tester CPU", s.OwnMillis)
		}
		t.row(s.Phase, "%s", text)
	}
	if s := r.Server; s != nil {
		t.row("server memory", "%.1f MiB before, %.1f MiB at the end", mib(s.RSSBefore), mib(s.RSSEnd))
	}
}

func (r *Report) failureRows(t *table) {
	if r.Failed == 0 {
		t.row("failures", "none")
		return
	}
	for i, f := range r.Failures {
		if i == maxReasons {
			t.row("", "and %d other reasons", len(r.Failures)-i)
			return
		}
		name := "failures"
		if i > 0 {
			name = ""
		}
		t.row(name, "%d × %s", f.Count, f.Reason)
	}
}

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// table collects lines of a name and a text.
type table struct{ strings.Builder }

func (t *table) title(format string, args ...any) { fmt.Fprintf(t, format+"\n", args...) }

func (t *table) row(name, format string, args ...any) {
	fmt.Fprintf(t, "  %-14s "+format+"\n", append([]any{name}, args...)...)
}
