package jsonrpc

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
)

// LoadCertificate reads a PEM file with a certificate chain and its private key, in any order.
func LoadCertificate(path, password string) (*tls.Certificate, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	var chain, key []byte
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if !strings.HasSuffix(block.Type, "PRIVATE KEY") {
			chain = append(chain, pem.EncodeToMemory(block)...)
			continue
		}
		if key, err = openKey(block, password); err != nil {
			return nil, fmt.Errorf("certificate %s: %w", path, err)
		}
	}
	c, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return nil, fmt.Errorf("certificate %s: %w", path, err)
	}
	return &c, nil
}

// openKey decrypts a private key if need be. The standard library knows the old encryption of PEM files
// only (RFC 1423), which is what OpenSSL wrote into such files.
func openKey(block *pem.Block, password string) ([]byte, error) {
	if block.Type == "ENCRYPTED PRIVATE KEY" {
		return nil, errors.New(`the private key is encrypted as PKCS #8, which is not supported; ` +
			`"openssl rsa" or "openssl ec" rewrites it`)
	}
	//lint:ignore SA1019 deprecated as insecure, but the files exist
	if !x509.IsEncryptedPEMBlock(block) {
		return pem.EncodeToMemory(block), nil
	}
	//lint:ignore SA1019 see above
	der, err := x509.DecryptPEMBlock(block, []byte(password))
	if err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: der}), nil
}
