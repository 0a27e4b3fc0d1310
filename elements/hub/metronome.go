package hub

import (
	"sync"
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

// metronome calls a function at a steady rate on a goroutine of its own, from the first Start to Stop.
type metronome struct {
	interval time.Duration
	// patience is how late a turn may be and still be made up for; turns before that are left out. Sound needs every turn,
	// pictures that are late are of no use.
	patience time.Duration
	// turn gets the time on the pipeline clock for which it is called, a multiple of the interval after the first, and the
	// burst for what it writes.
	turn func(at time.Duration, burst *media.Burst)
	fail func(v any) // told the value of a panic in turn, which is not called again

	burst media.Burst

	mu      sync.Mutex
	started bool
	stopped bool
	stop    chan struct{}
	done    chan struct{}
}

func newMetronome(interval, patience time.Duration, turn func(at time.Duration, burst *media.Burst), fail func(v any)) *metronome {
	return &metronome{
		interval: interval, patience: patience, turn: turn, fail: fail,
		stop: make(chan struct{}), done: make(chan struct{}),
	}
}

// Start has the turns begin, unless they have, or Stop was called.
func (m *metronome) Start() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.started && !m.stopped {
		m.started = true
		go m.run()
	}
}

// Stop returns when no turn is made any more. It may be called twice.
func (m *metronome) Stop() {
	m.mu.Lock()
	if !m.stopped {
		m.stopped = true
		close(m.stop)
		if !m.started {
			close(m.done)
		}
	}
	m.mu.Unlock()
	<-m.done
}

func (m *metronome) run() {
	defer close(m.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	next := media.Now()
	for {
		select {
		case <-m.stop:
			return
		case <-timer.C:
		}
		next = m.catchUp(next, media.Now())
		if !m.beat(next) {
			return
		}
		next += m.interval
		timer.Reset(next - media.Now())
	}
}

// beat makes one turn; false when that has failed.
func (m *metronome) beat(at time.Duration) (ok bool) {
	defer m.burst.Rescue(func(v any) {
		ok = false
		m.fail(v)
	})
	m.turn(at, &m.burst)
	m.burst.Flush()
	return true
}

// catchUp leaves out the turns that are too late to be made up for.
func (m *metronome) catchUp(next, now time.Duration) time.Duration {
	if late := now - next; late > m.patience {
		next += late / m.interval * m.interval
	}
	return next
}
