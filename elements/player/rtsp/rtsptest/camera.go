// Package rtsptest is an RTSP server for tests, in the process: it plays the part of an IP camera. What it shows is written by
// the test, or published to it by another program such as ffmpeg. Only tests import it.
package rtsptest

import (
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/gortsplib/v5/pkg/liberrors"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// Options are what a camera can be.
type Options struct {
	UDP            bool // streams over UDP too, not only over TCP
	User, Password string
	TLS            *tls.Config
	Formats        []format.Format // each a stream; none: somebody publishes
}

// Camera is a server with one path, /cam.
type Camera struct {
	Port    int
	options Options
	server  *gortsplib.Server

	mu       sync.Mutex
	stream   *gortsplib.ServerStream
	requests []string // methods that came, in order
}

// Start starts a camera, which is stopped with the test if not before.
func Start(t testing.TB, o Options) *Camera {
	t.Helper()
	c := &Camera{options: o}
	c.start(t)
	t.Cleanup(c.Stop)
	return c
}

// Restart puts a camera that was stopped back on the network, at the same port.
func (c *Camera) Restart(t testing.TB) {
	t.Helper()
	c.start(t)
}

func (c *Camera) start(t testing.TB) {
	t.Helper()
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", c.Port))
	if err != nil {
		t.Fatal(err)
	}
	o := c.options
	c.Port = l.Addr().(*net.TCPAddr).Port
	c.server = &gortsplib.Server{
		Handler: c, RTSPAddress: l.Addr().String(), TLSConfig: o.TLS,
		Listen: func(string, string) (net.Listener, error) { return l, nil },
	}
	if o.UDP {
		pair := evenPair(t)
		c.server.UDPRTPAddress, c.server.UDPRTCPAddress = fmt.Sprintf("127.0.0.1:%d", pair), fmt.Sprintf("127.0.0.1:%d", pair+1)
	}
	if err := c.server.Start(); err != nil {
		t.Fatal(err)
	}
	if len(o.Formats) > 0 {
		d := &description.Session{}
		for _, f := range o.Formats {
			kind := description.MediaTypeVideo
			switch f.(type) {
			case *format.Opus, *format.G711, *format.G722, *format.MPEG4Audio:
				kind = description.MediaTypeAudio
			}
			d.Medias = append(d.Medias, &description.Media{Type: kind, Formats: []format.Format{f}})
		}
		if err := c.show(d); err != nil {
			t.Fatal(err)
		}
	}
}

// evenPair finds two UDP ports that are free, the first of them even.
func evenPair(t testing.TB) int {
	for port := 30000; port < 32000; port += 2 {
		a, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		b, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", port+1))
		a.Close()
		if err == nil {
			b.Close()
			return port
		}
	}
	t.Fatal("no two free UDP ports")
	return 0
}

// URI names the camera, with user and password if it has any.
func (c *Camera) URI() string {
	scheme, user := "rtsp", ""
	if c.options.TLS != nil {
		scheme = "rtsps"
	}
	if c.options.User != "" {
		user = c.options.User + ":" + c.options.Password + "@"
	}
	return fmt.Sprintf("%s://%s127.0.0.1:%d/cam", scheme, user, c.Port)
}

// Stop takes the camera off the network. It may be called twice.
func (c *Camera) Stop() {
	c.mu.Lock()
	s := c.stream
	c.stream = nil
	c.mu.Unlock()
	c.server.Close()
	if s != nil {
		s.Close()
	}
}

// Write sends a packet of the i-th stream to whoever plays.
func (c *Camera) Write(i int, p *rtp.Packet) error {
	c.mu.Lock()
	s := c.stream
	c.mu.Unlock()
	if s == nil {
		return net.ErrClosed
	}
	return s.WritePacketRTP(s.Desc.Medias[i], p)
}

// Goodbye says that all streams are over (RFC 3550 §6.6).
func (c *Camera) Goodbye() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.stream.Desc.Medias {
		if err := c.stream.WritePacketRTCP(m, &rtcp.Goodbye{Sources: []uint32{1}}); err != nil {
			return err
		}
	}
	return nil
}

// Got counts the requests of a method.
func (c *Camera) Got(method base.Method) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.requests {
		if m == string(method) {
			n++
		}
	}
	return n
}

// Requests lists the methods of all requests.
func (c *Camera) Requests() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.requests)
}

// Shows tells whether there is something to play.
func (c *Camera) Shows() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stream != nil
}

func (c *Camera) show(d *description.Session) error {
	s := &gortsplib.ServerStream{Server: c.server, Desc: d}
	if err := s.Initialize(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stream = s
	return nil
}

// OnRequest is part of gortsplib.ServerHandler, as the methods below.
func (c *Camera) OnRequest(_ *gortsplib.ServerConn, r *base.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, string(r.Method))
}

// OnDescribe tells what there is to play.
func (c *Camera) OnDescribe(ctx *gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	if c.options.User != "" && !ctx.Conn.VerifyCredentials(ctx.Request, c.options.User, c.options.Password) {
		return &base.Response{StatusCode: base.StatusUnauthorized}, nil, liberrors.ErrServerAuth{}
	}
	return c.found()
}

// OnSetup prepares a stream.
func (c *Camera) OnSetup(ctx *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	if ctx.Session.State() == gortsplib.ServerSessionStatePreRecord {
		return &base.Response{StatusCode: base.StatusOK}, nil, nil
	}
	return c.found()
}

func (c *Camera) found() (*base.Response, *gortsplib.ServerStream, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stream == nil {
		return &base.Response{StatusCode: base.StatusNotFound}, nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, c.stream, nil
}

// OnPlay begins to send.
func (c *Camera) OnPlay(*gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// OnAnnounce takes what another program publishes.
func (c *Camera) OnAnnounce(ctx *gortsplib.ServerHandlerOnAnnounceCtx) (*base.Response, error) {
	if err := c.show(ctx.Description); err != nil {
		return &base.Response{StatusCode: base.StatusInternalServerError}, err
	}
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// OnRecord passes that on.
func (c *Camera) OnRecord(ctx *gortsplib.ServerHandlerOnRecordCtx) (*base.Response, error) {
	c.mu.Lock()
	s := c.stream
	c.mu.Unlock()
	ctx.Session.OnPacketRTPAny(func(m *description.Media, _ format.Format, p *rtp.Packet) {
		_ = s.WritePacketRTP(m, p) // nobody plays, or it was stopped
	})
	return &base.Response{StatusCode: base.StatusOK}, nil
}
