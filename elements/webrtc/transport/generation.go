package transport

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
)

// generation is one run of ICE: its credentials and candidates, its agent. A
// restart (RFC 8445 §9) makes the next one and leaves the last one alone, so that
// checks of the old pair are answered, consent stays fresh and relays live until
// media takes the new pair.
type generation struct {
	conn       *Conn
	number     int // from 0; a higher one is younger
	ufrag, pwd string
	names      candidateNames
	ctx        context.Context // ends with close
	cancel     context.CancelFunc
	work       sync.WaitGroup

	// Made when gathering begins, unchanged afterwards.
	agent   *ice.Agent
	sockets []*Socket
	turn    *turnNet

	// Guarded by Conn.mu.
	waiting  []ice.Candidate // remote candidates from before the agent was made
	taken    int             // remote candidates so far
	named    int             // of them, those with a name
	heard    int             // those with an address
	peer     *Remote         // nil until checks may begin
	selected bool            // it has had a pair
	ended    bool            // its agent has given up for good
	ice      *ice.Conn       // set when checks start
	relay    *relay          // of ways without a shared socket

	checking          atomic.Pointer[Remote]     // peer, from when checks begin on
	twin              atomic.Pointer[generation] // the peer's, once it is known to be within the server
	nominated, chosen uint64                     // pair IDs; see roam
	tcpConns          atomic.Int32               // see tcpGate
}

func (c *Conn) newGeneration(number int) *generation {
	g := &generation{conn: c, number: number, ufrag: randomText(8), pwd: randomText(24)}
	g.ctx, g.cancel = context.WithCancel(c.ctx)
	return g
}

// before tells whether g is older than o; nobody is older than all.
func (g *generation) before(o *generation) bool {
	return g == nil || o != nil && g.number < o.number
}

// makeAgent makes the ICE agent on the sockets of the connection's port. Called locked.
func (g *generation) makeAgent() error {
	c := g.conn
	sockets, err := c.pool.socketsOf(c.port)
	if err != nil {
		return err
	}
	for _, s := range sockets {
		if len(c.cfg.Interfaces) == 0 || slices.Contains(c.cfg.Interfaces, s.iface) {
			g.sockets = append(g.sockets, s)
		}
	}
	if len(g.sockets) == 0 {
		return fmt.Errorf("%w on interfaces %v", ErrNoAddress, c.cfg.Interfaces)
	}
	g.turn = newTurnNet(g, c.pool.net.Load())
	options, err := g.agentOptions()
	if err == nil {
		g.agent, err = ice.NewAgentWithOptions(options...)
	}
	if err != nil {
		g.turn.close()
		return err
	}
	// These store a function and cannot fail.
	_ = g.agent.OnCandidate(g.foundCandidate)
	_ = g.agent.OnConnectionStateChange(g.agentState)
	_ = g.agent.OnSelectedCandidatePairChange(g.selectPair)
	for _, candidate := range g.waiting {
		_ = g.agent.AddRemoteCandidate(candidate) // fails when closed only
	}
	g.waiting = nil
	c.pool.runs.add(g)
	return nil
}

// checkIfReady starts the checks when both sides are known. Called locked, by
// whoever completed that.
func (g *generation) checkIfReady() {
	if g.peer == nil || g.agent == nil {
		return
	}
	if g.heard > 0 {
		g.conn.connecting()
	}
	remote := *g.peer
	g.work.Go(func() { g.check(remote) })
}

// check starts the checks and then reads what comes through the agent.
func (g *generation) check(remote Remote) {
	g.checking.Store(&remote)
	start := g.agent.StartAccept
	if remote.Controlling {
		start = g.agent.StartDial
	}
	conn, err := start(remote.Ufrag, remote.Pwd)
	if err != nil {
		g.conn.log.Debug().Err(err).Msg("ice did not start") // closed meanwhile
		return
	}
	g.started(conn)
	if g.conn.readsRelay() {
		g.conn.readRelay(conn)
	}
}

// lingering is how long a generation stays after media has gone over to the
// next: packets are still under way, and the peer may go over later.
const lingering = 3 * time.Second

// linger closes g, which media does not take any more, in a while. Called locked.
func (g *generation) linger() {
	g.conn.work.Go(func() {
		late := time.NewTimer(lingering)
		defer late.Stop()
		select {
		case <-late.C:
		case <-g.conn.ctx.Done():
		}
		g.close()
	})
}

// close ends g: nothing of it runs any more when it returns.
func (g *generation) close() {
	g.cancel()
	g.conn.pool.runs.remove(g)
	if g.agent != nil {
		g.turn.closing(func() { _ = g.agent.GracefulClose() })
	}
	g.work.Wait()
	g.conn.mu.Lock()
	r := g.relay
	g.conn.mu.Unlock()
	r.close()
	for _, h := range g.conn.hostList() {
		h.leave(g)
	}
}
