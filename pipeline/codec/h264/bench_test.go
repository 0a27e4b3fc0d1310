//go:build unix

package h264

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// benchmarked are streams of 150 frames; a moving picture with noise.
var benchmarked = []struct {
	name, size string
	args       []string
}{
	{"640x480 high", "640x480", []string{"-b:v", "1M"}},
	{"1280x720 high", "1280x720", []string{"-b:v", "2M"}},
	{"1280x720 baseline", "1280x720", []string{"-b:v", "2M", "-profile:v", "baseline"}},
}

// BenchmarkDecode decodes a stream in each iteration. Its own figures are milliseconds of user CPU for one frame on one
// thread, of the best iteration, and what ffmpeg takes, its start subtracted, likewise. H264_BENCH names a file in the byte
// stream format to decode instead.
func BenchmarkDecode(b *testing.B) {
	if path := os.Getenv("H264_BENCH"); path != "" {
		benchmarkDecode(b, path)
		return
	}
	for _, s := range benchmarked {
		path := encode(b, s.size, 150, append([]string{"-preset", "fast"}, s.args...)...)
		b.Run(s.name, func(b *testing.B) { benchmarkDecode(b, path) })
	}
}

func benchmarkDecode(b *testing.B, path string) {
	units := readUnits(b, path)
	var d Decoder
	best, ffmpeg, start := time.Hour, time.Hour, time.Hour
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer() // in turns, so that both have the same neighbours on the machine
		ffmpeg = min(ffmpeg, ffmpegTime(b, path, len(units)))
		start = min(start, ffmpegTime(b, path, 1))
		b.StartTimer()
		before := userTime(b)
		for i, unit := range units {
			if err := d.Decode(unit, int64(i)); err != nil {
				b.Fatal(err)
			}
		}
		best = min(best, userTime(b)-before)
	}
	b.ReportMetric(milliseconds(best)/float64(len(units)), "ms/frame")
	b.ReportMetric(milliseconds(ffmpeg-start)/float64(len(units)-1), "ffmpeg-ms/frame")
}

// ffmpegTime is the user CPU of ffmpeg decoding so many frames.
func ffmpegTime(b *testing.B, path string, frames int) time.Duration {
	b.Helper()
	cmd := exec.Command("ffmpeg", "-v", "error", "-threads", "1", "-i", path, "-frames:v", strconv.Itoa(frames), "-f", "null", "-")
	if err := cmd.Run(); err != nil {
		b.Fatal(err)
	}
	return cmd.ProcessState.UserTime()
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// userTime is the CPU that this process has used.
func userTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano())
}
