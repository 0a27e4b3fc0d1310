// How goroutines share a frame: rows one behind the other, like a wave.

package vp8

import (
	"sync"
	"sync/atomic"
)

// A wavefront gives out rows from top to bottom, and has each wait for the one
// above it. What is decided in a row depends on the row above only, so that
// the number of goroutines makes no difference to the frame.
type wavefront struct {
	next    atomic.Int32   // row
	columns []atomic.Int32 // that are done, of each row
	width   int            // columns of all rows
	// headroom is how many columns more a row waits for if it has to wait at
	// all. Then all goroutines are equally far from each other, and a delay of
	// one of them does not stop the next.
	headroom int
	waiting  atomic.Int32
	mu       sync.Mutex
	moved    sync.Cond
}

func (f *wavefront) init(cols, rows, goroutines int) {
	f.columns, f.width, f.headroom = make([]atomic.Int32, rows), cols, cols/goroutines
	f.moved.L = &f.mu
}

// begin starts over.
func (f *wavefront) begin() {
	f.next.Store(0)
	for i := range f.columns {
		f.columns[i].Store(0)
	}
}

// take returns a row that nobody has taken, or one that does not exist.
func (f *wavefront) take() int { return int(f.next.Add(1)) - 1 }

// await returns when so many columns of a row are done.
func (f *wavefront) await(row, columns int) {
	if row < 0 || int(f.columns[row].Load()) >= columns {
		return
	}
	columns = min(columns+f.headroom, f.width)
	f.mu.Lock()
	f.waiting.Add(1)
	for int(f.columns[row].Load()) < columns {
		f.moved.Wait()
	}
	f.waiting.Add(-1)
	f.mu.Unlock()
}

// done tells how many columns of a row are done.
func (f *wavefront) done(row, columns int) {
	f.columns[row].Store(int32(columns))
	if f.waiting.Load() > 0 {
		f.mu.Lock()
		f.moved.Broadcast()
		f.mu.Unlock()
	}
}

// crew is the goroutines that work on a frame, the caller of Encode first.
type crew struct {
	workers []*worker
	jobs    chan func(*worker)
	busy    sync.WaitGroup // with a job
	running sync.WaitGroup
}

func (c *crew) start(e *Encoder, n int) {
	c.jobs = make(chan func(*worker))
	for range n {
		c.workers = append(c.workers, newWorker(e))
	}
	for _, w := range c.workers[1:] {
		c.running.Go(func() {
			for job := range c.jobs {
				job(w)
				c.busy.Done()
			}
		})
	}
}

// together has all do a job, which shares out its work by itself.
func (c *crew) together(job func(*worker)) {
	others := len(c.workers) - 1
	c.busy.Add(others)
	for range others {
		c.jobs <- job
	}
	job(c.workers[0])
	c.busy.Wait()
}

// end ends all but the caller's own worker.
func (c *crew) end() {
	if c.jobs != nil {
		close(c.jobs)
		c.running.Wait()
		c.jobs, c.workers = nil, c.workers[:1]
	}
}
