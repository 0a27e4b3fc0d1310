//go:build unix

package recorder

import (
	"context"
	"io"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

// cpu is what the process has used so far.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkRecord is the CPU of a second of picture and sound, from the frames to the file on the disk, completing it included.
func BenchmarkRecord(b *testing.B) {
	for _, c := range []struct {
		container    Container
		video, audio string
	}{{WebM(), media.VP8, media.Opus}, {Matroska(), media.H264, media.Opus}, {MP4(), media.H264, media.AAC}, {FLV(), media.H264, media.AAC}} {
		b.Run(c.container.Name, func(b *testing.B) {
			streams := []stream{makeStream(b, c.audio, ""), makeStream(b, c.video, "640x360")}
			path := filepath.Join(b.TempDir(), "bench."+extensions[c.container.Name])
			r := New(Options{Container: c.container, Kinds: bothKinds, Open: create(path), Notify: func(Event) {}, Fail: func(err error) { b.Error(err) }})
			defer r.Close()
			r.Expect(bothKinds...)
			if err := r.Record(); err != nil {
				b.Fatal(err)
			}
			var sources []*source
			for _, s := range streams {
				sources = append(sources, newSource(b, s.format, r.Input(s.format.Kind)))
			}
			size, begin := 0, cpu(b)
			for i := range b.N { // whole seconds
				at := time.Duration(i) * time.Second
				for k, s := range streams {
					for _, f := range s.part(at%streamTime, at%streamTime+time.Second).frames {
						sources[k].write(at-at%streamTime+f.pts, f.key, f.data)
						size += len(f.data)
					}
				}
				written := make(chan struct{}) // the queue in front of the file holds 8 MB
				r.queue.Do(func() { close(written) })
				<-written
			}
			if err := r.Stop(context.Background()); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64((cpu(b)-begin).Microseconds())/float64(b.N), "µs-CPU/s-of-media")
			b.ReportMetric(float64(size)*8/1000/float64(b.N), "kbit/s")
		})
	}
}

// disk stalls for as long as nobody opens its gate.
type disk struct {
	mu   sync.Mutex
	gate chan struct{} // closed: it writes
}

func (d *disk) set(gate chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.gate = gate
}

func (d *disk) Write(p []byte) (int, error) {
	d.mu.Lock()
	gate := d.gate
	d.mu.Unlock()
	<-gate
	return len(p), nil
}

func (d *disk) Close() error { return nil }

// viewer is another receiver of what is recorded. It notes how long packets have been under way.
type viewer struct {
	delays []time.Duration
}

func (v *viewer) Write(p *media.Packet) { v.delays = append(v.delays, media.Now()-p.At) }

// BenchmarkStalledDisk is what 100 recordings on a disk that stalls for 2 s do to live packets: how much later those come to another
// receiver of the same source, which is served behind the recorder: 5 ms for 99 of 100 would be much. The same with a disk that
// writes tells what the machine does to them by itself, when it has other things to do.
func BenchmarkStalledDisk(b *testing.B) {
	for range b.N {
		writing, _ := liveDelays(b, false)
		stalled, dropped := liveDelays(b, true)
		for percent, name := range map[int]string{50: "p50-ms", 95: "p95-ms", 99: "p99-ms"} {
			at := liveRecorders * liveFrames * percent / 100
			b.ReportMetric(stalled[at].Seconds()*1000, name)
			b.ReportMetric(writing[at].Seconds()*1000, name+"-not-stalled")
		}
		b.ReportMetric(float64(dropped), "frames-not-recorded")
	}
}

const (
	liveRecorders = 100
	livePace      = time.Second / 30
	liveSize      = 6250 // bytes: 1.5 Mbit/s
	liveBefore    = 15   // frames before the disk stalls
	liveFrames    = 60   // while it does
)

// liveDelays records live sources and returns the delays of their packets on the way to other receivers, sorted.
func liveDelays(b *testing.B, stalls bool) (delays []time.Duration, dropped uint64) {
	d := &disk{}
	writes, stalled, begin := make(chan struct{}), make(chan struct{}), make(chan struct{})
	close(writes)
	d.set(writes)
	viewers := make([]viewer, liveRecorders)
	var recorders []*Recorder
	var producers, ready sync.WaitGroup
	ready.Add(liveRecorders)
	for i := range viewers {
		r := New(Options{
			Container: WebM(), Kinds: []media.Kind{media.Video}, Open: func() (Target, error) { return d, nil },
			Notify: func(Event) {}, Fail: func(err error) { b.Error(err) },
		})
		recorders = append(recorders, r)
		r.Expect(media.Video)
		if err := r.Record(); err != nil {
			b.Fatal(err)
		}
		s := newSource(b, *vp8Format, r.Input(media.Video))
		s.out.SetRoutes(append(slices.Clone(s.out.Routes()), media.Route{Sink: &viewers[i]}))
		producers.Go(func() {
			produce(s, liveBefore)
			ready.Done()
			<-begin
			produce(s, liveFrames)
		})
	}
	ready.Wait()
	for i := range viewers {
		viewers[i].delays = viewers[i].delays[:0]
	}
	if stalls {
		d.set(stalled)
	}
	close(begin)
	producers.Wait()
	close(stalled)
	for i, r := range recorders {
		dropped += r.Dropped()
		r.Close()
		if n := len(viewers[i].delays); n != liveFrames {
			b.Errorf("%d live packets of %d", n, liveFrames)
		}
		delays = append(delays, viewers[i].delays...)
	}
	slices.Sort(delays)
	return delays, dropped
}

// produce gives out frames at their pace, a key frame first.
func produce(s *source, frames int) {
	key, inter := append(slices.Clone(vp8Key), make([]byte, liveSize)...), append(slices.Clone(vp8Inter), make([]byte, liveSize)...)
	tick := time.NewTicker(livePace)
	defer tick.Stop()
	for n := range frames {
		<-tick.C
		now, data := media.Now(), inter
		if n == 0 {
			data = key
		}
		s.out.Write(&media.Packet{Format: s.format, PTS: now, At: now, Key: n == 0, Data: data, Burst: &media.Burst{}})
	}
}

var _ io.WriteCloser = (*disk)(nil)
