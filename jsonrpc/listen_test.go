package jsonrpc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/rs/zerolog"
)

// writeCertificate makes a certificate for a name and writes it with its key into one file.
func writeCertificate(t *testing.T, path, name string, encrypt func(*pem.Block) *pem.Block) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	block := &pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER}
	if encrypt != nil {
		block = encrypt(block)
	}
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(block)...)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// peerName connects with TLS and WebSocket and returns the name in the server's certificate.
func peerName(t *testing.T, address string) (string, error) {
	t.Helper()
	d := websocket.Dialer{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	c, _, err := d.Dial("wss://"+address+"/kurento", nil)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := c.WriteMessage(websocket.TextMessage, []byte(`{"jsonrpc":"2.0","id":1,"method":"ping"}`)); err != nil {
		return "", err
	}
	if _, _, err := c.ReadMessage(); err != nil {
		return "", err
	}
	return c.NetConn().(*tls.Conn).ConnectionState().PeerCertificates[0].Subject.CommonName, nil
}

func TestCertificateIsReadForEachConnection(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cert.pem")
	writeCertificate(t, path, "first", nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	secure := NewServer(Config{Path: "kurento", Certificate: path}, testObjects(t), nil, zerolog.Nop())
	secure.listenOn("wss", secure.secure(l))
	served := make(chan error, 1)
	go func() { served <- secure.Serve(t.Context()) }()
	defer func() {
		secure.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}()
	if name, err := peerName(t, l.Addr().String()); name != "first" {
		t.Error(name, err)
	}
	writeCertificate(t, path, "second", nil)
	if name, err := peerName(t, l.Addr().String()); name != "second" {
		t.Error(name, err)
	}
	if err := os.WriteFile(path, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if name, err := peerName(t, l.Addr().String()); err == nil {
		t.Errorf("connected to %q with a broken certificate", name)
	}
	writeCertificate(t, path, "third", nil)
	if name, err := peerName(t, l.Addr().String()); name != "third" {
		t.Error(name, err)
	}
}

func TestEncryptedKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cert.pem")
	writeCertificate(t, path, "secret", func(b *pem.Block) *pem.Block {
		//lint:ignore SA1019 what OpenSSL used to write
		b, err := x509.EncryptPEMBlock(rand.Reader, b.Type, b.Bytes, []byte("password"), x509.PEMCipherAES256)
		if err != nil {
			t.Fatal(err)
		}
		return b
	})
	if _, err := LoadCertificate(path, "password"); err != nil {
		t.Error(err)
	}
	if _, err := LoadCertificate(path, "wrong"); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("wrong password: %v", err)
	}
	writeCertificate(t, path, "secret", func(b *pem.Block) *pem.Block {
		return &pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: b.Bytes}
	})
	if _, err := LoadCertificate(path, "password"); err == nil || !strings.Contains(err.Error(), "PKCS #8") {
		t.Errorf("PKCS #8: %v", err)
	}
	if _, err := LoadCertificate(path+".not", ""); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

// freePort is a port that was free a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func TestListen(t *testing.T) {
	objects := testObjects(t)
	path := filepath.Join(t.TempDir(), "cert.pem")
	writeCertificate(t, path, "x", nil)
	port, secure := freePort(t), freePort(t)
	for _, c := range []struct {
		name   string
		config Config
		want   []string // networks of the ports
		bad    string   // or what the error says
	}{
		{"nothing", Config{}, nil, "no port to listen on"},
		{"address", Config{Port: port, Address: "127.0.0.1", IPv6: true}, []string{"127.0.0.1"}, ""},
		{"IPv4", Config{Port: port}, []string{"0.0.0.0"}, ""},
		{"both", Config{Port: port, SecurePort: secure, Certificate: path}, []string{"0.0.0.0", "0.0.0.0"}, ""},
		{"no certificate", Config{SecurePort: secure}, nil, "no certificate"},
		{"one of two", Config{Port: port, SecurePort: secure}, []string{"0.0.0.0"}, ""},
		{"address of another machine", Config{Port: port, Address: "192.0.2.1"}, nil, "192.0.2.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := NewServer(c.config, objects, nil, zerolog.Nop())
			defer s.Close()
			err := s.Listen()
			if c.bad != "" {
				if err == nil || !strings.Contains(err.Error(), c.bad) {
					t.Errorf("error %v, want %q", err, c.bad)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, a := range s.Addrs() {
				got = append(got, a.(*net.TCPAddr).IP.String())
			}
			if strings.Join(got, " ") != strings.Join(c.want, " ") {
				t.Errorf("listening on %v, want %v", got, c.want)
			}
		})
	}
}

func TestListenOnIPv6TakesIPv4Too(t *testing.T) {
	s := NewServer(Config{Port: freePort(t), IPv6: true}, testObjects(t), nil, zerolog.Nop())
	defer s.Close()
	if err := s.Listen(); err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(s.Addrs()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp4", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}
