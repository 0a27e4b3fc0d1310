package vp8

import (
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
)

// BenchmarkEncodeThreads compares how long one and two threads take, in turns.
// Each picture counts with the best time of all iterations, because others on
// the machine may have had the second processor meanwhile. What that leaves in
// doubt the last figure tells: by how much the busier of two threads has less
// to do than one alone, which is what is gained if both always have a processor.
func BenchmarkEncodeThreads(b *testing.B) {
	for _, s := range encodings {
		b.Run(fmt.Sprintf("%dx%d", s.width, s.height), func(b *testing.B) {
			pictures := rawVideo(b, s.width, s.height, 30)
			var best [2][]time.Duration
			work := [2]time.Duration{time.Hour, time.Hour} // of the busiest thread
			for b.Loop() {
				for i := range best {
					c := Config{Width: s.width, Height: s.height, Bitrate: s.bitrate, Speed: 1, Partitions: 2, Threads: i + 1}
					times, busiest := encodeTimes(b, c, pictures)
					best[i], work[i] = fastest(best[i], times), min(work[i], busiest)
				}
			}
			var total [2]time.Duration
			for i := range best {
				for _, d := range best[i] {
					total[i] += d
				}
			}
			n := float64(len(pictures))
			b.ReportMetric(milliseconds(total[0])/n, "ms-one")
			b.ReportMetric(milliseconds(total[1])/n, "ms-two")
			b.ReportMetric(float64(total[0])/float64(total[1]), "times-faster")
			b.ReportMetric(float64(work[0])/float64(work[1]), "times-less-work")
		})
	}
}

// encodeTimes is how long each of some pictures takes, and the CPU time of the
// busiest of at most two threads.
func encodeTimes(b *testing.B, c Config, pictures []*Frame) (times []time.Duration, busiest time.Duration) {
	e := mustEncoder(b, c)
	defer e.Close()
	var used [2]time.Duration // by worker
	account := func(sign time.Duration) func(*worker) {
		return func(w *worker) {
			runtime.LockOSThread()
			var u syscall.Rusage
			if err := syscall.Getrusage(syscall.RUSAGE_THREAD, &u); err != nil {
				b.Error(err)
			}
			used[slices.Index(e.crew.workers, w)] += sign * time.Duration(u.Utime.Nano())
		}
	}
	e.crew.together(account(-1))
	var frame []byte
	for _, p := range pictures {
		start := time.Now()
		frame, _, _ = e.Encode(frame[:0], p, false)
		times = append(times, time.Since(start))
	}
	e.crew.together(account(1))
	runtime.UnlockOSThread()
	runtime.UnlockOSThread()
	return times, max(used[0], used[1])
}

// fastest is the shorter of two times for each picture.
func fastest(a, b []time.Duration) []time.Duration {
	for i := range a {
		b[i] = min(a[i], b[i])
	}
	return b
}
