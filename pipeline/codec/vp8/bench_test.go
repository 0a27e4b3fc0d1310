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

// BenchmarkDecode measures one frame, in milliseconds of user CPU on one
// thread. The other figure is what ffmpeg takes for it with libvpx, its start
// subtracted. VP8_BENCH names an IVF file to decode instead.
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
	i := 0
	b.ReportAllocs()
	before := userTime(b)
	for b.Loop() {
		if _, err := d.Decode(frames[i%len(frames)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
	b.ReportMetric(milliseconds(userTime(b)-before)/float64(i), "ms-user/frame")
	all, start := ffmpegTime(b, path, len(frames)), ffmpegTime(b, path, 1)
	b.ReportMetric(milliseconds(all-start)/float64(len(frames)-1), "ms-libvpx/frame")
}

// ffmpegTime is the best of five.
func ffmpegTime(b *testing.B, path string, frames int) time.Duration {
	b.Helper()
	best := time.Hour
	for range 5 {
		cmd := exec.Command("ffmpeg", "-v", "error", "-threads", "1", "-c:v", "libvpx", "-i", path,
			"-frames:v", strconv.Itoa(frames), "-f", "null", "-")
		if err := cmd.Run(); err != nil {
			b.Fatal(err)
		}
		best = min(best, cmd.ProcessState.UserTime())
	}
	return best
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
