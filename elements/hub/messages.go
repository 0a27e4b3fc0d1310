package hub

import (
	"sync/atomic"

	"github.com/rivero-media/rivero/pipeline/media"
)

const (
	// messagesWaiting is how many messages wait at most for those before them to be written; more are dropped.
	messagesWaiting = 256
	// maxHops is how many hubs may pass a message on: ports can be linked in circles.
	maxHops = 4
)

// messages gives every port the messages of data channels that come into any of them.
type messages struct {
	out    *media.Output
	queue  *media.Queue // they come from a goroutine for each channel
	packet media.Packet // owned by the queue's goroutine
}

// messageInput is what a port takes messages with.
type messageInput struct {
	queue  *media.Queue
	format atomic.Pointer[media.Format]
}

func newMessages(wake func(), fail func(v any)) *messages {
	m := &messages{out: media.NewOutput(media.NoUpstream{}, wake)}
	m.packet.Format = m.out.SetFormat(media.Format{Kind: media.Data, Codec: media.Message})
	m.queue = media.NewQueue(media.QueueOptions{Packets: messagesWaiting, Handle: m.handle, Fail: fail})
	return m
}

func (m *messages) input() *messageInput { return &messageInput{queue: m.queue} }

// close returns when nothing is written any more.
func (m *messages) close() {
	m.queue.Close(false)
	m.out.Close()
}

func (m *messages) handle(p *media.Packet) {
	if p.Hops >= maxHops {
		return
	}
	passed := &m.packet
	passed.PTS, passed.At, passed.Text, passed.Data, passed.Burst = p.PTS, p.At, p.Text, p.Data, p.Burst
	passed.Hops = p.Hops + 1
	m.out.Write(passed)
	passed.Data, passed.Burst = nil, nil
}

// Accept is part of media.Input.
func (in *messageInput) Accept(f media.Format) (score int, ok bool) {
	return 0, f.Kind == media.Data && f.Codec == media.Message
}

// Bind is part of media.Input.
func (in *messageInput) Bind(f *media.Format, _ media.Source) { in.format.Store(f) }

// Write is part of media.Sink.
func (in *messageInput) Write(p *media.Packet) {
	if p.Format == in.format.Load() {
		in.queue.Write(p)
	}
}
