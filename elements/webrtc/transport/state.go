package transport

import "github.com/pion/ice/v4"

// states is what Events was told last. Guarded by Conn.mu.
type states struct {
	ice  ICEState
	dtls DTLSState
	pair *way // told by PairSelected
}

// setICE tells of a new ICE state, once. Called locked.
func (c *Conn) setICE(s ICEState) {
	if c.states.ice != s {
		c.states.ice = s
		c.events.post(func(e Events) { e.ICEState(s) })
	}
}

// connecting tells that checks are under way, as Kurento does: when both
// sides' candidates are there. Called locked.
func (c *Conn) connecting() {
	if c.remote != nil && c.agent != nil && c.states.ice == ICEGathering {
		c.setICE(ICEConnecting)
	}
}

// pairSelected tells of the pair, and of the connection if it is news.
func (c *Conn) pairSelected(next, last *way) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.connecting()
	if last == nil || last.local != next.local || last.peer != next.peer {
		c.events.post(func(e Events) { e.PairSelected(next.local, next.peer) })
	}
	c.states.pair = next
	c.connected()
}

// connected tells that media can take the selected pair. Called locked.
func (c *Conn) connected() {
	if c.states.ice != ICEReady {
		c.setICE(ICEConnected)
		c.setICE(ICEReady)
	}
}

// agentState translates the agent's states. CONNECTED is told together with
// the pair, which the agent reports on another goroutine.
func (c *Conn) agentState(s ice.ConnectionState) {
	c.log.Debug().Stringer("state", s).Msg("ice state")
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lost.Store(s == ice.ConnectionStateDisconnected || s == ice.ConnectionStateFailed)
	switch s {
	case ice.ConnectionStateConnected:
		if c.states.pair != nil {
			c.connected()
		}
	case ice.ConnectionStateDisconnected:
		c.setICE(ICEDisconnected)
	case ice.ConnectionStateFailed:
		c.setICE(ICEFailed)
		c.states.pair = nil
		c.way.Store(nil) // no consent: nothing more is sent (RFC 7675 §5.1)
	}
}

// setDTLS tells of a new DTLS state, once.
func (c *Conn) setDTLS(s DTLSState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.states.dtls != s {
		c.states.dtls = s
		c.events.post(func(e Events) { e.DTLSState(s) })
	}
}
