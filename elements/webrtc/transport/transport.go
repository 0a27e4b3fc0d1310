// Package transport carries WebRTC connections (one Conn per BUNDLE group)
// over a few UDP sockets that they share: ICE, DTLS and SCTP by Pion's building
// blocks, SRTP, the sockets, the read loop and batched sending by its own
// code. It knows packets, not streams: sequence numbers, reports and
// retransmission belong to whoever sits on top as the Handler.
//
//	Pool       the sockets of the port range, or of the one port
//	Socket     one bound address: its tables, its read loop
//	Conn       one connection: DTLS, keys, where its packets go
//	hostConn   a Conn's place on a Socket
//	generation one run of ICE of a Conn: its agent, and a stunConn on each socket; a restart makes the next
//
// A packet's way in: Socket.readLoop → Conn.receive → Handler. Its way out:
// Conn.WriteRTP → the batch of the route's socket in the producer's burst.
package transport

import (
	"errors"
	"time"

	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/pipeline/media"
)

// Errors that callers may want to tell apart.
var (
	ErrClosed    = errors.New("transport is closed")
	ErrNoPort    = errors.New("no free UDP port")
	ErrOnePort   = errors.New("all connections share one port, and another one has this peer's address")
	ErrNoAddress = errors.New("no usable network address")
	ErrStarted   = errors.New("connection was started before")
	ErrCandidate = errors.New("not an ICE candidate")
)

// Handler takes what arrives on a connection, decrypted, on the goroutine that
// read it and one call at a time. Of a peer within this server that is the peer's, so closing
// the peer waits for the call, too. header, payload and packet are valid during
// the call only. It must not block and must not call Conn.Close.
type Handler interface {
	// HandleRTP gets one packet. Padding was taken off and is not mentioned in the
	// header any more. at is the pipeline time of the read; b is the reader's burst.
	HandleRTP(h *rtp.Header, payload []byte, at time.Duration, b *media.Burst)
	// HandleRTCP gets one compound packet.
	HandleRTCP(packet []byte, at time.Duration, b *media.Burst)
}

// Events hears what happens to a connection: one call at a time, from a
// goroutine that the Conn owns, with no lock held. Nothing is heard after
// Conn.Close has begun. The methods must not call Conn.Close.
type Events interface {
	// Candidate gets a local candidate as it goes to the peer: "candidate:..." (RFC 8839 §5.1).
	Candidate(text string)
	// GatheringDone follows the last Candidate.
	GatheringDone()
	ICEState(s ICEState)
	// PairSelected names the candidates that media now takes, before ICEConnected at first.
	PairSelected(local, remote string)
	DTLSState(s DTLSState)
	// ChannelOpened and ChannelClosed tell of data channels, once each.
	ChannelOpened(id uint16)
	ChannelClosed(id uint16)
	// Broken tells that the Handler panicked with v. The connection hears nothing more from its peer.
	Broken(v any)
}

// NoEvents ignores everything. Embed it where only some events matter.
type NoEvents struct{}

// Candidate does nothing.
func (NoEvents) Candidate(string) {}

// GatheringDone does nothing.
func (NoEvents) GatheringDone() {}

// ICEState does nothing.
func (NoEvents) ICEState(ICEState) {}

// PairSelected does nothing.
func (NoEvents) PairSelected(string, string) {}

// DTLSState does nothing.
func (NoEvents) DTLSState(DTLSState) {}

// ChannelOpened does nothing.
func (NoEvents) ChannelOpened(uint16) {}

// ChannelClosed does nothing.
func (NoEvents) ChannelClosed(uint16) {}

// Broken does nothing.
func (NoEvents) Broken(any) {}

// ICEState is the IceComponentState of the Kurento protocol.
type ICEState string

// The ICE states. A connection begins as ICEDisconnected.
const (
	ICEDisconnected ICEState = "DISCONNECTED"
	ICEGathering    ICEState = "GATHERING"
	ICEConnecting   ICEState = "CONNECTING"
	ICEConnected    ICEState = "CONNECTED"
	ICEReady        ICEState = "READY"
	ICEFailed       ICEState = "FAILED"
)

// DTLSState is the DtlsConnectionState of the Kurento protocol.
type DTLSState string

// The DTLS states. A connection begins as DTLSNew.
const (
	DTLSNew        DTLSState = "NEW"
	DTLSConnecting DTLSState = "CONNECTING"
	DTLSConnected  DTLSState = "CONNECTED"
	DTLSFailed     DTLSState = "FAILED"
	DTLSClosed     DTLSState = "CLOSED"
)
