package sdp

import (
	"fmt"
	"slices"
	"strings"
)

// layout says which m-lines of a description share a transport, and through that
// which attributes they share.
type layout struct {
	*description
	of     []int      // transport of each m-line; below len(groups) a BUNDLE group, else its own
	groups [][]string // mids of each BUNDLE group
}

// newLayout reads the BUNDLE groups (RFC 9143 §7), if there may be any. An m-line that is in none, or
// that has no mid to be named by, has a transport of its own.
func newLayout(d *description, grouped bool) (layout, error) {
	l := layout{description: d, of: make([]int, len(d.sections))}
	group := make(map[string]int) // by mid
	for _, a := range d.attrs {
		mids := strings.Fields(a.value)
		if !grouped || a.name != "group" || len(mids) == 0 || mids[0] != "BUNDLE" {
			continue
		}
		for _, mid := range mids[1:] {
			if _, ok := group[mid]; !ok {
				group[mid] = len(l.groups)
			}
		}
		l.groups = append(l.groups, mids[1:])
	}
	seen := make(map[string]bool)
	for i := range d.sections {
		mid := d.sections[i].mid()
		if mid != "" && seen[mid] {
			return l, fmt.Errorf("mid %q names two m-lines", mid)
		}
		seen[mid] = true
		g, ok := group[mid]
		if mid == "" || !ok {
			g = len(l.groups) + i
		}
		l.of[i] = g
	}
	return l, nil
}

// closed tells whether m-line i is offered as not in use. Port 0 alone says so,
// but with bundle-only it means "only as part of the group" (RFC 9143 §6).
func (l *layout) closed(i int) bool {
	s := &l.sections[i]
	return s.port == 0 && !(s.attrs.has("bundle-only") && l.of[i] < len(l.groups))
}

// holder returns the attributes that speak for m-line i in a matter: its own,
// or those of an m-line it is bundled with (RFC 9143 §7.1.3: transport
// attributes may stand in one m-line of a group only), or the session's.
func (l *layout) holder(i int, name string) attributes {
	if s := &l.sections[i]; s.attrs.has(name) {
		return s.attrs
	}
	for j := range l.sections {
		if l.of[j] == l.of[i] && l.sections[j].attrs.has(name) {
			return l.sections[j].attrs
		}
	}
	return l.attrs
}

// direction of m-line i; the session's is the default (RFC 8866 §6.7).
func (l *layout) direction(i int) Direction {
	for _, as := range []attributes{l.sections[i].attrs, l.attrs} {
		for _, a := range as {
			switch d := Direction(a.name); d {
			case SendRecv, SendOnly, RecvOnly, Inactive:
				return d
			}
		}
	}
	return SendRecv
}

// muxed tells whether RTCP comes on RTP's own port (RFC 5761 §5.1.1, RFC 8858).
func (l *layout) muxed(i int) bool {
	return l.holder(i, "rtcp-mux").has("rtcp-mux") || l.holder(i, "rtcp-mux-only").has("rtcp-mux-only")
}

// setup is the role in the DTLS handshake that the peer leaves for m-line i
// (RFC 8842 §5.2); "" when it does not say.
func (l *layout) setup(i int) string {
	v, _ := l.holder(i, "setup").get("setup")
	return v
}

// transport gathers what the peer says of the transport of these m-lines, of
// which there is at least one. client is our DTLS role.
func (l *layout) transport(members []Media, client bool) Transport {
	first := members[0].Index
	t := Transport{Client: client, Lite: l.attrs.has("ice-lite")}
	ice := l.holder(first, "ice-ufrag")
	t.Ufrag, _ = ice.get("ice-ufrag")
	t.Pwd, _ = ice.get("ice-pwd")
	if t.Pwd == "" {
		t.Pwd, _ = l.holder(first, "ice-pwd").get("ice-pwd")
	}
	for _, a := range l.holder(first, "fingerprint") {
		algorithm, value, ok := strings.Cut(a.value, " ")
		if a.name == "fingerprint" && ok {
			t.Fingerprints = append(t.Fingerprints, Fingerprint{Algorithm: strings.ToLower(algorithm), Value: strings.TrimSpace(value)})
		}
	}
	for _, m := range members {
		t.MIDs = append(t.MIDs, m.MID)
	}
	for j := range l.sections {
		if l.of[j] == l.of[first] {
			t.addCandidates(l.sections[j].attrs)
		}
	}
	return t
}

// addCandidates takes those of component 1 that are not there yet: the m-lines
// of a group may repeat them.
func (t *Transport) addCandidates(as attributes) {
	for _, a := range as {
		if a.name != "candidate" {
			continue
		}
		c, err := ParseCandidate(a.value)
		if err == nil && c.Component == 1 && !slices.Contains(t.Candidates, c) {
			t.Candidates = append(t.Candidates, c)
		}
	}
}
