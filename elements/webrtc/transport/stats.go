package transport

import (
	"time"

	"github.com/rivero-media/rivero/elements/webrtc/transport/srtp"
)

// Stats is a snapshot of one connection. Bytes are of protected packets,
// without UDP and IP headers; STUN and DTLS do not count.
type Stats struct {
	ICE   ICEState
	DTLS  DTLSState
	Local string        // selected local candidate, "" while there is none
	Peer  string        // selected remote candidate
	RTT   time.Duration // of the last connectivity check on the selected pair

	Profile srtp.Profile // 0 before DTLS is done

	PacketsSent, BytesSent         uint64 // RTP
	PacketsReceived, BytesReceived uint64 // RTP and RTCP
	SendDropped                    uint64 // not connected, too long, or the way too slow
	ReceiveDropped                 uint64 // malformed, not authentic or replayed
}

// Stats may be called at any time.
func (c *Conn) Stats() Stats {
	var s Stats
	c.mu.Lock()
	s.ICE, s.DTLS = c.states.ice, c.states.dtls
	agent := c.now.agent
	if c.old != nil {
		agent = c.old.agent
	}
	c.mu.Unlock()
	if way := c.way.Load(); way != nil {
		s.Local, s.Peer = way.local, way.peer
	}
	if agent != nil {
		if pair, ok := agent.GetSelectedCandidatePairStats(); ok {
			s.RTT = time.Duration(pair.CurrentRoundTripTime * float64(time.Second))
		}
	}
	if k := c.keys.Load(); k != nil {
		s.Profile = k.profile
	}
	c.send.mu.Lock()
	s.PacketsSent, s.BytesSent = c.send.packets, c.send.bytes
	c.send.mu.Unlock()
	s.SendDropped = c.send.dropped.Load()
	s.PacketsReceived, s.BytesReceived = c.recv.packets.Load(), c.recv.bytes.Load()
	s.ReceiveDropped = c.recv.dropped.Load()
	return s
}

// PoolStats counts what all connections of a pool share.
type PoolStats struct {
	Sockets int
	Lost    uint64 // packets that belonged to no connection
	Unsent  uint64 // packets that the system did not take: send buffer full, no route
}

// Stats may be called at any time.
func (p *Pool) Stats() (s PoolStats) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range p.ports {
		for _, socket := range one.sockets {
			s.Sockets++
			s.Lost += socket.lost.Load()
			s.Unsent += socket.unsent.Load()
		}
	}
	return s
}
