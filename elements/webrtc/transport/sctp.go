package transport

import (
	"encoding/binary"
	"hash/crc32"
	"net"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/sctp"
)

const (
	// MaxMessage is the longest message of a data channel, in bytes, that is taken and
	// that is sent: what browsers announce as their own limit (RFC 8841 §6).
	MaxMessage = 256 << 10

	// sctpReceiveBuffer is what the peer may have under way to us, in bytes.
	sctpReceiveBuffer = 1 << 20

	// sctpPort is the port of every association as Pion's code sees it.
	sctpPort = 5000
)

// SCTPPorts are the two ports of an SCTP association (RFC 8841 §5); zero: there is none.
type SCTPPorts struct{ Local, Remote uint16 }

func (p SCTPPorts) negotiated() bool { return p != SCTPPorts{} }

// runSCTP carries the data channels, until the peer ends them or DTLS.
func (c *Conn) runSCTP(conn *dtls.Conn, ports SCTPPorts) {
	pipe := &sctpPipe{Conn: conn, ports: ports, ended: make(chan struct{})}
	association, err := sctp.ClientWithOptions( // both sides begin (RFC 8841 §10.2)
		sctp.WithNetConn(pipe), sctp.WithLoggerFactory(quiet{}),
		sctp.WithMaxMessageSize(MaxMessage), sctp.WithMaxReceiveBufferSize(sctpReceiveBuffer))
	switch {
	case err == nil:
		c.channels.established(c, association)
		c.acceptChannels(association)
		_ = association.Close() // ended already: this stops its timers
	default:
		_ = pipe.Close()
		<-pipe.ended
		if c.ctx.Err() == nil {
			c.log.Warn().Err(err).Msg("sctp association failed")
		}
	}
	c.channels.over(c)
}

// sctpPipe is the DTLS connection under an association. Closing it ends reading and
// leaves DTLS as it is, for media goes on when the peer ends only its association.
// Pion knows one port number: packets of others get it on their way in.
type sctpPipe struct {
	net.Conn
	ports SCTPPorts
	once  sync.Once
	ended chan struct{} // closed when nothing is read any more
}

func (p *sctpPipe) Read(b []byte) (int, error) {
	n, err := p.Conn.Read(b)
	if err != nil {
		p.once.Do(func() { close(p.ended) })
	} else if p.translates() {
		setPorts(b[:n], sctpPort, sctpPort)
	}
	return n, err
}

func (p *sctpPipe) Write(b []byte) (int, error) {
	if p.translates() {
		b = append([]byte(nil), b...)
		setPorts(b, p.ports.Local, p.ports.Remote)
	}
	return p.Conn.Write(b)
}

func (p *sctpPipe) translates() bool { return p.ports != SCTPPorts{sctpPort, sctpPort} }

// Close ends reading.
func (p *sctpPipe) Close() error { return p.Conn.SetReadDeadline(time.Unix(1, 0)) }

// sctpHeader is ports, verification tag and checksum (RFC 9260 §3.1).
const sctpHeader = 12

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// setPorts gives an SCTP packet other ports and the checksum that belongs to them
// (RFC 9260 §6.8). What is too short to be one stays as it is. DTLS has proved the
// packet whole, so the checksum it came with does not matter.
func setPorts(p []byte, source, destination uint16) {
	if len(p) < sctpHeader {
		return
	}
	binary.BigEndian.PutUint16(p, source)
	binary.BigEndian.PutUint16(p[2:], destination)
	clear(p[8:sctpHeader])
	binary.LittleEndian.PutUint32(p[8:], crc32.Checksum(p, castagnoli))
}
