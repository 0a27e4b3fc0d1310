package rtp

import (
	"crypto/rand"
	"encoding/base64"
	"strings"

	"github.com/rivero-media/rivero/elements/sdp"
	"github.com/rivero-media/rivero/pipeline"
)

// SDES is the key of SRTP as the SDP tells it (RFC 4568), as text or in base64.
type SDES struct {
	Key       *string      `kurento:"key,optional"`
	KeyBase64 *string      `kurento:"keyBase64,optional"`
	Crypto    *CryptoSuite `kurento:"crypto,optional"`
}

// CryptoSuite names cipher, authentication and key length of SRTP (RFC 4568 §6.2, RFC 6188).
type CryptoSuite string

// Values are the texts of the protocol.
func (CryptoSuite) Values() []string {
	return []string{"AES_128_CM_HMAC_SHA1_32", "AES_128_CM_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_32", "AES_256_CM_HMAC_SHA1_80"}
}

// suites are their names in SDP.
var suites = map[CryptoSuite]sdp.Suite{
	"AES_128_CM_HMAC_SHA1_32": sdp.AES128SHA1_32, "AES_128_CM_HMAC_SHA1_80": sdp.AES128SHA1_80,
	"AES_256_CM_HMAC_SHA1_32": sdp.AES256SHA1_32, "AES_256_CM_HMAC_SHA1_80": sdp.AES256SHA1_80,
}

// crypto is what the endpoint protects its packets with. Without a suite it does not, whatever else is given; without a key
// it makes one. A key as text goes before one in base64.
func (p *SDES) crypto() (c sdp.Crypto, err error) {
	if p.Crypto == nil {
		return c, nil
	}
	c.Suite = suites[*p.Crypto]
	n, valid := c.Suite.KeyLen()+sdp.SaltLen, true
	switch {
	case p.Key != nil:
		c.Key = *p.Key
	case p.KeyBase64 != nil:
		c.Key, valid = decode(*p.KeyBase64)
	default:
		random := make([]byte, n)
		rand.Read(random)
		c.Key = string(random)
	}
	switch {
	case len(c.Key) != n:
		return c, pipeline.Errorf(pipeline.IllegalParam, "Master key size is wrong")
	case !valid:
		return c, pipeline.Errorf(pipeline.IllegalParam, "Master key is not valid Base64")
	}
	return c, nil
}

// decode reads base64 as Kurento's GLib does, passing over what does not belong there, but tells whether there was any:
// the original finds only the size of such a key wrong.
func decode(text string) (key string, valid bool) {
	if raw, err := base64.StdEncoding.DecodeString(text); err == nil {
		return string(raw), true
	}
	known := strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z', 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '+', r == '/':
			return r
		}
		return -1
	}, text)
	raw, _ := base64.RawStdEncoding.DecodeString(known)
	return string(raw), false
}
