//go:build e2e

package e2e

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// With `secure` configured the same things are served over TLS: the control protocol and the playground.
func TestSecurePort(t *testing.T) {
	s := newServer(t, freePort(t))
	securePort := freePort(t)
	config := s.writeConfig()
	roots := writeCertificate(t, filepath.Join(filepath.Dir(config), "server.pem"))
	text := fmt.Sprintf(`{"mediaServer": {"net": {"websocket": {"port": %d, "path": "kurento",
		"secure": {"port": %d, "certificate": "server.pem", "password": ""}}}}}`, s.port, securePort)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	s.start("-f", config)
	eventually(t, startTimeout, "the server's first pong", s.pongs)

	trust := &tls.Config{RootCAs: roots}
	dialer := websocket.Dialer{TLSClientConfig: trust}
	ws, _, err := dialer.Dial(fmt.Sprintf("wss://127.0.0.1:%d/kurento", securePort), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	c := &rawConn{t: t, ws: ws}
	if pong := c.must("ping", object{}); pong != "pong" {
		t.Errorf("ping over wss: %q", pong)
	}

	transport := &http.Transport{TLSClientConfig: trust}
	defer transport.CloseIdleConnections()
	res, err := (&http.Client{Transport: transport}).Get(fmt.Sprintf("https://127.0.0.1:%d/", securePort))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || !strings.Contains(string(body), "<title>Rivero playground</title>") {
		t.Errorf("the playground over https: %v %s", err, res.Status)
	}
}

// writeCertificate makes a certificate for 127.0.0.1 and writes it with its key as Kurento wants them: chain, then key.
func writeCertificate(t *testing.T, file string) *x509.CertPool {
	t.Helper()
	return writeCertificateUntil(t, file, time.Now().Add(time.Hour))
}

func writeCertificateUntil(t *testing.T, file string, end time.Time) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    end.Add(-400 * 24 * time.Hour),
		NotAfter:     end,
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:         true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	for _, block := range []*pem.Block{{Type: "CERTIFICATE", Bytes: der}, {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := pem.Encode(&text, block); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	return roots
}
