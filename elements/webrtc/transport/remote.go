package transport

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/pion/ice/v4"
)

const (
	// maxRemoteCandidates bounds what the peer's signalling can make us keep.
	maxRemoteCandidates = 128

	// maxNamed bounds how many of them are names that are looked up: a browser has one per address.
	maxNamed = 16

	// maxCandidateText bounds one candidate line.
	maxCandidateText = 512
)

// AddRemoteCandidate takes a candidate of the peer ("candidate:..." or without
// that word), before Start too. A name that ends in .local (multicast DNS) is looked up by the system's
// resolver meanwhile and used if that knows it; component 2 is accepted and not used.
// The error is ErrCandidate for a text that is none; a caller that is lenient ignores it.
func (c *Conn) AddRemoteCandidate(text string) error {
	fields, err := candidateFields(text)
	if err != nil {
		return err
	}
	var candidate ice.Candidate
	named := isMulticastName(fields[4])
	if !named {
		if candidate, err = parseCandidate(text); candidate == nil || err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.now
	switch {
	case c.closing:
		return ErrClosed
	case g.taken >= maxRemoteCandidates:
		return fmt.Errorf("more than %d remote candidates", maxRemoteCandidates)
	}
	g.taken++
	if named {
		if g.named++; g.named <= maxNamed {
			g.work.Go(func() { g.addNamed(fields) })
		}
		return nil
	}
	return g.addRemote(candidate)
}

// addRemote is called locked.
func (g *generation) addRemote(candidate ice.Candidate) error {
	g.heard++
	if g.agent == nil {
		g.waiting = append(g.waiting, candidate)
		return nil
	}
	g.conn.connecting()
	return g.agent.AddRemoteCandidate(candidate)
}

// addNamed uses a candidate whose address is a name, if that has an address. If not, the
// peer is found by its own checks.
func (g *generation) addNamed(fields []string) {
	c := g.conn
	addrs, err := c.pool.names.lookUpForPeer(g.ctx, fields[4])
	if err != nil {
		c.log.Debug().Err(err).Msg("multicast name of a remote candidate is not known")
		return
	}
	fields[4] = addrs[0].WithZone("").String()
	candidate, err := parseCandidate(strings.Join(fields, " "))
	if candidate == nil || err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if g == c.now && !c.closing {
		_ = g.addRemote(candidate) // fails when closed only
	}
}

// isMulticastName tells a name of multicast DNS from an address. It has one label before .local; no
// other name of the peer's is looked up (draft-ietf-mmusic-mdns-ice-candidates §3.2.1).
func isMulticastName(address string) bool {
	name, ok := strings.CutSuffix(strings.ToLower(address), ".local")
	return ok && name != "" && !strings.ContainsAny(name, ".:%")
}

// candidateFields splits a candidate line.
func candidateFields(text string) ([]string, error) {
	if len(text) > maxCandidateText {
		return nil, fmt.Errorf("%w: %d bytes", ErrCandidate, len(text))
	}
	text = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), "a="))
	fields := strings.Fields(text)
	if len(fields) < 8 || fields[6] != "typ" {
		return nil, fmt.Errorf("%w: %q", ErrCandidate, text)
	}
	return fields, nil
}

// parseCandidate reads a candidate line; nil without error: valid, of no use.
func parseCandidate(text string) (ice.Candidate, error) {
	fields, err := candidateFields(text)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(strings.ToLower(fields[4]), ".local") || fields[1] != "1" {
		return nil, nil
	}
	candidate, err := ice.UnmarshalCandidate(strings.Join(fields, " "))
	if err != nil {
		return nil, fmt.Errorf("%w: %q: %w", ErrCandidate, text, err)
	}
	return candidate, nil
}

// candidateAddr is the transport address of a candidate; invalid for a name.
func candidateAddr(candidate ice.Candidate) netip.AddrPort {
	ip, err := netip.ParseAddr(candidate.Address())
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(ip.Unmap(), uint16(candidate.Port()))
}
