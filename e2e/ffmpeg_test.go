//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"math"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// mediaInfo is what ffprobe says about a file.
type mediaInfo struct {
	Streams []struct {
		Type  string `json:"codec_type"`
		Codec string `json:"codec_name"`
	}
	Format struct {
		Duration float64 `json:"duration,string"` // s
	}
}

// decode has ffmpeg decode a file and returns its complaints. A camera's pictures have no fixed rate; without
// -enc_time_base ffmpeg guesses one, and complains of its own rounding when two pictures are closer than that.
func decode(t *testing.T, file string) (complaints string) {
	t.Helper()
	return ffmpeg(t, "-v", "error", "-i", file, "-enc_time_base", "-1", "-f", "null", "-")
}

func probe(t *testing.T, file string) mediaInfo {
	t.Helper()
	var info mediaInfo
	out := run(t, "ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", file)
	if err := json.Unmarshal([]byte(out), &info); err != nil {
		t.Fatalf("ffprobe %s: %v\n%s", file, err, out)
	}
	return info
}

// ffmpeg returns all that it prints.
func ffmpeg(t *testing.T, args ...string) string {
	t.Helper()
	return run(t, "ffmpeg", append([]string{"-nostdin", "-y"}, args...)...)
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// A level is a measurement at a time of the container's clock, in seconds.
type level struct{ at, value float64 }

// videoLuma is the mean brightness (0…255) of each frame.
func videoLuma(t *testing.T, file string) []level {
	return levels(t, fmt.Sprintf("movie=%s,signalstats", file), "lavfi.signalstats.YAVG")
}

// audioPeaks is the peak level (dBFS) of each 5 ms.
func audioPeaks(t *testing.T, file string) []level {
	return levels(t, fmt.Sprintf("amovie=%s,asetnsamples=240,astats=metadata=1:reset=1", file), "lavfi.astats.Overall.Peak_level")
}

// levels runs a filter graph and returns the values of one of its tags, by time.
func levels(t *testing.T, graph, tag string) []level {
	t.Helper()
	out := run(t, "ffprobe", "-v", "error", "-f", "lavfi", "-i", graph, "-show_entries", "frame=pts_time:frame_tags="+tag, "-of", "csv=p=0")
	var all []level
	for line := range strings.Lines(out) {
		at, value, found := strings.Cut(strings.TrimSpace(line), ",")
		if !found {
			continue
		}
		l := level{value: math.Inf(-1)} // digital silence has the level "-"
		var err error
		if l.at, err = strconv.ParseFloat(at, 64); err != nil {
			t.Fatalf("ffprobe printed %q: %v", line, err)
		}
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			l.value = v
		}
		all = append(all, l)
	}
	return all
}

// risingEdges are the times at which the level crosses the threshold upwards. A start above it is no crossing.
func risingEdges(all []level, threshold float64) []float64 {
	var edges []float64
	for i := 1; i < len(all); i++ {
		if all[i-1].value < threshold && all[i].value >= threshold {
			edges = append(edges, all[i].at)
		}
	}
	return edges
}

func nearest(times []float64, to float64) float64 {
	best := math.Inf(1)
	for _, at := range times {
		if math.Abs(at-to) < math.Abs(best-to) {
			best = at
		}
	}
	return best
}

// quietly runs a program that is expected to succeed, where there is no test yet.
func quietly(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}
