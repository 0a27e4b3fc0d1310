// Package rtspout lets RTSP players (RFC 2326) receive what an element gives out, over UDP and TCP, without a Kurento client:
// rtsp://host:port/NAME, the element found as WHEP finds it. Each player has an element of its own beside that one, connected
// to it: a stream.Sender for each kind, which begins with a key frame, and one queue. A player that does not read loses
// packets out of its queue and nobody waits for it.
//
// The library keeps a goroutine for each connection, for each session and for each queue; Close returns when all have
// ended. Its session goroutine releases the player's element.
package rtspout

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/elements/named"
	"github.com/rivero-media/rivero/pipeline"
)

const (
	// queuePackets waits for a slow player, a power of two: 2 s at 10 Mbit/s.
	queuePackets = 2048
	// writeTimeout is how long a player over TCP may take nothing at all.
	writeTimeout = 10 * time.Second
	// firstMedia is how long the first packet of an element is waited for, and otherMedia how long that of the other kind
	// then. Players give up after 5 to 10 s.
	firstMedia = 4 * time.Second
	otherMedia = time.Second
	// maxTries bounds the search for two free UDP ports in a row.
	maxTries = 200
)

// Options are what does not change while the server runs.
type Options struct {
	Address          string // host:port for RTSP, and RTP over TCP
	MinPort, MaxPort int    // where the two UDP ports are that all players share
	Log              zerolog.Logger
}

// Server answers players. Whoever made it closes it, before the objects.
type Server struct {
	objects  *pipeline.Server
	settings atomic.Pointer[named.Settings]
	log      zerolog.Logger
	rtsp     *gortsplib.Server
	ctx      context.Context // ends with Close
	cancel   context.CancelFunc
}

// Listen starts a server.
func Listen(objects *pipeline.Server, s named.Settings, o Options) (*Server, error) {
	rtp, rtcp, err := listenPair(o.MinPort, o.MaxPort)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	server := &Server{objects: objects, log: o.Log, ctx: ctx, cancel: cancel}
	server.Configure(s)
	pair := map[string]net.PacketConn{port(rtp): rtp, port(rtcp): rtcp}
	server.rtsp = &gortsplib.Server{
		Handler: &handler{server}, RTSPAddress: o.Address,
		UDPRTPAddress: port(rtp), UDPRTCPAddress: port(rtcp),
		ListenPacket:   func(_, address string) (net.PacketConn, error) { return pair[address], nil },
		WriteQueueSize: queuePackets, WriteTimeout: writeTimeout,
		DisableRTCPSenderReports: true, // those of stream.Session know what belongs together
	}
	if err := server.rtsp.Start(); err != nil {
		cancel()
		return nil, errors.Join(fmt.Errorf("rtsp: %w", err), closed(rtp), closed(rtcp))
	}
	server.log.Info().Str("address", o.Address).Str("rtp", port(rtp)).Msg("RTSP players are served")
	return server, nil
}

// port is the address of a socket for all interfaces.
func port(c net.PacketConn) string { return fmt.Sprintf(":%d", c.LocalAddr().(*net.UDPAddr).Port) }

// closed closes a socket, which the library may have done.
func closed(c net.PacketConn) error {
	if err := c.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// listenPair opens two UDP ports in a row, an even one for RTP and the next for RTCP (RFC 3550 §11).
func listenPair(low, high int) (rtp, rtcp net.PacketConn, err error) {
	first := low + low%2
	pairs := (high - first + 1) / 2
	if pairs <= 0 {
		return nil, nil, fmt.Errorf("rtsp: ports %d to %d have no pair that begins with an even one", low, high)
	}
	begin := rand.IntN(pairs)
	for i := range min(pairs, maxTries) {
		even := first + 2*((begin+i)%pairs)
		if rtp, err = net.ListenPacket("udp", fmt.Sprintf(":%d", even)); err == nil {
			if rtcp, err = net.ListenPacket("udp", fmt.Sprintf(":%d", even+1)); err == nil {
				return rtp, rtcp, nil
			}
			err = errors.Join(err, rtp.Close())
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
	}
	return nil, nil, fmt.Errorf("rtsp: no two UDP ports from %d to %d: %w", low, high, err)
}

// Configure exchanges the settings. Players that are there stay.
func (s *Server) Configure(settings named.Settings) { s.settings.Store(&settings) }

// Close sends the players away and returns when nothing runs any more. It may be called twice.
func (s *Server) Close() {
	s.cancel()
	s.rtsp.Close()
}

// errShutdown is why a player cannot begin.
var errShutdown = errors.New("the server is shutting down")

// open makes an output for a player and waits until it is known what comes out of it.
func (s *Server) open(name string) (*output, error) {
	element, in, err := named.Find(s.objects, name)
	if err != nil {
		return nil, err
	}
	o, err := s.create(in)
	if err != nil {
		return nil, err
	}
	if err := o.connect(s.ctx, element); err != nil {
		s.objects.Release(o)
		return nil, err
	}
	if err := o.describe(s.ctx, s.rtsp); err != nil {
		s.objects.Release(o)
		return nil, fmt.Errorf("%q: %w", name, err)
	}
	return o, nil
}
