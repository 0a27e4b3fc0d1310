package peer

import (
	"fmt"
	"strings"
	"time"

	"github.com/pion/webrtc/v3"
)

// component is the second field of a candidate attribute (RFC 8839 section 5.1).
func component(candidate string) string {
	fields := strings.Fields(candidate)
	if len(fields) < 2 {
		return ""
	}
	return fields[1]
}

// check gives ICE a candidate of the server; called locked.
func (p *Peer) check(candidate string) error {
	if p.closed {
		return ErrClosed
	}
	if err := p.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: candidate}); err != nil {
		return fmt.Errorf("candidate %q: %w", candidate, err)
	}
	if !p.checking {
		p.checking = true
		p.tasks.Go(p.urge)
	}
	return nil
}

// urge makes Pion look at its candidate pairs after 5, 15, 35, 75 and 155 ms, until the peer is connected. Left alone it
// nominates a pair when the server's check happens to come after its own has succeeded, and otherwise at its 200 ms tick,
// which would be mistaken for the server's set-up time; browsers have no such tick. Any new remote candidate starts a
// round of checks: these are of a kind that is paired with nothing, since active TCP is off.
func (p *Peer) urge() {
	const rounds = 5
	pause := 5 * time.Millisecond
	for port := 1; port <= rounds; port++ {
		select {
		case <-time.After(pause):
		case <-p.connected:
			return
		case <-p.lost:
			return
		}
		unpaired := fmt.Sprintf("candidate:1 1 tcp 1 127.0.0.1 %d typ host tcptype passive", port)
		if p.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: unpaired}) != nil {
			return // closed meanwhile
		}
		pause *= 2
	}
}
