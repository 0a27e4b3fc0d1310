package transport

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/pion/rtp"
	pionsrtp "github.com/pion/srtp/v3"

	"github.com/rivero-media/rivero/elements/webrtc/transport/srtp"
	"github.com/rivero-media/rivero/pipeline/media"
)

// maxEarly is how many media packets are kept that come before the keys: the
// peer may be done with DTLS a moment before we are.
const maxEarly = 32

// paddingBit is in the first byte of an RTP header (RFC 3550 §5.1).
const paddingBit = 1 << 5

// minRTCP is an RTCP header and the sender's SSRC (RFC 3550 §6.4).
const minRTCP = 8

// isRTCP tells RTCP from RTP (RFC 5761 §4).
func isRTCP(p []byte) bool { return len(p) >= 2 && p[1] >= 192 && p[1] <= 223 }

// material is one side's master key and salt.
type material struct{ key, salt []byte }

// keys is what DTLS leaves behind. RTP is our own; RTCP is rare enough for
// Pion's contexts.
type keys struct {
	profile srtp.Profile
	send    *srtp.Sender   // guarded by Conn.send.mu
	recv    *srtp.Receiver // guarded by Conn.recv.mu

	sendRTCP *pionsrtp.Context // guarded by Conn.send.rtcpMu
	recvRTCP *pionsrtp.Context // guarded by Conn.recv.mu
}

// rtcpReplayWindow is in packets.
const rtcpReplayWindow = 64

func newKeys(profile srtp.Profile, mine, peers material) (*keys, error) {
	k := &keys{profile: profile}
	var err error
	if k.send, err = srtp.NewSender(profile, mine.key, mine.salt); err != nil {
		return nil, err
	}
	if k.recv, err = srtp.NewReceiver(profile, peers.key, peers.salt); err != nil {
		return nil, err
	}
	if k.sendRTCP, err = pionsrtp.CreateContext(mine.key, mine.salt, pionsrtp.ProtectionProfile(profile)); err != nil {
		return nil, fmt.Errorf("srtcp: %w", err)
	}
	k.recvRTCP, err = pionsrtp.CreateContext(peers.key, peers.salt, pionsrtp.ProtectionProfile(profile),
		pionsrtp.SRTCPReplayProtection(rtcpReplayWindow))
	if err != nil {
		return nil, fmt.Errorf("srtcp: %w", err)
	}
	return k, nil
}

// WriteRTP protects one packet and puts it into b, to leave when its producer
// flushes. Any producer's goroutine may call it, several at a time; header and
// payload are not kept. What cannot be sent (not connected, too long) is
// counted and dropped. h may carry header extensions; padding is not sent. A
// packet that is sent again under the same sequence number must have the same
// header and payload.
func (c *Conn) WriteRTP(h *rtp.Header, payload []byte, b *media.Burst) {
	way, k := c.way.Load(), c.keys.Load()
	if way == nil || k == nil {
		c.send.dropped.Add(1)
		return
	}
	if way.dest == nil {
		c.writeRelayed(way.relay, k, h, payload)
		return
	}
	out := way.dest.sock.batch(b)
	if n := c.protect(k, out.room(), h, payload); n > 0 {
		out.commit(n, &way.dest.name)
	}
}

func (c *Conn) writeRelayed(r *relay, k *keys, h *rtp.Header, payload []byte) {
	if r == nil {
		c.send.dropped.Add(1)
		return
	}
	buf := r.buffer()
	if n := c.protect(k, buf, h, payload); n > 0 {
		r.push(buf[:n])
	} else {
		r.recycle(buf)
	}
}

// protect writes the finished packet into buf; 0: it is no packet that can be sent.
func (c *Conn) protect(k *keys, buf []byte, h *rtp.Header, payload []byte) int {
	header, err := h.MarshalTo(buf)
	if err != nil {
		c.send.dropped.Add(1)
		return 0
	}
	buf[0] &^= paddingBit
	c.send.mu.Lock()
	defer c.send.mu.Unlock()
	n, err := k.send.Protect(buf, header, payload)
	if err != nil {
		c.send.dropped.Add(1)
		return 0
	}
	c.send.packets++
	c.send.bytes += uint64(n)
	return n
}

// receive opens a packet that a read loop found to be ours and hands it to the
// Handler.
func (c *Conn) receive(p []byte, at time.Duration, r *reader) {
	r.current = c
	c.recv.mu.Lock()
	defer c.recv.mu.Unlock()
	k := c.keys.Load()
	switch {
	case c.recv.deaf:
		return
	case k == nil:
		if len(c.recv.early) < maxEarly {
			c.recv.early = append(c.recv.early, append([]byte(nil), p...))
		}
		return
	case c.recv.early != nil:
		early := c.recv.early
		c.recv.early = nil
		for _, e := range early {
			c.open(k, e, at, r)
		}
	}
	c.open(k, p, at, r)
}

// open is called with the receive lock held.
func (c *Conn) open(k *keys, p []byte, at time.Duration, r *reader) {
	ok := false
	if isRTCP(p) {
		ok = c.openRTCP(k, p, at, r)
	} else {
		ok = c.openRTP(k, p, at, r)
	}
	if !ok {
		c.recv.dropped.Add(1)
		return
	}
	c.recv.packets.Add(1)
	c.recv.bytes.Add(uint64(len(p)))
	if !c.dtls.served.Load() {
		c.dtls.retire() // the peer has our last flight
	}
}

func (c *Conn) openRTP(k *keys, p []byte, at time.Duration, r *reader) bool {
	header, err := r.header.Unmarshal(p)
	if err != nil {
		return false
	}
	payload, err := k.recv.Open(p, header)
	if err != nil {
		return false
	}
	if r.header.Padding {
		n := 0
		if len(payload) > 0 {
			n = int(payload[len(payload)-1])
		}
		if n == 0 || n > len(payload) {
			return false
		}
		payload = payload[:len(payload)-n]
		r.header.Padding = false
	}
	r.header.PaddingSize = 0
	c.cfg.Handler.HandleRTP(&r.header, payload, at, &r.burst)
	return true
}

func (c *Conn) openRTCP(k *keys, p []byte, at time.Duration, r *reader) bool {
	packet, err := k.recvRTCP.DecryptRTCP(r.rtcp[:0], p, nil)
	if err != nil {
		return false
	}
	r.rtcp = packet
	c.cfg.Handler.HandleRTCP(packet, at, &r.burst)
	return true
}

// WriteRTCP protects one compound packet and sends it at once. Any goroutine
// may call it. What cannot be sent is counted and dropped.
func (c *Conn) WriteRTCP(packet []byte) {
	k := c.keys.Load()
	if k == nil || len(packet) < minRTCP || len(packet) > maxPacket-rtcpOverhead {
		c.send.dropped.Add(1)
		return
	}
	c.send.rtcpMu.Lock()
	defer c.send.rtcpMu.Unlock()
	p, err := k.sendRTCP.EncryptRTCP(c.send.rtcpBuf[:0], packet, nil)
	if err != nil {
		c.send.dropped.Add(1)
		return
	}
	c.sendNow(p)
}

// rtcpOverhead is the most that SRTCP adds: tag and index.
const rtcpOverhead = srtp.MaxOverhead + 4

// sendNow sends a finished packet (SRTCP, DTLS) where media goes.
func (c *Conn) sendNow(p []byte) {
	switch way := c.way.Load(); {
	case way == nil || len(p) > maxPacket:
		c.send.dropped.Add(1)
	case way.dest != nil:
		if way.dest.sock.send(p, &way.dest.name) != nil {
			c.send.dropped.Add(1)
		}
	default:
		if r := way.relay; r != nil {
			buf := r.buffer()
			r.push(buf[:copy(buf, p)])
		}
	}
}

// broken ends what this connection hears, because its Handler panicked. Called
// while the panic unwinds.
func (c *Conn) broken(v any) {
	c.log.Error().Interface("panic", v).Bytes("stack", debug.Stack()).Msg("connection handler panicked")
	c.recv.mu.Lock()
	c.recv.deaf = true
	c.recv.mu.Unlock()
	c.events.post(func(e Events) { e.Broken(v) })
}
