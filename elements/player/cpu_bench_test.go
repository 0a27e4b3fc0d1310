//go:build unix

package player_test

import (
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/player"
	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline"
)

// BenchmarkPlay is the CPU of a second of picture and sound that is played from a file at its own pace, by several players at once, each
// to a receiver of whole frames. While they play nothing else wakes the process up: that would be counted too.
func BenchmarkPlay(b *testing.B) {
	const length = 4 * time.Second
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
			for _, players := range []int{1, 20, 100} {
				b.Run(fmt.Sprintf("players=%d", players), func(b *testing.B) {
					for range b.N {
						b.ReportMetric(float64(playAll(b, path, players).Microseconds())/(float64(players)*length.Seconds()), "µs-CPU/s-of-media")
					}
				})
			}
		})
	}
}

// playAll plays a file in several players, each in a pipeline of its own, and returns what CPU that took from play to the last end.
func playAll(b *testing.B, path string, players int) time.Duration {
	s := elementtest.Server(b, nil, player.Class(func() player.Settings { return player.Settings{} }))
	var all []pipeline.Object
	var ends ended
	ends.Add(players)
	for range players {
		p := elementtest.Pipeline(b, s)
		defer s.Release(p)
		o := elementtest.Create(b, s, "PlayerEndpoint", elementtest.In(p, "uri", "file://"+path))
		elementtest.Connect(b, o, elementtest.Create(b, s, "TestSink", elementtest.In(p)))
		if err := o.Base().Subscribe("EndOfStream", &ends); err != nil {
			b.Fatal(err)
		}
		all = append(all, o)
	}
	begin := cpu(b)
	for _, o := range all {
		elementtest.Must(b, o, "play", nil)
	}
	ends.Wait()
	return cpu(b) - begin
}

// ended counts the players that have not come to their end.
type ended struct{ sync.WaitGroup }

// Notify is part of pipeline.Subscriber.
func (e *ended) Notify(pipeline.Notification) { e.Done() }

// cpu is what the process has used so far.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
