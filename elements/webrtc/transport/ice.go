package transport

import (
	"net/netip"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/stun/v4"
)

// Times of the ICE agent. Media passes it by, so only STUN counts as life: it
// checks every 2 s and misses three answers before it speaks of a loss.
const (
	keepalive       = 2 * time.Second
	disconnectAfter = 7 * time.Second  // without STUN from the peer
	failAfter       = 23 * time.Second // after that; together 30 s, the consent of RFC 7675
	checkInterval   = 100 * time.Millisecond
	maxChecks       = 100 // per pair: 10 s; later ones answer the peer's checks
)

// How long a better kind of pair is waited for before one with this kind of
// candidate is nominated, when we control. A peer-reflexive one is the direct
// path of a peer whose candidate was not signalled yet.
const (
	waitSrflx = 200 * time.Millisecond
	waitPrflx = 50 * time.Millisecond
	waitRelay = time.Second
)

func (g *generation) agentOptions() ([]ice.AgentOption, error) {
	c := g.conn
	kinds := []ice.CandidateType{ice.CandidateTypeHost}
	networks := []ice.NetworkType{ice.NetworkTypeUDP4, ice.NetworkTypeUDP6}
	options := []ice.AgentOption{
		ice.WithLocalCredentials(g.ufrag, g.pwd),
		ice.WithNet(g.turn),
		ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled),
		ice.WithLoggerFactory(quiet{}),
		ice.WithKeepaliveInterval(keepalive),
		ice.WithDisconnectedTimeout(disconnectAfter),
		ice.WithFailedTimeout(failAfter),
		ice.WithCheckInterval(checkInterval),
		ice.WithMaxBindingRequests(maxChecks),
		ice.WithSrflxAcceptanceMinWait(waitSrflx),
		ice.WithPrflxAcceptanceMinWait(waitPrflx),
		ice.WithRelayAcceptanceMinWait(waitRelay),
		ice.WithBindingRequestHandler(g.roam),
		ice.WithDisableActiveTCP(),
	}
	if len(c.cfg.TURN) > 0 {
		kinds = append(kinds, ice.CandidateTypeRelay)
		options = append(options, ice.WithUrls(g.turn.uris()))
	}
	if c.cfg.RelayOnly {
		kinds = kinds[1:]
	} else {
		options = append(options, ice.WithUDPMux(mux{g}))
	}
	if c.cfg.ICETCP && !c.cfg.RelayOnly {
		tcp, err := c.pool.tcpMux()
		if err != nil {
			return nil, err
		}
		networks = append(networks, ice.NetworkTypeTCP4, ice.NetworkTypeTCP6)
		options = append(options, ice.WithTCPMux(tcp), ice.WithIncludeLoopback())
	}
	return append(options, ice.WithCandidateTypes(kinds), ice.WithNetworkTypes(networks)), nil
}

// roam is asked about every connectivity check of the peer; true selects its
// pair. Pion's controlled agent ignores a nomination of a pair with a lower
// priority than the selected one, which is what a peer sends that moved to
// another network. It is followed here, but only once the pair has answered
// our own check: else a peer could point media at a victim. By pair ID, because
// the agent may replace a pair's object. It runs on the agent's task loop.
func (g *generation) roam(m *stun.Message, _, _ ice.Candidate, pair *ice.CandidatePair) bool {
	if !m.Contains(stun.AttrICEControlling) {
		return false
	}
	if m.Contains(stun.AttrUseCandidate) {
		g.nominated = pair.ID()
	}
	if g.nominated != pair.ID() || pair.ResponsesReceived() == 0 || g.chosen == pair.ID() {
		return false
	}
	g.chosen = pair.ID()
	return true
}

// selectPair points media at the selected pair. The agent calls it, on its own
// goroutine and one call at a time, possibly after the connection counts as
// connected. The pair of a run that a restart has replaced counts until the new one has a pair.
func (g *generation) selectPair(local, remote ice.Candidate) {
	c := g.conn
	next := &way{of: g, local: g.names.announced(local), peer: candidateText(remote, remote.Address())}
	if local.Type() == ice.CandidateTypeHost && !local.NetworkType().IsTCP() {
		dest, err := g.destination(candidateAddr(local), candidateAddr(remote))
		if err != nil {
			c.log.Debug().Err(err).Str("remote", next.peer).Msg("selected pair not usable")
			return
		}
		next.dest = dest
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing || g != c.now && g != c.old {
		return
	}
	if next.dest == nil {
		g.startRelay()
		next.relay = g.relay
	}
	last := c.way.Swap(next)
	c.log.Debug().Str("local", next.local).Str("remote", next.peer).Int("generation", g.number).Msg("ice pair selected")
	c.pairSelected(next, last)
	if g == c.now && c.old != nil {
		c.old.linger()
		c.old = nil
		c.lost.Store(false) // whatever the old agent said last
	}
	c.selectedOnce.Do(func() { close(c.selected) }) // DTLS begins
}

// destination is the way of a pair of host and peer; nil: it does not go over the shared socket.
func (g *generation) destination(local, peer netip.AddrPort) (*destination, error) {
	for _, s := range g.sockets {
		if s.local == local && g.within(peer) == nil {
			dest, err := g.conn.host(s).destination(peer, g)
			if err != nil || dest.sock != s {
				return nil, err
			}
			return dest, nil
		}
	}
	return nil, nil
}

// startGathering starts the agent's search and ours, for server-reflexive
// candidates. Called locked.
func (g *generation) startGathering() {
	servers := g.conn.cfg.reflexiveServers()
	g.names.expect(1 + len(servers))
	for _, s := range servers {
		g.work.Go(func() {
			defer g.gathered()
			if err := g.askSTUN(s.address); err != nil && !s.relay {
				g.serverFailed(s.address, err)
			}
		})
	}
	if err := g.agent.GatherCandidates(); err != nil {
		g.conn.log.Debug().Err(err).Msg("ice agent does not gather") // closed meanwhile
	}
}

// foundCandidate hears of each candidate of the agent; nil is the end.
func (g *generation) foundCandidate(candidate ice.Candidate) {
	if candidate == nil {
		g.turn.ended()
		g.gathered()
		return
	}
	g.announce(g.names.name(candidate, g.conn.external(candidate)))
}

// external is the address under which a candidate is announced.
func (c *Conn) external(candidate ice.Candidate) string {
	if candidate.Type() == ice.CandidateTypeHost {
		if ip := c.externalOf(candidateAddr(candidate).Addr()); ip.IsValid() {
			return ip.String()
		}
	}
	return candidate.Address()
}

// externalOf is what replaces the address of a host candidate; invalid: nothing.
func (c *Conn) externalOf(ip netip.Addr) netip.Addr {
	switch {
	case ip.Is4():
		return c.cfg.ExternalIPv4
	case ip.Is6():
		return c.cfg.ExternalIPv6
	}
	return netip.Addr{}
}

// announce tells Events of a candidate, once: two host candidates may have the
// same external address.
func (g *generation) announce(text string) {
	if g.names.first(text) {
		g.tell(func(e Events) { e.Candidate(text) })
	}
}

// gathered is called by each of the searches when it ends.
func (g *generation) gathered() {
	if g.names.done() {
		g.tell(func(e Events) { e.GatheringDone() })
	}
}

// tell tells Events, unless a restart has made it old news.
func (g *generation) tell(call func(Events)) {
	g.conn.mu.Lock()
	defer g.conn.mu.Unlock()
	if g.conn.now == g {
		g.conn.events.post(call)
	}
}
