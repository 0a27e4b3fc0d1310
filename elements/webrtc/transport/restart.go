package transport

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Errors of a renegotiation.
var (
	ErrNotStarted     = errors.New("connection was not started")
	ErrNotRestarted   = errors.New("peer has restarted ICE, but this side has not")
	ErrNewAssociation = errors.New("a new DTLS association on the same connection is not supported")
	ErrDTLSRetired    = errors.New("DTLS is not read any more: data channels cannot be added to this connection")
)

// Restart begins a new run of ICE (RFC 8445 §9), to offer it or to answer the
// peer's: LocalUfrag and LocalPwd return new values afterwards and, if candidates
// have been gathered, they are gathered and told again. The peer's side of it comes
// with Renegotiate; candidates that AddRemoteCandidate takes from now on belong
// to it, earlier ones are forgotten.
//
// Media goes on over the old pair, whose consent is kept fresh, until a new one is
// selected. DTLS and the SRTP keys stay. Events hears ICEGathering, and then what it heard the
// first time; of the old pair it hears only when that is lost for good before
// Renegotiate. Another Restart meanwhile gives up the new run. After an error
// everything is as before.
func (c *Conn) Restart() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return ErrClosed
	}
	last := c.now
	next := c.newGeneration(last.number + 1)
	if last.agent == nil {
		c.now = next
		return nil
	}
	if err := next.makeAgent(); err != nil {
		next.cancel()
		return fmt.Errorf("restarting ICE: %w", err)
	}
	switch {
	case c.old != nil:
		c.work.Go(last.close)
	case last.selected && !last.ended:
		c.old = last
	default:
		c.work.Go(last.close)
	}
	c.now = next
	if c.states.patience != nil {
		c.states.patience.Stop()
	}
	c.setICE(ICEGathering)
	next.startGathering()
	return nil
}

// Renegotiate takes what the peer's new session description says of a connection that was
// started. With the credentials that it has already, ICE goes on as it is; with others
// the run that Restart has begun starts its checks. Data channels that were not negotiated
// before are started: see ConnConfig.KeepDTLS.
//
// Errors: ErrNotStarted; ErrNotRestarted for new credentials without a Restart;
// ErrNewAssociation for another certificate or DTLS role; ErrDTLSRetired for
// data channels that come too late. After an error nothing has changed.
func (c *Conn) Renegotiate(remote Remote) error {
	if err := remote.check(); err != nil {
		return err
	}
	remote.Fingerprints = slices.Clone(remote.Fingerprints)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closing:
		return ErrClosed
	case c.remote == nil:
		return ErrNotStarted
	case !sameFingerprints(c.remote.Fingerprints, remote.Fingerprints):
		return fmt.Errorf("peer's certificate has changed: %w", ErrNewAssociation)
	case c.remote.DTLSClient != remote.DTLSClient:
		return fmt.Errorf("peer's DTLS role has changed: %w", ErrNewAssociation)
	}
	known := c.now.peer
	fresh := known == nil || known.Ufrag != remote.Ufrag || known.Pwd != remote.Pwd
	if fresh && known != nil {
		return ErrNotRestarted
	}
	if remote.SCTP.negotiated() && !c.remote.SCTP.negotiated() {
		c.channels.negotiated(remote.SCTP, remote.DTLSClient)
		if !c.dtls.keep() {
			c.channels.negotiated(SCTPPorts{}, remote.DTLSClient)
			return ErrDTLSRetired
		}
		c.remote.SCTP = remote.SCTP
	}
	if fresh {
		c.now.peer = &remote
		c.now.checkIfReady()
	}
	return nil
}

// sameFingerprints compares them in any order and spelling.
func sameFingerprints(a, b []Fingerprint) bool {
	in := func(list []Fingerprint) func(Fingerprint) bool {
		return func(f Fingerprint) bool {
			return !slices.ContainsFunc(list, func(o Fingerprint) bool {
				return strings.EqualFold(f.Hash, o.Hash) && strings.EqualFold(f.Value, o.Value)
			})
		}
	}
	return !slices.ContainsFunc(a, in(b)) && !slices.ContainsFunc(b, in(a))
}
