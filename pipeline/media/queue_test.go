package media

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
)

var (
	queueVideo = &Format{Kind: Video, Codec: VP8}
	queueAudio = &Format{Kind: Audio, Codec: Opus}
)

// gate is a consumer that waits until it is opened, and notes what it gets.
type gate struct {
	open chan struct{}
	mu   sync.Mutex
	got  []string
}

func newGate() *gate { return &gate{open: make(chan struct{})} }

func (g *gate) handle(p *Packet) {
	<-g.open
	g.note(string(p.Data))
}

func (g *gate) note(s string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.got = append(g.got, s)
}

func (g *gate) want(t *testing.T, want ...string) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if !slices.Equal(g.got, want) {
		t.Errorf("handled %q, want %q", g.got, want)
	}
}

func TestQueueKeepsOrderAndCopies(t *testing.T) {
	g := newGate()
	q := NewQueue(QueueOptions{Handle: g.handle})
	data := []byte("a")
	p := &Packet{Format: queueVideo, Data: data}
	p.RTP.CSRC = []uint32{1}
	for _, c := range "abc" {
		data[0] = byte(c)
		q.Write(p)
	}
	q.Do(func() { g.note("do") })
	data[0] = 'd'
	q.Write(p)
	data[0] = 'x'
	close(g.open)
	q.Close(true)
	g.want(t, "a", "b", "c", "do", "d")
	if q.Do(func() {}) {
		t.Error("Do was taken after Close")
	}
	q.Write(p)
	q.Close(false)
	g.want(t, "a", "b", "c", "do", "d")
}

func TestQueueDropsVideoUpToKeyFrame(t *testing.T) {
	g := newGate()
	var overflows int
	q := NewQueue(QueueOptions{Packets: 4, Handle: g.handle, Overflow: func() { overflows++ }})
	write := func(f *Format, key bool, s string) {
		q.Write(&Packet{Format: f, Key: key, Data: []byte(s)})
	}
	held := make(chan struct{})
	q.Do(func() { close(held); <-g.open }) // the consumer is busy, and nothing is taken out
	<-held
	write(queueVideo, true, "k1")
	write(queueVideo, false, "v2")
	write(queueAudio, false, "a3")
	write(queueVideo, false, "v4")
	write(queueVideo, false, "v5") // full
	write(queueVideo, true, "k6")  // still full
	write(queueAudio, false, "a7")
	if overflows != 1 || q.Dropped() != 3 {
		t.Errorf("%d overflows, %d dropped, want 1 and 3", overflows, q.Dropped())
	}
	emptied := make(chan struct{})
	q.Do(func() { close(emptied) })
	close(g.open)
	<-emptied
	write(queueVideo, false, "v8") // there is room, but nothing to decode it from
	write(queueAudio, false, "a9")
	write(queueVideo, true, "k10")
	write(queueVideo, false, "v11")
	q.Close(true)
	g.want(t, "k1", "v2", "a3", "v4", "a9", "k10", "v11")
	if q.Dropped() != 4 {
		t.Errorf("%d dropped, want 4", q.Dropped())
	}
}

func TestQueueBoundsBytes(t *testing.T) {
	g := newGate()
	q := NewQueue(QueueOptions{Bytes: 10, Handle: g.handle})
	held := make(chan struct{})
	q.Do(func() { close(held); <-g.open })
	<-held
	for _, s := range []string{"12345", "67890", "x", ""} {
		q.Write(&Packet{Format: queueAudio, Data: []byte(s)})
	}
	close(g.open)
	q.Write(&Packet{Format: queueAudio, Data: make([]byte, 11)}) // fits never
	q.Close(true)
	g.want(t, "12345", "67890", "")
}

func TestQueueCloseDiscards(t *testing.T) {
	g := newGate()
	q := NewQueue(QueueOptions{Handle: g.handle})
	held, done := make(chan struct{}), false
	q.Do(func() { close(held); <-g.open })
	<-held
	q.Write(&Packet{Format: queueAudio, Data: []byte("a")})
	q.Do(func() { done = true })
	go func() {
		for { // until Close has set its mark
			q.mu.Lock()
			discarding := q.discard
			q.mu.Unlock()
			if discarding {
				close(g.open)
				return
			}
			runtime.Gosched()
		}
	}()
	q.Close(false)
	g.want(t)
	if !done {
		t.Error("a function given to Do was not called")
	}
}

func TestQueueReportsPanic(t *testing.T) {
	failed := make(chan any, 1)
	q := NewQueue(QueueOptions{
		Handle: func(*Packet) { panic("broken") },
		Fail:   func(v any) { failed <- v },
	})
	q.Write(&Packet{Format: queueAudio})
	if v := <-failed; v != "broken" {
		t.Errorf("reported %v", v)
	}
	q.Write(&Packet{Format: queueAudio})
	q.Close(true)
}

// slow counts how often a batch was flushed.
type slow struct{ flushed int }

func (s *slow) Flush() { s.flushed++ }

func TestQueueFlushesItsBurst(t *testing.T) {
	batch := &slow{}
	q := NewQueue(QueueOptions{Handle: func(p *Packet) {
		if p.Burst.Batch("me") == nil {
			p.Burst.Add("me", batch)
		}
	}})
	for range 3 {
		q.Write(&Packet{Format: queueAudio, Burst: &Burst{}})
	}
	q.Close(true)
	if batch.flushed != 3 {
		t.Errorf("flushed %d times, want 3", batch.flushed)
	}
}

func TestQueueDoesNotAllocate(t *testing.T) {
	turn := make(chan struct{})
	q := NewQueue(QueueOptions{Handle: func(p *Packet) { turn <- struct{}{} }})
	defer q.Close(false)
	p := &Packet{Format: queueVideo, Data: make([]byte, 1200)}
	n := testing.AllocsPerRun(1000, func() {
		q.Write(p)
		q.Write(p)
		<-turn
		<-turn
	})
	if n != 0 {
		t.Errorf("%v allocations per packet", n)
	}
}

func TestQueueTakesSeveralProducers(t *testing.T) {
	var sum int
	q := NewQueue(QueueOptions{Packets: 1 << 20, Handle: func(p *Packet) { sum += len(p.Data) }})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 1000 {
				q.Write(&Packet{Format: queueVideo, Data: make([]byte, 10)})
			}
		})
	}
	wg.Wait()
	q.Close(true)
	if sum != 40_000 {
		t.Errorf("%d bytes came through, want 40000", sum)
	}
}

// TestSlab lends and takes back at random, and looks whether a piece that is out is ever
// overwritten.
func TestSlab(t *testing.T) {
	type piece struct {
		data []byte
		mark byte
	}
	const limit = 300_000
	rnd := rand.New(rand.NewPCG(1, 2))
	s := slab{limit: limit}
	var out []piece
	var lent int
	for i := range 200_000 {
		fill := rnd.IntN(3) > 0 == (i/5000%2 == 0) // grow for a while, shrink for a while
		if !fill && len(out) > 0 {
			p := out[0]
			out = out[1:]
			if bytes.Count(p.data, []byte{p.mark}) != len(p.data) {
				t.Fatalf("turn %d: a piece was overwritten while it was out", i)
			}
			s.give(len(p.data))
			lent -= len(p.data)
			continue
		}
		n := rnd.IntN(3000)
		if rnd.IntN(50) == 0 {
			n = rnd.IntN(limit + 10)
		}
		data, ok := s.take(n)
		if ok != (lent+n <= limit) {
			t.Fatalf("turn %d: %d bytes with %d lent of %d: %v", i, n, lent, limit, ok)
		}
		if !ok {
			continue
		}
		p := piece{data, byte(i)}
		for j := range data {
			data[j] = p.mark
		}
		out = append(out, p)
		lent += n
	}
	if len(s.block) > 2*limit+minBlock {
		t.Errorf("the block has grown to %d bytes", len(s.block))
	}
}

// BenchmarkQueue hands packets to the consumer in batches of a frame.
func BenchmarkQueue(b *testing.B) {
	const frame = 32
	done := make(chan struct{})
	q := NewQueue(QueueOptions{Handle: func(*Packet) {}})
	defer q.Close(true)
	p := &Packet{Format: queueVideo, Key: true, Data: make([]byte, 1200)}
	handled := func() { done <- struct{}{} }
	b.ReportAllocs()
	for b.Loop() {
		for range frame {
			q.Write(p)
		}
		q.Do(handled)
		<-done
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*frame), "ns/packet")
	if q.Dropped() > 0 {
		b.Errorf("%d packets dropped", q.Dropped())
	}
}
