package transport

import (
	"time"

	"github.com/pion/ice/v4"
)

// patience is how long the peer's candidates are checked before the connection is told to have failed: when libnice,
// and so Kurento, has given up the last of them. The checks go on for as long as the agent's (failAfter), so a
// late answer still connects.
const patience = 7 * time.Second

// states is what Events was told last. Guarded by Conn.mu.
type states struct {
	ice      ICEState
	dtls     DTLSState   // "": nothing yet
	patience *time.Timer // from the last candidate of the peer on, until a pair is selected
}

// setICE tells of a new ICE state, once. Called locked.
func (c *Conn) setICE(s ICEState) {
	if c.states.ice != s {
		c.states.ice = s
		c.events.post(func(e Events) { e.ICEState(s) })
	}
}

// connecting tells that checks are under way, as Kurento does: when both
// sides' candidates are there. A new candidate takes a failure back. Called locked.
func (c *Conn) connecting() {
	if g := c.now; g.peer == nil || g.agent == nil || c.closing || g.selected || g.ended {
		return
	}
	c.setICE(ICEConnecting)
	if c.states.patience == nil {
		c.states.patience = time.AfterFunc(patience, c.giveUp)
	} else {
		c.states.patience.Reset(patience)
	}
}

// giveUp tells that no candidate of the peer has answered.
func (c *Conn) giveUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.now.selected && c.now.peer != nil && !c.closing {
		c.setICE(ICEFailed)
	}
}

// pairSelected tells of the pair, and of the connection if it is news. Called locked.
func (c *Conn) pairSelected(next, last *way) {
	first := !next.of.selected
	next.of.selected = true
	if first && next.of == c.now {
		c.setICE(ICEConnecting) // if the peer's checks came before any candidate
	}
	if last == nil || last.of != next.of || last.local != next.local || last.peer != next.peer {
		c.events.post(func(e Events) { e.PairSelected(next.local, next.peer) })
	}
	if next.of != c.now {
		return
	}
	if c.states.patience != nil {
		c.states.patience.Stop()
	}
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
func (g *generation) agentState(s ice.ConnectionState) {
	c := g.conn
	c.log.Debug().Stringer("state", s).Int("generation", g.number).Msg("ice state")
	c.mu.Lock()
	defer c.mu.Unlock()
	if g == c.old || g == c.now && c.old == nil {
		c.lost.Store(s == ice.ConnectionStateDisconnected || s == ice.ConnectionStateFailed)
		if s == ice.ConnectionStateFailed {
			c.way.Store(nil) // no consent: nothing more is sent (RFC 7675 §5.1)
		}
	}
	if s == ice.ConnectionStateFailed {
		g.ended = true
	}
	switch {
	case g == c.old && s == ice.ConnectionStateFailed && c.now.peer == nil:
		c.setICE(ICEFailed) // and nothing is under way that could replace it
	case g != c.now:
	case s == ice.ConnectionStateConnected && g.selected:
		c.connected()
	case s == ice.ConnectionStateDisconnected:
		c.setICE(ICEDisconnected)
	case s == ice.ConnectionStateFailed:
		c.setICE(ICEFailed)
	}
}

// tellDTLS is setDTLS for whoever does not hold the lock.
func (c *Conn) tellDTLS(s DTLSState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.setDTLS(s)
}

// setDTLS tells of a new DTLS state, once. Called locked.
func (c *Conn) setDTLS(s DTLSState) {
	if c.states.dtls != s {
		c.states.dtls = s
		c.events.post(func(e Events) { e.DTLSState(s) })
	}
}
