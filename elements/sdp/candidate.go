package sdp

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// maxCandidateBytes bounds the text of one candidate.
const maxCandidateBytes = 1024

// ErrCandidate says that a text is no ICE candidate. It never reaches a client:
// addIceCandidate ignores such a text.
var ErrCandidate = errors.New("not an ice candidate")

// IceCandidate is the IceCandidate of the Kurento protocol, as addIceCandidate
// and IceCandidateFound carry it.
type IceCandidate struct {
	Candidate     string
	SDPMid        string
	SDPMLineIndex int
}

// Candidate is an ICE candidate (RFC 8839 §5.1).
type Candidate struct {
	Foundation string
	Component  int    // 1, or 2 for RTCP without rtcp-mux
	Protocol   string // "udp" or "tcp", lower case
	Priority   uint32
	Address    string // may be a name, e.g. of mDNS
	Port       int
	Type       string // host, srflx, prflx or relay
	text       string
}

// ParseCandidate reads "candidate:<foundation> <component> <transport>
// <priority> <address> <port> typ <type> ...", with or without "a=" or
// "candidate:" before it. Errors wrap ErrCandidate.
func ParseCandidate(text string) (Candidate, error) {
	if len(text) > maxCandidateBytes {
		return Candidate{}, fmt.Errorf("%w: %d bytes", ErrCandidate, len(text))
	}
	text = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(text), "a="), "candidate:")
	f := strings.Fields(text)
	if len(f) < 8 || f[6] != "typ" {
		return Candidate{}, fmt.Errorf("%w: %q", ErrCandidate, text)
	}
	component, err1 := strconv.ParseUint(f[1], 10, 8)
	priority, err2 := strconv.ParseUint(f[3], 10, 32)
	port, err3 := strconv.ParseUint(f[5], 10, 16)
	if err := errors.Join(err1, err2, err3); err != nil || component == 0 {
		return Candidate{}, fmt.Errorf("%w: a number of %q", ErrCandidate, text)
	}
	return Candidate{
		Foundation: f[0],
		Component:  int(component),
		Protocol:   strings.ToLower(f[2]),
		Priority:   uint32(priority),
		Address:    f[4],
		Port:       int(port),
		Type:       f[7],
		text:       strings.Join(f, " "),
	}, nil
}

// String is the whole candidate with its extensions, beginning with "candidate:".
func (c Candidate) String() string { return "candidate:" + c.text }

// defaultCandidate picks the one that stands in m-line and c-line for those who
// read no candidates: UDP, and rather relayed than reflexive than host (RFC 8839
// §4.2.1.2), rather IPv4.
func defaultCandidate(candidates []Candidate) (best Candidate, ok bool) {
	bestRank := 0
	for _, c := range candidates {
		ip, err := netip.ParseAddr(c.Address)
		if err != nil || c.Protocol != "udp" || c.Component != 1 {
			continue
		}
		rank := 1
		switch c.Type {
		case "relay":
			rank = 3
		case "srflx":
			rank = 2
		}
		if ip.Is4() {
			rank += 3
		}
		if rank > bestRank {
			best, bestRank = c, rank
		}
	}
	return best, bestRank > 0
}

// addressType is the address type of an address in o= and c= (RFC 8866 §5.2).
func addressType(address string) string {
	if strings.Contains(address, ":") {
		return "IP6"
	}
	return "IP4"
}
