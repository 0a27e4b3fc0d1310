//go:build unix

package vp8

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/rivero-media/rivero/internal/fftest"
)

// BenchmarkEncode measures one frame on one thread; the other figure is the
// time that ffmpeg needs with libvpx.
func BenchmarkEncode(b *testing.B) {
	for _, size := range [][3]int{{640, 360, 800_000}, {1280, 720, 2_000_000}} {
		for speed := range len(speeds) {
			b.Run(fmt.Sprintf("%dx%d speed %d", size[0], size[1], speed), func(b *testing.B) {
				pictures := rawVideo(b, size[0], size[1], 60)
				e := mustEncoder(b, Config{Width: size[0], Height: size[1], Bitrate: size[2], Speed: speed})
				var frame []byte
				i := 0
				b.ReportAllocs()
				before := userTime(b)
				for b.Loop() {
					frame, _, _ = e.Encode(frame[:0], pictures[i%len(pictures)], false)
					i++
				}
				b.ReportMetric(milliseconds(userTime(b)-before)/float64(i), "ms-user/frame")
			})
		}
	}
}

// BenchmarkEncodeLibvpx is the same by libvpx, its start included.
func BenchmarkEncodeLibvpx(b *testing.B) {
	for _, size := range [][3]int{{640, 360, 800_000}, {1280, 720, 2_000_000}} {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			const frames = 60
			var raw []byte
			for _, p := range rawVideo(b, size[0], size[1], frames) {
				raw = p.AppendI420(raw)
			}
			args := strings.Fields(fmt.Sprintf("-v error -f rawvideo -s %dx%d -pix_fmt yuv420p -r 30 -i %s -c:v libvpx -threads 1 -b:v %d",
				size[0], size[1], fftest.File(b, "a.yuv", raw), size[2]))
			args = append(append(args, realtime...), "-f", "null", "-")
			n, total := 0.0, 0.0
			for b.Loop() {
				cmd := exec.Command("ffmpeg", args...)
				if err := cmd.Run(); err != nil {
					b.Fatal(err)
				}
				total += milliseconds(cmd.ProcessState.UserTime())
				n += frames
			}
			b.ReportMetric(total/n, "ms-user/frame")
		})
	}
}
