package sdp

import "fmt"

// AddLocalCandidate takes a candidate of one of our transports, which LocalSDP shows from now on,
// and returns it once for each m-line of the transport: what Kurento raises
// as IceCandidateFound. Errors: ErrNoLocalSDP, ErrCandidate.
func (a *Agent) AddLocalCandidate(transport int, text string) ([]IceCandidate, error) {
	c, err := ParseCandidate(text)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.own == nil || transport >= len(a.ice) {
		return nil, ErrNoLocalSDP
	}
	if t := &a.ice[transport]; len(t.gathered) < maxCandidates {
		t.gathered = append(t.gathered, c)
	}
	var out []IceCandidate
	for i, s := range a.own.sections {
		if !s.refused && s.transport == transport {
			out = append(out, IceCandidate{Candidate: c.String(), SDPMid: s.mid, SDPMLineIndex: i})
		}
	}
	return out, nil
}

// EndLocalCandidates says that gathering for a transport has ended, and tells whether with that it has for all that are in
// use.
func (a *Agent) EndLocalCandidates(transport int) (all bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.own == nil || transport >= len(a.ice) {
		return false
	}
	a.ice[transport].complete = true
	used, concerned := false, false
	for _, s := range a.own.sections {
		if s.refused {
			continue
		}
		if !a.ice[s.transport].complete {
			return false
		}
		used, concerned = true, concerned || s.transport == transport
	}
	return concerned || !used
}

// trickled is a candidate of the peer and the m-line it names.
type trickled struct {
	candidate Candidate
	at        IceCandidate
}

// AddRemoteCandidate takes what addIceCandidate brings. transport is that of the ICE agent that c is for
// now. It is -1 for what needs no action: a text that is no
// candidate, a candidate of a refused m-line or of RTCP's own component, and one
// that comes before the peer's description, which is kept until then. Error:
// ErrAddCandidate, when neither mid nor index is one of the description's, or
// there are too many.
func (a *Agent) AddRemoteCandidate(ic IceCandidate) (c Candidate, transport int, err error) {
	c, err = ParseCandidate(ic.Candidate)
	if err != nil {
		return Candidate{}, -1, nil //nolint:nilerr // Kurento answers success
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.peer != nil {
		transport, err := a.place(trickled{c, ic})
		return c, transport, err
	}
	if len(a.early) == maxCandidates {
		return c, -1, fmt.Errorf("%w: there are %d already", ErrAddCandidate, maxCandidates)
	}
	a.early = append(a.early, trickled{c, ic})
	return c, -1, nil
}

// place adds a candidate to its m-line and tells which transport it is for, -1
// for none. Called locked, with a session.
func (a *Agent) place(t trickled) (transport int, err error) {
	i := a.findMedia(t.at)
	if i < 0 {
		return -1, fmt.Errorf("%w: no m-line has mid %q or index %d", ErrAddCandidate, t.at.SDPMid, t.at.SDPMLineIndex)
	}
	m := &a.session.Media[i]
	if m.Rejected {
		return -1, nil
	}
	if a.received == maxCandidates {
		return -1, fmt.Errorf("%w: there are %d already", ErrAddCandidate, maxCandidates)
	}
	a.received++
	a.trickled[i] = append(a.trickled[i], t.candidate)
	if t.candidate.Component != 1 {
		return -1, nil
	}
	return m.Transport, nil
}

// findMedia returns the m-line a candidate names by its mid, ours or the peer's,
// or else by its index; -1 if there is none. Kurento keeps 8 bits of the index.
func (a *Agent) findMedia(ic IceCandidate) int {
	if ic.SDPMid != "" {
		for i := range a.peer.sections {
			if a.peer.sections[i].mid() == ic.SDPMid {
				return i
			}
		}
		for i := range a.own.sections {
			if a.own.sections[i].mid == ic.SDPMid {
				return i
			}
		}
	}
	if i := int(uint8(ic.SDPMLineIndex)); i < len(a.session.Media) {
		return i
	}
	return -1
}
