package rtp

import (
	"time"

	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/elements/webrtc/transport/udp"
	"github.com/rivero-media/rivero/pipeline/media"
)

// minRTCP is an RTCP header and the sender's SSRC (RFC 3550 §6.4).
const minRTCP = 8

// Types of RTCP packets that a compound packet begins with (RFC 3550 §6.1).
const (
	senderReport   = 200
	receiverReport = 201
)

// isRTP tells media from the rest by the version of RTP (RFC 3550 §5.1).
func isRTP(p []byte) bool { return len(p) >= minRTCP && p[0]>>6 == 2 }

// isRTCP tells RTCP from RTP (RFC 5761 §4): peers that were not asked to may send both to one port.
func isRTCP(p []byte) bool { return p[1] >= 192 && p[1] <= 223 }

// receive opens a packet and hands it on. Packets are taken from any address: what a peer writes into its description is
// where it listens, which need not be where it sends from.
func (c *conn) receive(p []byte, from udp.Key, at time.Duration, b *media.Burst) {
	c.recv.mu.Lock()
	defer c.recv.mu.Unlock()
	switch {
	case c.recv.deaf:
	case !isRTP(p) || c.ways.Load() == nil:
		c.recv.lost++
	case isRTCP(p):
		c.receiveRTCP(p, from, at, b)
	default:
		c.receiveRTP(p, from, at, b)
	}
}

// receiveRTP is called locked.
func (c *conn) receiveRTP(p []byte, from udp.Key, at time.Duration, b *media.Burst) {
	h := &c.recv.header
	header, err := h.Unmarshal(p)
	if err != nil {
		c.recv.lost++
		return
	}
	payload, trusted := p[header:], false
	if o := c.recv.opener; o != nil {
		if payload, err = o.rtp.Open(p, header); err != nil {
			c.recv.lost++
			return
		}
		trusted = true
		if o.rtp.Packets() == o.limit {
			c.handler.keyWorn()
		}
	}
	payload, ok := unpad(h, payload)
	if !ok {
		c.recv.lost++
		return
	}
	if c.recv.learn.wantsRTP() && c.recv.learn.media(from, h, trusted) {
		c.found(from, ways.withRTP)
	}
	c.handler.HandleRTP(h, payload, at, b)
}

// unpad takes the padding off (RFC 3550 §5.1).
func unpad(h *rtp.Header, payload []byte) ([]byte, bool) {
	if h.Padding {
		n := 0
		if len(payload) > 0 {
			n = int(payload[len(payload)-1])
		}
		if n == 0 || n > len(payload) {
			return nil, false
		}
		payload = payload[:len(payload)-n]
	}
	h.Padding, h.PaddingSize = false, 0
	return payload, true
}

// receiveRTCP is called locked.
func (c *conn) receiveRTCP(p []byte, from udp.Key, at time.Duration, b *media.Burst) {
	if o := c.recv.opener; o != nil {
		opened, err := o.rtcp.DecryptRTCP(c.recv.rtcp[:0], p, nil)
		if err != nil {
			c.recv.lost++
			return
		}
		c.recv.rtcp, p = opened, opened
	}
	if c.recv.learn.wantsRTCP() && c.recv.learn.report(from, p) {
		c.found(from, ways.withRTCP)
	}
	c.handler.HandleRTCP(p, at, b)
}

// found puts an address that was learned into force. Called locked.
func (c *conn) found(from udp.Key, put func(ways, *udp.Address) ways) {
	addr := from.AddrPort()
	to := udp.NewAddress(addr)
	next := put(*c.ways.Load(), &to)
	c.ways.Store(&next)
	c.log.Info().Stringer("peer", addr).Bool("rtp", next.rtp != nil).Bool("rtcp", next.rtcp != nil).Msg("address of an active peer learned")
}

func (w ways) withRTP(to *udp.Address) ways  { w.rtp = to; return w }
func (w ways) withRTCP(to *udp.Address) ways { w.rtcp = to; return w }
