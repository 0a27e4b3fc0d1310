// Package srtp protects RTP packets for one peer (RFC 3711, RFC 7714): key
// derivation, the ciphers, packet indexes and the replay window. It works on
// bytes, writes each packet once and keeps no lock: a Sender or Receiver is
// used by one goroutine at a time. SRTCP is not here, it is rare enough for
// a library.
package srtp

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
)

// Errors of Protect and Open. They are normal on a network and concern one
// packet only.
var (
	ErrShort    = errors.New("srtp: packet or buffer too short")
	ErrReplayed = errors.New("srtp: packet seen before or too old")
	ErrAuth     = errors.New("srtp: authentication failed")
	ErrStreams  = errors.New("srtp: too many streams")
	ErrIndex    = errors.New("srtp: key used up")
)

// Profile is a protection profile by its number in DTLS (RFC 5764 §4.1.2, RFC 7714 §14.2). Those with AES-256 in counter
// mode (RFC 6188) have none: they are agreed upon by SDP only, and their numbers are Pion's.
type Profile uint16

// The profiles that browsers and SIP gateways use.
const (
	AES128CMSHA1_80 Profile = 0x0001
	AES128CMSHA1_32 Profile = 0x0002
	AES256CMSHA1_80 Profile = 0x0003
	AES256CMSHA1_32 Profile = 0x0004
	AEADAES128GCM   Profile = 0x0007
	AEADAES256GCM   Profile = 0x0008
)

// String returns the name in the IANA registry.
func (p Profile) String() string {
	switch p {
	case AES128CMSHA1_80:
		return "SRTP_AES128_CM_HMAC_SHA1_80"
	case AES128CMSHA1_32:
		return "SRTP_AES128_CM_HMAC_SHA1_32"
	case AES256CMSHA1_80:
		return "SRTP_AES256_CM_HMAC_SHA1_80"
	case AES256CMSHA1_32:
		return "SRTP_AES256_CM_HMAC_SHA1_32"
	case AEADAES128GCM:
		return "SRTP_AEAD_AES_128_GCM"
	case AEADAES256GCM:
		return "SRTP_AEAD_AES_256_GCM"
	default:
		return fmt.Sprintf("SRTP profile %#04x", uint16(p))
	}
}

// KeyLen is the length of the master key in bytes, 0 for an unknown profile.
func (p Profile) KeyLen() int {
	switch p {
	case AES128CMSHA1_80, AES128CMSHA1_32, AEADAES128GCM:
		return 16
	case AES256CMSHA1_80, AES256CMSHA1_32, AEADAES256GCM:
		return 32
	default:
		return 0
	}
}

// SaltLen is the length of the master salt in bytes, 0 for an unknown profile.
func (p Profile) SaltLen() int {
	switch p {
	case AES128CMSHA1_80, AES128CMSHA1_32, AES256CMSHA1_80, AES256CMSHA1_32:
		return 14
	case AEADAES128GCM, AEADAES256GCM:
		return 12
	default:
		return 0
	}
}

// MaxOverhead is the most that protection adds to a packet, in bytes.
const MaxOverhead = 16

// minHeader is the RTP header without CSRCs and extensions (RFC 3550 §5.1).
const minHeader = 12

// suite is what a profile does to one packet whose index is known.
type suite interface {
	// overhead is how many bytes seal adds.
	overhead() int
	// seal writes the encrypted payload and the tag behind the header, which is
	// in buf[:header]; buf has room for both. payload does not overlap buf.
	seal(buf []byte, header int, payload []byte, ssrc uint32, index uint64)
	// open verifies pkt and decrypts its payload in place.
	open(pkt []byte, header int, ssrc uint32, index uint64) (payload []byte, ok bool)
}

func newSuite(p Profile, key, salt []byte) (suite, error) {
	if p.KeyLen() == 0 {
		return nil, fmt.Errorf("srtp: profile %v is not supported", p)
	}
	if len(key) != p.KeyLen() || len(salt) != p.SaltLen() {
		return nil, fmt.Errorf("srtp: %v needs a key of %d and a salt of %d bytes, got %d and %d",
			p, p.KeyLen(), p.SaltLen(), len(key), len(salt))
	}
	master, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	switch p {
	case AEADAES128GCM, AEADAES256GCM:
		return newGCM(master, len(key), salt)
	case AES128CMSHA1_32, AES256CMSHA1_32:
		return newCM(master, len(key), salt, 4)
	default:
		return newCM(master, len(key), salt, 10)
	}
}

// Labels of the keys that are derived for RTP (RFC 3711 §4.3.2).
const (
	labelKey  = 0x00
	labelAuth = 0x01
	labelSalt = 0x02
)

// derive makes n bytes of session key from the master key (RFC 3711 §4.3.1 with
// a key derivation rate of 0; RFC 7714 §11 pads the shorter salt with zeros).
func derive(master cipher.Block, salt []byte, label byte, n int) []byte {
	var in [aes.BlockSize]byte
	copy(in[:14], salt)
	in[7] ^= label
	out := make([]byte, (n+aes.BlockSize-1)/aes.BlockSize*aes.BlockSize)
	for i := 0; i < len(out); i += aes.BlockSize {
		binary.BigEndian.PutUint16(in[14:], uint16(i/aes.BlockSize))
		master.Encrypt(out[i:], in[:])
	}
	return out[:n]
}
