package transport

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"

	"github.com/pion/ice/v4"
)

// candidateNames remembers how candidates were announced.
type candidateNames struct {
	mu       sync.Mutex
	texts    map[string]string // of the agent's candidates, by ID
	told     map[string]bool
	searches int // still going on
}

// expect says how many searches there will be.
func (n *candidateNames) expect(searches int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.searches = searches
	n.texts = make(map[string]string)
	n.told = make(map[string]bool)
}

// done ends one search; true for the last.
func (n *candidateNames) done() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.searches--
	return n.searches == 0
}

// first tells whether text is told for the first time.
func (n *candidateNames) first(text string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.told[text] {
		return false
	}
	n.told[text] = true
	return true
}

// name makes and remembers the text of a candidate with the given address.
func (n *candidateNames) name(candidate ice.Candidate, address string) string {
	text := candidateText(candidate, address)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.texts[candidate.ID()] = text
	return text
}

// announced is the text under which the peer knows a local candidate.
func (n *candidateNames) announced(candidate ice.Candidate) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if text, ok := n.texts[candidate.ID()]; ok {
		return text
	}
	return candidateText(candidate, candidate.Address())
}

// candidateText writes a candidate line (RFC 8839 §5.1, RFC 6544 §4.5).
func candidateText(c ice.Candidate, address string) string {
	foundation := strings.TrimSpace(c.Foundation())
	if foundation == "" {
		foundation = "0"
	}
	text := fmt.Sprintf("candidate:%s %d %s %d %s %d typ %s", foundation, c.Component(),
		strings.ToUpper(c.NetworkType().NetworkShort()), c.Priority(), address, c.Port(), c.Type())
	if r := c.RelatedAddress(); r != nil && r.Address != "" {
		text += fmt.Sprintf(" raddr %s rport %d", r.Address, r.Port)
	}
	if c.TCPType() != ice.TCPTypeUnspecified {
		text += " tcptype " + c.TCPType().String()
	}
	return text
}

// reflexiveText is the line of a server-reflexive candidate. Its priority is
// that of RFC 8445 §5.1.2: type preference 100, the highest local preference.
func reflexiveText(seen, base netip.AddrPort) string {
	const component, typePreference, localPreference = 1, 100, 1<<16 - 1
	foundation := "srflx4"
	if seen.Addr().Is6() {
		foundation = "srflx6"
	}
	return fmt.Sprintf("candidate:%s %d UDP %d %s %d typ srflx raddr %s rport %d", foundation, component,
		typePreference<<24|localPreference<<8|(256-component), seen.Addr(), seen.Port(), base.Addr(), base.Port())
}
