package sdp

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// Suite is a crypto suite by its name in descriptions (RFC 4568 §6.2, RFC 6188 §4).
type Suite string

// The suites.
const (
	AES128SHA1_80 Suite = "AES_CM_128_HMAC_SHA1_80"
	AES128SHA1_32 Suite = "AES_CM_128_HMAC_SHA1_32"
	AES256SHA1_80 Suite = "AES_256_CM_HMAC_SHA1_80"
	AES256SHA1_32 Suite = "AES_256_CM_HMAC_SHA1_32"
)

// SaltLen is the length of the master salt of all suites, in bytes.
const SaltLen = 14

// KeyLen is the length of the master key in bytes, 0 for a suite that is not known.
func (s Suite) KeyLen() int {
	switch s {
	case AES128SHA1_80, AES128SHA1_32:
		return 16
	case AES256SHA1_80, AES256SHA1_32:
		return 32
	default:
		return 0
	}
}

// Crypto is an a=crypto line.
type Crypto struct {
	Tag      int // by which an answer names what it takes of an offer
	Suite    Suite
	Key      string // bytes of the master key, then of the master salt
	Lifetime uint64 // packets that the key serves, 0: as many as it can
}

// attribute is the text behind "a=".
func (c Crypto) attribute() string {
	return fmt.Sprintf("crypto:%d %s inline:%s", c.Tag, c.Suite, base64.StdEncoding.EncodeToString([]byte(c.Key)))
}

// String leaves the key out: what is printed ends in logs.
func (c Crypto) String() string { return fmt.Sprintf("crypto:%d %s", c.Tag, c.Suite) }

// cryptos are the a=crypto lines of an m-line that can be used, most preferred first.
func (s *section) cryptos() []Crypto {
	var out []Crypto
	for _, a := range s.attrs {
		if a.name != "crypto" {
			continue
		}
		if c, ok := parseCrypto(a.value); ok {
			out = append(out, c)
		}
	}
	return out
}

// parseCrypto reads "tag suite inline:key[|lifetime] [parameters]" (RFC 4568 §9.1). ok is false for all that is not
// understood: several keys, key identifiers in the packets, packets that are not protected or by keys that change.
func parseCrypto(value string) (c Crypto, ok bool) {
	f := strings.Fields(value)
	if len(f) < 3 {
		return c, false
	}
	tag, err := strconv.ParseUint(f[0], 10, 30)
	c.Tag, c.Suite = int(tag), Suite(f[1])
	inline, isInline := strings.CutPrefix(f[2], "inline:")
	if err != nil || !isInline || c.Suite.KeyLen() == 0 || strings.Contains(inline, ";") {
		return c, false
	}
	for _, parameter := range f[3:] {
		// A hint for the replay window and parameters with "-" may be passed over.
		if !strings.HasPrefix(parameter, "WSH=") && !strings.HasPrefix(parameter, "-") && parameter != "KDR=0" {
			return c, false
		}
	}
	text, rest, limited := strings.Cut(inline, "|")
	if limited {
		if c.Lifetime, ok = parseLifetime(rest); !ok {
			return c, false
		}
	}
	key, err := base64.StdEncoding.DecodeString(text)
	c.Key = string(key)
	return c, err == nil && len(key) == c.Suite.KeyLen()+SaltLen
}

// parseLifetime reads a number of packets, as such or as "2^20".
func parseLifetime(text string) (packets uint64, ok bool) {
	if exponent, power := strings.CutPrefix(text, "2^"); power {
		n, err := strconv.ParseUint(exponent, 10, 6)
		return 1 << n, err == nil && n <= 48
	}
	n, err := strconv.ParseUint(text, 10, 64)
	return n, err == nil && n > 0
}

// ownCrypto is our a=crypto line in the answer to an m-line: under the tag of the one that was taken (RFC 4568 §5.1.2).
func (x *exchange) ownCrypto(m *Media) Crypto {
	c := x.agent.local.Crypto
	c.Tag = x.peers[m.Index].Crypto.Tag
	return c
}

// cryptoAttrs are our a=crypto lines in an offer.
func (a *Agent) cryptoAttrs() []string {
	if !a.rules.keys {
		return nil
	}
	c := a.local.Crypto
	c.Tag = 1
	return []string{c.attribute()}
}
