package doctor

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rivero-media/rivero/jsonrpc"
)

// control looks at the ports of the control protocol: free, or taken by a server that answers.
func (x *examiner) control() {
	ws := x.config.WebSocket
	if ws.Port != 0 {
		x.controlPort("ws", ws.Address, ws.Port)
	}
	if ws.Secure.Port != 0 {
		x.controlPort("wss", "", ws.Secure.Port)
	}
}

func (x *examiner) controlPort(scheme, address string, port int) {
	l, err := net.Listen("tcp", net.JoinHostPort(address, strconv.Itoa(port)))
	if err == nil {
		l.Close()
		x.found("control", scheme, OK, fmt.Sprintf("port %d is free", port))
		return
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		x.found("control", scheme, Failure, err.Error())
		return
	}
	ctx, cancel := context.WithTimeout(x.ctx, 3*time.Second)
	defer cancel()
	host := net.JoinHostPort(cmp.Or(address, "127.0.0.1"), strconv.Itoa(port))
	if err := jsonrpc.Probe(ctx, scheme+"://"+host+"/"+x.config.WebSocket.Path); err != nil {
		x.found("control", scheme, Failure, fmt.Sprintf("port %d is taken by a program that gives no answer: %v", port, err))
		return
	}
	x.net.running = true
	x.found("control", scheme, OK, fmt.Sprintf("a server answers at port %d", port))
}

// soon is how long before its end a certificate is worth a warning.
const soon = 14 * 24 * time.Hour

// certificates looks at the files of wss and DTLS.
func (x *examiner) certificates() {
	ws, w := x.config.WebSocket, x.config.WebRtcEndpoint
	if s := ws.Secure; s.Port != 0 {
		pair, err := jsonrpc.LoadCertificate(s.Certificate, string(s.Password))
		if leaf := x.certificate("wss", s.Certificate, pair, err, Failure); leaf != nil {
			x.names(leaf)
		}
	}
	for _, dtls := range []struct{ kind, file string }{{"RSA", w.PemCertificateRSA}, {"ECDSA", w.PemCertificateECDSA}} {
		if dtls.file == "" {
			continue
		}
		pair, err := tls.LoadX509KeyPair(dtls.file, dtls.file)
		// Peers know the certificate by its fingerprint and do not look at its time (RFC 8122 §5).
		leaf := x.certificate("DTLS "+dtls.kind, dtls.file, &pair, err, Warning)
		if leaf != nil && keyKind(leaf) != dtls.kind {
			x.found("certificate", "DTLS "+dtls.kind, Warning, fmt.Sprintf("%s has a key of type %s", dtls.file, keyKind(leaf)))
		}
	}
}

// certificate judges a file; expired is how bad it is when its time is over. It returns nil for one that is unusable.
func (x *examiner) certificate(subject, file string, pair *tls.Certificate, err error, expired Status) *x509.Certificate {
	var leaf *x509.Certificate
	if err == nil {
		leaf, err = x509.ParseCertificate(pair.Certificate[0])
	}
	if err != nil {
		x.found("certificate", subject, Failure, err.Error(),
			"The file holds the certificate, its chain and the private key in PEM format, and the server's user must be able to read it.")
		return nil
	}
	now := time.Now()
	day := func(t time.Time) string { return t.UTC().Format("2006-01-02") }
	switch {
	case now.After(leaf.NotAfter):
		x.found("certificate", subject, expired, fmt.Sprintf("%s expired on %s", file, day(leaf.NotAfter)), "Renew it; the server takes a new file by itself.")
	case now.Before(leaf.NotBefore):
		x.found("certificate", subject, expired, fmt.Sprintf("%s is valid from %s on only", file, day(leaf.NotBefore)), "Is the clock right?")
	case leaf.NotAfter.Sub(now) < soon:
		x.found("certificate", subject, Warning, fmt.Sprintf("%s expires on %s", file, day(leaf.NotAfter)), "Renew it; the server takes a new file by itself.")
	default:
		x.found("certificate", subject, OK, fmt.Sprintf("%s is valid until %s", file, day(leaf.NotAfter)))
	}
	return leaf
}

// names tells for which host names clients can trust the certificate of wss.
func (x *examiner) names(leaf *x509.Certificate) {
	names := append([]string{}, leaf.DNSNames...)
	for _, ip := range leaf.IPAddresses {
		names = append(names, ip.String())
	}
	host := x.config.WebSocket.Registrar.LocalAddress
	switch {
	case len(names) == 0:
		x.found("certificate", "wss", Warning, "it names no host (no subject alternative name)",
			"Clients that check it refuse any address; those that do not (OpenVidu with a self-signed certificate) work.")
	case x.config.WebSocket.Registrar.Address != "" && leaf.VerifyHostname(host) != nil:
		x.found("certificate", "wss", Warning, fmt.Sprintf("it is for %s, but the registrar is told %s", strings.Join(names, ", "), host))
	default:
		x.found("certificate", "wss", OK, "clients can use it at "+strings.Join(names, ", "))
	}
}

func keyKind(c *x509.Certificate) string {
	switch c.PublicKey.(type) {
	case *rsa.PublicKey:
		return "RSA"
	case *ecdsa.PublicKey:
		return "ECDSA"
	}
	return c.PublicKeyAlgorithm.String()
}
