package transport

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"

	"github.com/rivero-media/rivero/elements/webrtc/transport/srtp"
)

const (
	dtlsQueue        = 32                    // packets, also from before the handshake
	dataQueue        = 512                   // packets, when they carry data channels
	dtlsFlight       = 50 * time.Millisecond // first retransmission; the interval doubles
	handshakeTimeout = 30 * time.Second
	closeNotifyWait  = time.Second
)

// association is the DTLS side of a connection.
type association struct {
	queue  *packetQueue // from the read loops
	served atomic.Bool  // media has come: nothing of DTLS is awaited any more
	kept   atomic.Bool  // for data channels or by configuration: it is never retired

	mu     sync.Mutex
	conn   *dtls.Conn
	closed bool
}

// handshake runs DTLS over the selected pair and takes the SRTP keys from it.
func (c *Conn) handshake(remote Remote) {
	c.tellDTLS(DTLSNew)
	c.tellDTLS(DTLSConnecting)
	begun := time.Now()
	conn, err := c.dtlsConn(remote)
	if err == nil {
		ctx, cancel := context.WithTimeout(c.ctx, handshakeTimeout)
		err = conn.HandshakeContext(ctx)
		cancel()
	}
	var k *keys
	if err == nil {
		k, err = exportKeys(conn, remote.DTLSClient)
	}
	if err != nil {
		c.dtls.queue.close()
		if c.ctx.Err() == nil {
			c.log.Warn().Err(err).Msg("dtls handshake failed")
			c.tellDTLS(DTLSFailed)
		}
		return
	}
	c.keys.Store(k)
	if remote.DTLSClient {
		// Our last flight has been answered: nothing more is to be read. As server we
		// wait for media, which proves that our last flight has arrived.
		c.dtls.retire()
	}
	c.log.Debug().Stringer("profile", k.profile).Dur("took", time.Since(begun)).Msg("dtls connected")
	c.tellDTLS(DTLSConnected)
	if !c.dtls.served.Load() {
		c.work.Go(func() { c.serveDTLS(conn) })
	}
}

// dtlsConn makes the DTLS connection, which Close then ends.
func (c *Conn) dtlsConn(remote Remote) (*dtls.Conn, error) {
	verify := func(certificates [][]byte, _ [][]*x509.Certificate) error {
		return matchFingerprint(remote.Fingerprints, certificates)
	}
	options := []dtls.Option{
		dtls.WithCertificates(c.cfg.Certificate.tls),
		dtls.WithInsecureSkipVerify(true), // the fingerprint is what counts (RFC 8827 §6.5)
		dtls.WithVerifyPeerCertificate(verify),
		dtls.WithSRTPProtectionProfiles(
			dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AEAD_AES_256_GCM,
			dtls.SRTP_AES128_CM_HMAC_SHA1_80, dtls.SRTP_AES128_CM_HMAC_SHA1_32),
		dtls.WithFlightInterval(dtlsFlight),
		dtls.WithLoggerFactory(quiet{}),
	}
	c.dtls.mu.Lock()
	defer c.dtls.mu.Unlock()
	if c.dtls.closed {
		return nil, ErrClosed
	}
	pipe := &dtlsPipe{conn: c}
	var err error
	if remote.DTLSClient {
		c.dtls.conn, err = dtls.ClientWithOptions(pipe, pipe.LocalAddr(), each[dtls.ClientOption](options)...)
	} else {
		// ICE has proved the peer's address already, so no cookie round trip.
		c.dtls.conn, err = dtls.ServerWithOptions(pipe, pipe.LocalAddr(), append(each[dtls.ServerOption](options),
			dtls.WithClientAuth(dtls.RequireAnyClientCert), dtls.WithInsecureSkipVerifyHello(true))...)
	}
	return c.dtls.conn, err
}

// each converts options for both roles to those of one role.
func each[T any](options []dtls.Option) (list []T) {
	for _, o := range options {
		list = append(list, o.(T))
	}
	return list
}

// serveDTLS reads the association for as long as that is wanted: for the data
// channels, as soon as they are negotiated, and for the peer's close_notify.
func (c *Conn) serveDTLS(conn *dtls.Conn) {
	for carried := false; ; {
		_ = conn.SetReadDeadline(time.Time{}) // before the question, which association.keep answers before it sets one
		if ports := c.channels.agreed(); ports.negotiated() && !carried {
			carried = true
			c.runSCTP(conn, ports)
			continue
		}
		if err := drain(conn); !isTimeout(err) {
			if !c.dtls.served.Load() && c.ctx.Err() == nil {
				c.tellDTLS(DTLSClosed)
			}
			return
		}
	}
}

// drain reads until that fails.
func drain(conn *dtls.Conn) error {
	buf := make([]byte, maxPacket)
	for {
		if _, err := conn.Read(buf); err != nil {
			return err
		}
	}
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

// retire stops reading DTLS, which ends Pion's goroutines for it. The price is
// that the peer's close_notify is not heard; ICE notices that it is gone. When it
// is kept that does nothing.
func (a *association) retire() {
	if a.kept.Load() {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.kept.Load() && a.served.CompareAndSwap(false, true) {
		a.queue.close()
	}
}

// keep makes room for data channels and has them begun if the handshake is over; false: it is
// too late.
func (a *association) keep() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.served.Load() {
		return false
	}
	a.kept.Store(true)
	a.queue.grow(dataQueue)
	if a.conn != nil {
		_ = a.conn.SetReadDeadline(time.Unix(1, 0)) // wakes serveDTLS
	}
	return true
}

// close ends the association and tells the peer, if there is one to tell.
func (a *association) close() {
	a.mu.Lock()
	a.closed = true
	conn := a.conn
	a.mu.Unlock()
	if conn != nil {
		_ = conn.Close() // before its reader ends, else nothing is told; the only errors are those of telling the peer
	}
	a.queue.close()
}

// exporterLabel is RFC 5764 §4.2.
const exporterLabel = "EXTRACTOR-dtls_srtp"

// exportKeys takes the SRTP keys from a finished handshake (RFC 5764 §4.2).
func exportKeys(conn *dtls.Conn, client bool) (*keys, error) {
	selected, ok := conn.SelectedSRTPProtectionProfile()
	if !ok {
		return nil, errors.New("peer does not speak dtls-srtp")
	}
	state, ok := conn.ConnectionState()
	if !ok {
		return nil, errors.New("dtls state is not readable")
	}
	profile := srtp.Profile(selected)
	k, s := profile.KeyLen(), profile.SaltLen()
	raw, err := state.ExportKeyingMaterial(exporterLabel, nil, 2*(k+s))
	if err != nil {
		return nil, fmt.Errorf("exporting srtp keys: %w", err)
	}
	mine := material{key: raw[:k], salt: raw[2*k : 2*k+s]}
	peers := material{key: raw[k : 2*k], salt: raw[2*k+s:]}
	if !client {
		mine, peers = peers, mine
	}
	return newKeys(profile, mine, peers)
}

// dtlsPipe is the net.PacketConn under the DTLS connection: reads from the
// queue, writes to the selected pair.
type dtlsPipe struct{ conn *Conn }

func (p *dtlsPipe) ReadFrom(b []byte) (int, net.Addr, error) {
	n, _, err := p.conn.dtls.queue.get(b)
	return n, p.LocalAddr(), err
}

// WriteTo never fails: a packet that does not get away is a lost one.
func (p *dtlsPipe) WriteTo(b []byte, _ net.Addr) (int, error) {
	p.conn.sendNow(b)
	return len(b), nil
}

// Close ends reading. Writing still works, for close_notify.
func (p *dtlsPipe) Close() error {
	p.conn.dtls.queue.close()
	return nil
}

// LocalAddr is a stand-in: ICE chooses the addresses.
func (p *dtlsPipe) LocalAddr() net.Addr { return &net.UDPAddr{} }

func (p *dtlsPipe) SetDeadline(t time.Time) error { return p.SetReadDeadline(t) }

func (p *dtlsPipe) SetReadDeadline(t time.Time) error {
	p.conn.dtls.queue.setDeadline(t)
	return nil
}

func (p *dtlsPipe) SetWriteDeadline(time.Time) error { return nil }
