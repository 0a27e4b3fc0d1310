package transport

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // a hash that RFC 8122 §5 names; the peer chooses
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"os"
	"strings"
	"sync"
	"time"
)

// KeyType is the CertificateKeyType of the Kurento protocol.
type KeyType string

// The key types: RSA with 2048 bits, ECDSA on P-256. A handshake with ECDSA
// costs a fraction of one with RSA.
const (
	RSA   KeyType = "RSA"
	ECDSA KeyType = "ECDSA"
)

// Certificate is what we show in DTLS. Many connections share one.
type Certificate struct {
	tls         tls.Certificate
	fingerprint string
}

// Fingerprint is the SHA-256 fingerprint as it stands behind "a=fingerprint:sha-256 " (RFC 8122 §5).
func (c *Certificate) Fingerprint() string { return c.fingerprint }

func newCertificate(pair tls.Certificate) *Certificate {
	sum := sha256.Sum256(pair.Certificate[0])
	return &Certificate{tls: pair, fingerprint: fingerprintText(sum[:])}
}

// fingerprintText writes bytes as "AB:CD:...".
func fingerprintText(sum []byte) string {
	text := strings.ToUpper(hex.EncodeToString(sum))
	var b strings.Builder
	for i := 0; i < len(text); i += 2 {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(text[i : i+2])
	}
	return b.String()
}

// Certificates holds one certificate per key type for the whole process: from a file, or of its own making, then
// made when it is first asked for.
type Certificates struct {
	rsa, ecdsa certificateSlot
}

type certificateSlot struct {
	mu     sync.Mutex
	loaded *Certificate // from a file, nil: none is configured or could be read
	made   *Certificate
}

// NewCertificates returns certificates that none is loaded of.
func NewCertificates() *Certificates { return &Certificates{} }

// Load reads the PEM file of a type, with a certificate chain and its private key, for connections from now on. If it
// fails everything stays as it was. No name goes back to a certificate of our own making.
func (c *Certificates) Load(t KeyType, file string) error {
	slot, err := c.slot(t)
	if err != nil {
		return err
	}
	var loaded *Certificate
	if file != "" {
		if loaded, err = loadCertificate(file); err != nil {
			return err
		}
	}
	slot.mu.Lock()
	defer slot.mu.Unlock()
	slot.loaded = loaded
	return nil
}

// Get returns the certificate of a type. The first call for RSA may take a
// tenth of a second; whoever wants that behind him calls it early.
func (c *Certificates) Get(t KeyType) (*Certificate, error) {
	slot, err := c.slot(t)
	if err != nil {
		return nil, err
	}
	slot.mu.Lock()
	defer slot.mu.Unlock()
	if slot.loaded != nil {
		return slot.loaded, nil
	}
	if slot.made == nil {
		slot.made, err = makeCertificate(t)
	}
	return slot.made, err
}

func (c *Certificates) slot(t KeyType) (*certificateSlot, error) {
	switch t {
	case RSA:
		return &c.rsa, nil
	case ECDSA:
		return &c.ecdsa, nil
	}
	return nil, fmt.Errorf("certificate key type %q is not RSA or ECDSA", t)
}

func loadCertificate(file string) (*Certificate, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading certificate: %w", err)
	}
	pair, err := tls.X509KeyPair(text, text)
	if err != nil {
		return nil, fmt.Errorf("certificate %s: %w", file, err)
	}
	return newCertificate(pair), nil
}

// makeCertificate signs a certificate like Kurento's: CN=Kurento, C=SE, one year.
func makeCertificate(t KeyType) (*Certificate, error) {
	var key crypto.Signer
	var err error
	if t == RSA {
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	} else {
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		return nil, fmt.Errorf("making %s key: %w", t, err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return nil, fmt.Errorf("making certificate serial: %w", err)
	}
	template := x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "Kurento", Country: []string{"SE"}},
		NotBefore:    time.Now().Add(-time.Hour), // peers' clocks differ
		NotAfter:     time.Now().AddDate(1, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("making %s certificate: %w", t, err)
	}
	return newCertificate(tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}), nil
}

// Fingerprint is one a=fingerprint line of the peer (RFC 8122 §5).
type Fingerprint struct {
	Hash  string // "sha-256", "sha-1", "sha-384" or "sha-512", in any case
	Value string // "AB:CD:...", in any case
}

// sum hashes a certificate with the fingerprint's function; nil if it is unknown.
func (f Fingerprint) sum(der []byte) []byte {
	switch strings.ToLower(f.Hash) {
	case "sha-1":
		s := sha1.Sum(der) //nolint:gosec // see above
		return s[:]
	case "sha-256":
		s := sha256.Sum256(der)
		return s[:]
	case "sha-384":
		s := sha512.Sum384(der)
		return s[:]
	case "sha-512":
		s := sha512.Sum512(der)
		return s[:]
	default:
		return nil
	}
}

// value decodes the hexadecimal text.
func (f Fingerprint) value() ([]byte, error) {
	return hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(f.Value), ":", ""))
}

// check tells what is wrong with a fingerprint.
func (f Fingerprint) check() error {
	sum := f.sum(nil)
	if sum == nil {
		return fmt.Errorf("fingerprint hash %q is not known", f.Hash)
	}
	value, err := f.value()
	if err != nil || len(value) != len(sum) {
		return fmt.Errorf("fingerprint %q is no %s value", f.Value, f.Hash)
	}
	return nil
}

var errFingerprint = errors.New("peer certificate does not match its fingerprint")

// matchFingerprint checks a peer's certificate against what its description promised.
func matchFingerprint(promised []Fingerprint, certificates [][]byte) error {
	if len(certificates) == 0 {
		return errors.New("peer has no certificate")
	}
	for _, f := range promised {
		value, err := f.value()
		if err == nil && subtle.ConstantTimeCompare(f.sum(certificates[0]), value) == 1 {
			return nil
		}
	}
	return errFingerprint
}
