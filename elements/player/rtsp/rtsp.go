// Package rtsp receives what an RTSP server sends, as an IP camera (RFC 2326): one stream of each kind, as RTP payloads as
// they come. It knows neither the control protocol nor the graph. The library behind it is used nowhere else.
//
// Goroutines: each stream has one that reads it (over TCP one reads all), which hands its packets to a stream.Session and so
// to whoever is routed to the output. Close returns when all have ended.
package rtsp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/liberrors"
	"github.com/pion/rtcp"
	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/elements/access"
	"github.com/rivero-media/rivero/elements/stream"
	"github.com/rivero-media/rivero/pipeline/media"
)

// ErrNoMedia is the error for servers that send nothing which can be passed on.
var ErrNoMedia = errors.New("no stream of a known codec")

var (
	errURI  = errors.New("not an RTSP URI") // and never its text, which may hold a password
	errSlow = fmt.Errorf("the server did not get ready within %v", openTimeout)
)

const (
	// openTimeout bounds everything up to PLAY, redirections and both transports included.
	openTimeout = 20 * time.Second
	// silence is how long a server may say nothing before it is taken to be gone.
	silence = 10 * time.Second
)

// Options are what the owner decides.
type Options struct {
	MinPort, MaxPort int            // UDP ports to receive on, zero: any
	Access           *access.Policy // of where servers may be
	TLS              *tls.Config    // for rtsps, nil: the server's certificate is checked against the roots of the system
	Woken            func()         // as in media.NewOutput, from a reading goroutine
	FormatChanged    func()         // an output has another format now; as Woken
	Log              zerolog.Logger
}

// Source is one connection to a server.
type Source struct {
	client  *gortsplib.Client
	log     zerolog.Logger
	streams []*received
	clock   stream.PeerClock
	release func()        // ends the watch over the context
	ended   chan error    // holds what ended the source, when that was not the connection
	playing atomic.Int32  // streams that have not said goodbye
	bad     atomic.Uint64 // packets that could not be read
	once    sync.Once
}

// IsURI tells whether a URI is one for this package.
func IsURI(uri string) bool {
	scheme, _, ok := strings.Cut(uri, "://")
	return ok && (strings.EqualFold(scheme, "rtsp") || strings.EqualFold(scheme, "rtsps"))
}

// Open connects to the server and agrees on what it will send: over UDP, or where that is refused over TCP. The end of ctx
// ends the source. User and password may stand in the URI; no error and no log line holds them.
func Open(ctx context.Context, uri string, o Options) (*Source, error) {
	if err := o.Access.URI(uri); err != nil {
		return nil, err
	}
	url, err := base.ParseURL(uri)
	if err != nil || url.Host == "" {
		return nil, errURI
	}
	ctx, cancel := context.WithCancelCause(ctx)
	limit := time.AfterFunc(openTimeout, func() { cancel(errSlow) })
	s, err := open(ctx, url, nil, o)
	if refused := new(setupError); errors.As(err, &refused) && url.Scheme == "rtsp" {
		o.Log.Info().Err(refused.error).Msg("rtsp server refuses UDP: trying TCP")
		tcp := gortsplib.ProtocolTCP
		s, err = open(ctx, url, &tcp, o)
	}
	if err == nil && !limit.Stop() {
		s.Close()
		err = errSlow
	}
	if err != nil {
		limit.Stop()
		if cause := context.Cause(ctx); cause != nil {
			err = cause // not the library's text for it
		}
		cancel(nil)
		return nil, err
	}
	release := s.release
	s.release = func() { release(); cancel(nil) }
	return s, nil
}

// setupError is one that another transport may help against.
type setupError struct{ error }

func (e *setupError) Unwrap() error { return e.error }

func open(ctx context.Context, url *base.URL, protocol *gortsplib.Protocol, o Options) (*Source, error) {
	s := &Source{log: o.Log, ended: make(chan error, 1)}
	secure := &tls.Dialer{NetDialer: o.Access.Dialer(), Config: o.TLS} // the library's own handshake has no limit and ignores Close
	s.client = &gortsplib.Client{
		Scheme: url.Scheme, Host: url.Host, Protocol: protocol, DialContext: o.Access.DialContext, DialTLSContext: secure.DialContext,
		ReadTimeout: silence, UserAgent: "Rivero",
		OnTransportSwitch: func(err error) { o.Log.Info().Err(err).Msg("rtsp transport") },
		OnPacketsLost:     func(uint64) {}, // the session counts them
		OnDecodeError:     func(error) { s.bad.Add(1) },
	}
	if err := s.client.Start(); err != nil {
		return nil, err
	}
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { s.client.Close(); close(closed) })
	s.release = func() {
		if !stop() {
			<-closed
		}
	}
	err := s.setUp(url, o)
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// setUp asks for the first stream of each kind that can be passed on.
func (s *Source) setUp(url *base.URL, o Options) error {
	description, _, err := s.client.Describe(url)
	if err != nil {
		return err
	}
	ports := newPorts(o.MinPort, o.MaxPort)
	for _, m := range description.Medias {
		codecs := codecsOf(m)
		switch {
		case m.IsBackChannel:
			continue
		case len(codecs) == 0 || s.has(codecs[0].Format.Kind):
			o.Log.Info().Str("kind", string(m.Type)).Strs("codecs", names(m)).Msg("rtsp stream left out")
			continue
		}
		if err := ports.setUp(s.client, description.BaseURL, m); err != nil {
			return &setupError{err}
		}
		r, err := s.receive(m, codecs, o)
		if err != nil {
			return err
		}
		s.streams = append(s.streams, r)
	}
	if len(s.streams) == 0 {
		return ErrNoMedia
	}
	s.playing.Store(int32(len(s.streams)))
	return nil
}

func (s *Source) has(k media.Kind) bool {
	for _, r := range s.streams {
		if r.kind == k {
			return true
		}
	}
	return false
}

// Outputs are where the packets come out. Who has them in the graph takes them out before Close.
func (s *Source) Outputs() map[media.Kind]*media.Output {
	outputs := map[media.Kind]*media.Output{}
	for _, r := range s.streams {
		outputs[r.kind] = r.receiver.Output()
	}
	return outputs
}

// Play has the server send and returns when that is over: nil when the server has said so (RFC 3550 §6.6), else why. Nobody
// writes to the outputs any more then. It is called once.
func (s *Source) Play() error {
	if _, err := s.client.Play(nil); err != nil {
		return err
	}
	lost := make(chan error, 1)
	var waiting sync.WaitGroup
	waiting.Go(func() { lost <- s.client.Wait() })
	var err error
	select {
	case err = <-s.ended:
		s.client.Close()
	case err = <-lost:
		err = reason(err)
	}
	waiting.Wait()
	return err
}

// reason says why a connection has ended.
func reason(err error) error {
	var udp liberrors.ErrClientUDPTimeout
	var tcp liberrors.ErrClientTCPTimeout
	if errors.As(err, &udp) || errors.As(err, &tcp) {
		return fmt.Errorf("the server has been silent for %v", silence)
	}
	return fmt.Errorf("connection lost: %w", err)
}

// Close tells the server, and returns when nothing reads any more. It may be called twice.
func (s *Source) Close() {
	s.once.Do(func() {
		s.release()
		s.client.Close()
		for _, r := range s.streams {
			r.session.Close()
			r.receiver.Output().Close()
		}
		if n := s.bad.Load(); n > 0 {
			s.log.Info().Uint64("packets", n).Msg("rtsp server sent what could not be read")
		}
	})
}

// fail ends the source after a panic.
func (s *Source) fail(v any) { s.end(fmt.Errorf("panic: %v\n%s", v, debug.Stack())) }

// end has Play return, unless it does already.
func (s *Source) end(err error) {
	select {
	case s.ended <- err:
	default:
	}
}

// goodbye takes a message of the server that a stream is over.
func (s *Source) goodbye(r *received, packet rtcp.Packet) {
	if _, ok := packet.(*rtcp.Goodbye); ok && !r.over.Swap(true) && s.playing.Add(-1) == 0 {
		s.end(nil)
	}
}
