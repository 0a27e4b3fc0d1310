//go:build unix

package player_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/player"
	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline"
)

// BenchmarkPlay is the CPU of a second of picture and sound that is played from a file at its own pace, by 20 players, to a receiver of
// whole frames.
func BenchmarkPlay(b *testing.B) {
	const players, length = 20, 4 * time.Second
	for _, film := range []struct {
		name   string
		codecs []string
	}{
		{"film.webm", []string{"-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1500k", "-c:a", "libopus"}},
		{"film.mkv", []string{"-c:v", "libx264", "-preset", "veryfast", "-bf", "0", "-b:v", "1500k", "-c:a", "libopus"}},
		{"film.mp4", []string{"-c:v", "libx264", "-preset", "veryfast", "-bf", "0", "-b:v", "1500k", "-c:a", "libopus"}},
		{"film.ts", []string{"-c:v", "libx264", "-preset", "veryfast", "-bf", "0", "-b:v", "1500k", "-c:a", "libopus"}},
	} {
		b.Run(film.name, func(b *testing.B) {
			path := fftest.Make(b, film.name, append(append(fftest.Pattern(length, length, "640x360", 25), "-g", "50"), film.codecs...)...)
			s := elementtest.Server(b, nil, player.Class(func() player.Settings { return player.Settings{} }))
			for range b.N {
				p := elementtest.Pipeline(b, s)
				var all []pipeline.Object
				var ends []*elementtest.Events
				for range players {
					o := elementtest.Create(b, s, "PlayerEndpoint", elementtest.In(p, "uri", "file://"+path))
					elementtest.Connect(b, o, elementtest.Create(b, s, "TestSink", elementtest.In(p)))
					all, ends = append(all, o), append(ends, elementtest.Listen(b, o, "EndOfStream"))
				}
				begin := cpu(b)
				for _, o := range all {
					elementtest.Must(b, o, "play", nil)
				}
				for _, e := range ends {
					e.Await(b, "EndOfStream")
				}
				b.ReportMetric(float64((cpu(b)-begin).Microseconds())/(players*length.Seconds()), "µs-CPU/s-of-media")
				s.Release(p)
			}
		})
	}
}

// cpu is what the process has used so far.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
