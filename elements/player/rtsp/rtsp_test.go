package rtsp_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/elements/player/rtsp"
	"github.com/rivero-media/rivero/elements/player/rtsp/rtsptest"
	"github.com/rivero-media/rivero/pipeline/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func vp8() []format.Format { return []format.Format{&format.VP8{PayloadTyp: 96}} }

func TestOverTLS(t *testing.T) {
	web := httptest.NewTLSServer(nil) // for its certificate
	defer web.Close()
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	c := rtsptest.Start(t, rtsptest.Options{TLS: &tls.Config{Certificates: web.TLS.Certificates}, Formats: vp8()})
	s, err := rtsp.Open(t.Context(), c.URI(), rtsp.Options{TLS: &tls.Config{RootCAs: roots}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if out := s.Outputs()[media.Video]; len(s.Outputs()) != 1 || out.Format().Codec != media.VP8 {
		t.Errorf("outputs %v", s.Outputs())
	}
}

// A server that says nothing, in the middle of a handshake too, does not hold up whoever wants to stop.
func TestStopDoesNotWaitForTheServer(t *testing.T) {
	for _, scheme := range []string{"rtsp", "rtsps"} {
		t.Run(scheme, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() {
				_, err := rtsp.Open(ctx, scheme+"://"+l.Addr().String()+"/cam", rtsp.Options{})
				ended <- err
			}()
			conn, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := conn.Read(make([]byte, 1)); err != nil { // it has begun to ask
				t.Fatal(err)
			}
			begin := time.Now()
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
			if took := time.Since(begin); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// When no pair of ports in the range is free the server is asked to stream over the connection.
func TestPortsAreTakenFromTheRange(t *testing.T) {
	c := rtsptest.Start(t, rtsptest.Options{UDP: true, Formats: vp8()})
	taken, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.LocalAddr().(*net.UDPAddr).Port
	even := port - port%2
	s, err := rtsp.Open(t.Context(), c.URI(), rtsp.Options{MinPort: even, MaxPort: even + 1})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	if n := c.Got(base.Describe); n != 2 {
		t.Errorf("requests %v, wanted a second try over TCP", c.Requests())
	}
}
