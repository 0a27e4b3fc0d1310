//go:build unix

package vp8

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// benchmarked are streams of 300 frames; a moving picture with noise.
var benchmarked = []struct {
	size string
	args []string
}{
	{"640x480", []string{"-b:v", "1M"}},
	{"1280x720", []string{"-b:v", "2M"}},
	{"1280x720", []string{"-b:v", "2M", "-profile:v", "1"}},
}

// BenchmarkDecode decodes a stream in each iteration. Its own figures are
// milliseconds of user CPU for one frame on one thread, of the best iteration,
// and what ffmpeg takes with libvpx, its start subtracted, likewise.
// VP8_BENCH names an IVF file to decode instead.
func BenchmarkDecode(b *testing.B) {
	if path := os.Getenv("VP8_BENCH"); path != "" {
		benchmarkDecode(b, path)
		return
	}
	for _, s := range benchmarked {
		path := encode(b, s.size, 300, append(s.args, realtime...)...)
		name := s.size
		if len(s.args) > 2 {
			name += " profile 1"
		}
		b.Run(name, func(b *testing.B) { benchmarkDecode(b, path) })
	}
}

func benchmarkDecode(b *testing.B, path string) {
	frames := readIVF(b, path)
	var d Decoder
	best, libvpx, start := time.Hour, time.Hour, time.Hour
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer() // in turns, so that both have the same neighbours on the machine
		libvpx = min(libvpx, ffmpegTime(b, path, len(frames)))
		start = min(start, ffmpegTime(b, path, 1))
		b.StartTimer()
		before := userTime(b)
		for _, frame := range frames {
			if _, err := d.Decode(frame); err != nil {
				b.Fatal(err)
			}
		}
		best = min(best, userTime(b)-before)
	}
	b.ReportMetric(milliseconds(best)/float64(len(frames)), "ms/frame")
	b.ReportMetric(milliseconds(libvpx-start)/float64(len(frames)-1), "libvpx-ms/frame")
}

// ffmpegTime is the user CPU of ffmpeg decoding so many frames.
func ffmpegTime(b *testing.B, path string, frames int) time.Duration {
	b.Helper()
	cmd := exec.Command("ffmpeg", "-v", "error", "-threads", "1", "-c:v", "libvpx", "-i", path,
		"-frames:v", strconv.Itoa(frames), "-f", "null", "-")
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
