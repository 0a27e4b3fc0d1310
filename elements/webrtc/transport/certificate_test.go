package transport

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCertificatesAreMadeOncePerType(t *testing.T) {
	store := NewCertificates()
	for _, kind := range []KeyType{RSA, ECDSA} {
		c, err := store.Get(kind)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := store.Get(kind); again != c {
			t.Errorf("%s: another certificate the second time", kind)
		}
		cert, err := x509.ParseCertificate(c.tls.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		if cert.Subject.CommonName != "Kurento" || len(cert.Subject.Country) != 1 || cert.Subject.Country[0] != "SE" {
			t.Errorf("%s: subject %v", kind, cert.Subject)
		}
		switch key := cert.PublicKey.(type) {
		case *rsa.PublicKey:
			if kind != RSA || key.N.BitLen() != 2048 {
				t.Errorf("%s: RSA key of %d bits", kind, key.N.BitLen())
			}
		case *ecdsa.PublicKey:
			if kind != ECDSA || key.Params().Name != "P-256" {
				t.Errorf("%s: key on %s", kind, key.Params().Name)
			}
		}
		sum := sha256.Sum256(cert.Raw)
		if got := c.Fingerprint(); strings.ReplaceAll(got, ":", "") != fmt.Sprintf("%X", sum) || strings.Count(got, ":") != len(sum)-1 {
			t.Errorf("%s: fingerprint %q", kind, got)
		}
	}
	if _, err := store.Get("DSA"); err == nil || !strings.Contains(err.Error(), "DSA") {
		t.Errorf("unknown key type: %v", err)
	}
}

func TestCertificateFromAFile(t *testing.T) {
	made := testCertificate(t, ECDSA)
	key, err := x509.MarshalPKCS8PrivateKey(made.tls.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	text := append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made.tls.Certificate[0]})...)
	file := filepath.Join(t.TempDir(), "cert.pem")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	store := NewCertificates()
	own, err := store.Get(ECDSA)
	if err == nil {
		err = store.Load(ECDSA, file)
	}
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := store.Get(ECDSA)
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Fingerprint() != made.Fingerprint() {
		t.Error("another certificate than the file's")
	}
	pool := newTestPool(t, PoolConfig{})
	connect(t, newSide(t, ConnConfig{Pool: pool, Certificate: loaded}), newSide(t, ConnConfig{Pool: pool}))

	if err := os.WriteFile(file, text[:100], 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file, file + ".missing"} {
		if err := store.Load(ECDSA, name); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		if c, err := store.Get(ECDSA); c != loaded || err != nil {
			t.Errorf("%s took the certificate away: %v", name, err)
		}
	}
	if err := store.Load(ECDSA, ""); err != nil {
		t.Error(err)
	}
	if c, err := store.Get(ECDSA); c != own || err != nil {
		t.Errorf("without a file there is not the certificate of before: %v", err)
	}
}
