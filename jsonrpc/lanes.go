package jsonrpc

import "sync"

// lanes runs the requests of one connection: those of one pipeline in order, those of different pipelines side
// by side. A lane has a goroutine only while it has work.
type lanes struct {
	mu     sync.Mutex
	queues map[string][]func() // by pipeline id; present while its goroutine runs
	work   sync.WaitGroup
}

// do runs f after everything that was given for the same pipeline before.
func (l *lanes) do(pipeline string, f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.queues == nil {
		l.queues = make(map[string][]func())
	}
	queue, running := l.queues[pipeline]
	l.queues[pipeline] = append(queue, f)
	if !running {
		l.work.Go(func() { l.drain(pipeline) })
	}
}

// aside runs f at once, in the way of nobody.
func (l *lanes) aside(f func()) { l.work.Go(f) }

func (l *lanes) drain(pipeline string) {
	for {
		l.mu.Lock()
		queue := l.queues[pipeline]
		if len(queue) == 0 {
			delete(l.queues, pipeline)
			l.mu.Unlock()
			return
		}
		f := queue[0]
		queue[0] = nil
		l.queues[pipeline] = queue[1:]
		l.mu.Unlock()
		f()
	}
}

// wait returns when all work is done. Nothing may be given meanwhile, but by work itself.
func (l *lanes) wait() { l.work.Wait() }
