package rtp

import (
	"fmt"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/elements/sdp"
	"github.com/rivero-media/rivero/elements/webrtc/transport/udp"
	"github.com/rivero-media/rivero/pipeline/media"
)

// handler takes what arrives, opened, on the goroutine that read it and one call at a time. What it gets is valid during
// the call only. It must not block and must not call conn.close.
type handler interface {
	HandleRTP(h *rtp.Header, payload []byte, at time.Duration, b *media.Burst)
	HandleRTCP(packet []byte, at time.Duration, b *media.Burst)
	// keyWorn tells that a key should be changed, once for each.
	keyWorn()
	// broken tells that the handler panicked with v. It hears nothing more.
	broken(v any)
}

// conn carries the media of one m-line, by a socket for RTP and one for RTCP.
type conn struct {
	handler   handler
	log       zerolog.Logger
	ipv6      bool
	rtp, rtcp *socket

	ways atomic.Pointer[ways] // nil: nothing was agreed upon; changed under recv.mu

	sealer *sealer // nil: what is sent is not protected
	send   struct {
		mu     sync.Mutex // of sealer.rtp
		rtcpMu sync.Mutex // of sealer.rtcp and the buffer
		buf    []byte
	}
	unsent atomic.Uint64 // packets that had no way or that the system did not take

	recv struct {
		mu     sync.Mutex
		deaf   bool    // the handler panicked
		opener *opener // nil: what comes is not protected
		header rtp.Header
		rtcp   []byte // scratch for opened RTCP
		learn  learner
		lost   uint64 // packets that were none, or not the peer's
	}
}

// ways are where packets go. Addresses are nil when there is none, or none yet.
type ways struct{ rtp, rtcp *udp.Address }

// newConn opens the sockets. crypto is what is sent under, of no suite: it is sent as it is.
func newConn(h handler, s *Settings, ipv6 bool, crypto sdp.Crypto, log zerolog.Logger) (*conn, error) {
	c := &conn{handler: h, log: log, ipv6: ipv6}
	if crypto.Suite != "" {
		var err error
		if c.sealer, err = newSealer(crypto); err != nil {
			return nil, err
		}
	}
	first, second, err := openPair(s.MinPort, s.MaxPort, ipv6)
	if err != nil {
		return nil, err
	}
	if c.rtp, err = newSocket(c, first, rtpBatch); err != nil {
		first.Close()
		second.Close()
		return nil, err
	}
	if c.rtcp, err = newSocket(c, second, rtcpBatch); err != nil {
		c.rtp.close()
		second.Close()
		return nil, err
	}
	return c, nil
}

func (c *conn) ports() sdp.Ports { return sdp.Ports{RTP: c.rtp.port, RTCP: c.rtcp.port} }

// agree puts into force what the peer says of itself, at first and later. A key that stays keeps its state, and so does an
// address that was learned.
func (c *conn) agree(p sdp.Peer) error {
	c.recv.mu.Lock()
	defer c.recv.mu.Unlock()
	switch {
	case p.Crypto.Suite == "":
		c.recv.opener = nil
	case c.recv.opener == nil || c.recv.opener.crypto.Suite != p.Crypto.Suite || c.recv.opener.crypto.Key != p.Crypto.Key:
		o, err := newOpener(p.Crypto)
		if err != nil {
			return fmt.Errorf("keys of the peer: %w", err)
		}
		c.recv.opener = o
	}
	next, old := ways{}, c.ways.Load()
	switch {
	case !p.Active:
		c.recv.learn = learner{}
		next.rtp, next.rtcp = c.address(p.RTP), c.address(p.RTCP)
	case old != nil && c.recv.learn.active:
		return nil
	default:
		c.recv.learn = learner{active: true}
	}
	c.ways.Store(&next)
	return nil
}

// address is nil for one that cannot be sent to.
func (c *conn) address(a netip.AddrPort) *udp.Address {
	if !a.IsValid() {
		return nil
	}
	if a.Addr().Unmap().Is6() != c.ipv6 {
		c.log.Warn().Stringer("peer", a).Bool("useIpv6", c.ipv6).Msg("the peer's address is of the other family: nothing is sent")
		return nil
	}
	to := udp.NewAddress(a)
	return &to
}

// WriteRTP is part of stream.Transport: it puts a packet into b, to leave when its producer flushes. Any producer's
// goroutine may call it, several at a time; header and payload are not kept. Padding is not sent.
func (c *conn) WriteRTP(h *rtp.Header, payload []byte, b *media.Burst) {
	w := c.ways.Load()
	if w == nil || w.rtp == nil {
		c.unsent.Add(1)
		return
	}
	out := batchOf(b)
	if n := c.pack(out.room(), h, payload); n > 0 {
		out.commit(n, c, w.rtp)
	} else {
		c.unsent.Add(1)
	}
}

// paddingBit is in the first byte of an RTP header (RFC 3550 §5.1).
const paddingBit = 1 << 5

// pack writes the finished packet into buf; 0: it is no packet that can be sent.
func (c *conn) pack(buf []byte, h *rtp.Header, payload []byte) int {
	header, err := h.MarshalTo(buf)
	if err != nil {
		return 0
	}
	buf[0] &^= paddingBit
	if c.sealer == nil {
		if len(payload) > len(buf)-header {
			return 0
		}
		return header + copy(buf[header:], payload)
	}
	n, worn := c.seal(buf, header, payload)
	if worn {
		c.handler.keyWorn()
	}
	return n
}

func (c *conn) seal(buf []byte, header int, payload []byte) (n int, worn bool) {
	c.send.mu.Lock()
	defer c.send.mu.Unlock()
	n, err := c.sealer.rtp.Protect(buf, header, payload)
	if err != nil {
		return 0, false
	}
	return n, c.sealer.rtp.Packets() == softLimit
}

// WriteRTCP is part of stream.Transport: it sends a compound packet at once. Any goroutine may call it.
func (c *conn) WriteRTCP(packet []byte) {
	w := c.ways.Load()
	if w == nil || w.rtcp == nil || len(packet) < minRTCP || len(packet) > maxPacket {
		c.unsent.Add(1)
		return
	}
	if c.sealer != nil {
		c.send.rtcpMu.Lock()
		defer c.send.rtcpMu.Unlock()
		sealed, err := c.sealer.rtcp.EncryptRTCP(c.send.buf[:0], packet, nil)
		if err != nil {
			c.unsent.Add(1)
			return
		}
		c.send.buf, packet = sealed, sealed
	}
	if c.rtcp.udp.Send(packet, w.rtcp) != nil {
		c.unsent.Add(1)
	}
}

// broken ends what is heard, because the handler panicked. Called while the panic unwinds.
func (c *conn) broken(v any) {
	c.log.Error().Any("panic", v).Bytes("stack", debug.Stack()).Msg("handler of received media panicked")
	c.recv.mu.Lock()
	c.recv.deaf = true
	c.recv.mu.Unlock()
	c.handler.broken(v)
}

// close gives the ports back when all that came has been handed on. It may be called twice.
func (c *conn) close() {
	c.rtp.close()
	c.rtcp.close()
}
