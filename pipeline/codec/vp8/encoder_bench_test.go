//go:build unix

package vp8

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/rivero-media/rivero/internal/fftest"
)

// encodings are what BenchmarkEncode encodes.
var encodings = []struct{ width, height, bitrate int }{{640, 480, 1_000_000}, {1280, 720, 2_000_000}}

// BenchmarkEncode encodes 90 pictures of a moving pattern with noise in each
// iteration, on one thread. Its own figures are milliseconds of user CPU for
// one frame, of the best iteration, the same of ffmpeg with libvpx, what it
// takes without encoding subtracted, and the ratio of both.
func BenchmarkEncode(b *testing.B) {
	for _, s := range encodings {
		pictures := rawVideo(b, s.width, s.height, 90)
		var raw []byte
		for _, p := range pictures {
			raw = p.AppendI420(raw)
		}
		path := fftest.File(b, "a.yuv", raw)
		for speed := range speeds {
			b.Run(fmt.Sprintf("%dx%d speed %d", s.width, s.height, speed), func(b *testing.B) {
				c := Config{Width: s.width, Height: s.height, Bitrate: s.bitrate, Speed: speed}
				best, libvpx, without := time.Hour, time.Hour, time.Hour
				for b.Loop() { // in turns, so that both have the same neighbours on the machine
					libvpx = min(libvpx, ffmpegEncodeTime(b, path, c, append([]string{"-c:v", "libvpx", "-threads", "1", "-b:v", fmt.Sprint(s.bitrate)}, realtime...)))
					without = min(without, ffmpegEncodeTime(b, path, c, []string{"-c:v", "rawvideo"}))
					best = min(best, encodeTime(b, c, pictures))
				}
				n := float64(len(pictures))
				b.ReportMetric(milliseconds(best)/n, "ms/frame")
				b.ReportMetric(milliseconds(libvpx-without)/n, "libvpx-ms/frame")
				b.ReportMetric(float64(best)/float64(libvpx-without), "of-libvpx")
			})
		}
	}
}

// encodeTime is the user CPU of encoding pictures.
func encodeTime(b *testing.B, c Config, pictures []*Frame) time.Duration {
	e := mustEncoder(b, c)
	defer e.Close()
	var frame []byte
	before := userTime(b)
	for _, p := range pictures {
		frame, _, _ = e.Encode(frame[:0], p, false)
	}
	return userTime(b) - before
}

// ffmpegEncodeTime is the user CPU of ffmpeg reading pictures and encoding them.
func ffmpegEncodeTime(b *testing.B, path string, c Config, codec []string) time.Duration {
	b.Helper()
	args := strings.Fields(fmt.Sprintf("-v error -f rawvideo -s %dx%d -pix_fmt yuv420p -r 30 -i %s", c.Width, c.Height, path))
	cmd := exec.Command("ffmpeg", append(append(args, codec...), "-f", "null", "-")...)
	if err := cmd.Run(); err != nil {
		b.Fatal(err)
	}
	return cmd.ProcessState.UserTime()
}
