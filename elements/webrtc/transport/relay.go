package transport

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"

	"github.com/rivero-media/rivero/elements/webrtc/transport/udp"
	"github.com/rivero-media/rivero/pipeline/media"
)

// relayQueue is how many packets wait for a slow way: 100 ms at 30 Mbit/s.
const relayQueue = 256

// relay sends packets through the ICE connection: over a TURN server, over TCP,
// through a private socket. Such writes may block, so they have a goroutine of
// their own and what it cannot take is dropped.
type relay struct {
	conn    *ice.Conn
	packets chan []byte
	free    chan []byte
	drain   chan chan struct{} // closes what comes when the queue is empty
	done    chan struct{}
	ended   sync.WaitGroup
	dropped *atomic.Uint64
}

// startRelay makes g's relay if there is an ICE connection. Called locked.
func (g *generation) startRelay() {
	if g.ice == nil || g.relay != nil {
		return
	}
	r := &relay{
		conn:    g.ice,
		packets: make(chan []byte, relayQueue),
		free:    make(chan []byte, relayQueue),
		drain:   make(chan chan struct{}),
		done:    make(chan struct{}),
		dropped: &g.conn.send.dropped,
	}
	r.ended.Go(r.run)
	g.relay = r
}

// started gives the selected way its relay, if the pair was selected before the agent's connection
// was known here.
func (g *generation) started(conn *ice.Conn) {
	c := g.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	g.ice = conn
	if last := c.way.Load(); last != nil && last.of == g && last.dest == nil && !c.closing {
		g.startRelay()
		next := *last
		next.relay = g.relay
		c.way.Store(&next)
	}
}

func (r *relay) run() {
	for {
		select {
		case p := <-r.packets:
			r.write(p)
		case drained := <-r.drain:
			r.writeAll()
			close(drained)
		case <-r.done:
			return
		}
	}
}

func (r *relay) write(p []byte) {
	_, _ = r.conn.Write(p) // as on a network: what does not get away is lost
	r.recycle(p)
}

// writeAll empties the queue.
func (r *relay) writeAll() {
	for {
		select {
		case p := <-r.packets:
			r.write(p)
		default:
			return
		}
	}
}

// goodbyeTime is how long a connection that closes waits until its last packets, which say so, have gone a slow way.
const goodbyeTime = 200 * time.Millisecond

// flush waits until what was pushed so far is written, or goodbyeTime.
func (r *relay) flush() {
	if r == nil {
		return
	}
	timer := time.NewTimer(goodbyeTime)
	defer timer.Stop()
	drained := make(chan struct{})
	select {
	case r.drain <- drained:
	case <-timer.C:
		return
	}
	select {
	case <-drained:
	case <-timer.C:
	}
}

// buffer returns maxPacket bytes for push or recycle.
func (r *relay) buffer() []byte {
	select {
	case p := <-r.free:
		return p[:maxPacket]
	default:
		return make([]byte, maxPacket)
	}
}

func (r *relay) recycle(p []byte) {
	select {
	case r.free <- p:
	default:
	}
}

// push queues p, which came from buffer.
func (r *relay) push(p []byte) {
	select {
	case r.packets <- p:
	default:
		r.dropped.Add(1)
		r.recycle(p)
	}
}

// close ends the goroutine. The ICE agent is closed before, so that no write blocks.
func (r *relay) close() {
	if r != nil {
		close(r.done)
		r.ended.Wait()
	}
}

// readsRelay tells whether media may come through the ICE agent.
func (c *Conn) readsRelay() bool { return len(c.cfg.TURN) > 0 || c.cfg.ICETCP }

// readRelay is the read loop of what comes through the ICE agent.
func (c *Conn) readRelay(conn *ice.Conn) {
	r := &reader{}
	r.own = func(v any) { c.broken(v) }
	buf := make([]byte, udp.MaxSize)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return // the agent is closed
		}
		c.handleRelayed(buf[:n], r)
		r.burst.Flush()
	}
}

func (c *Conn) handleRelayed(p []byte, r *reader) {
	defer r.burst.Rescue(r.own)
	switch {
	case len(p) == 0:
	case p[0] >= 128 && p[0] <= 191:
		c.receive(p, media.Now(), r)
	case p[0] >= 20 && p[0] <= 63:
		c.dtls.queue.put(p, netip.AddrPort{})
	}
}
