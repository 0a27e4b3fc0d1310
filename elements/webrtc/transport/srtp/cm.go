package srtp

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the profile's MAC (RFC 3711 §4.2.1)
	"crypto/subtle"
	"encoding/binary"
	"hash"
)

// cm is AES in counter mode with HMAC_SHA1_80 or _32, with 128 bits (RFC 3711 §4.1.1, §4.2.1) or 256 (RFC 6188 §2).
type cm struct {
	block cipher.Block
	mac   hash.Hash
	salt  [aes.BlockSize]byte // 14 bytes, then room for the block counter
	tag   int                 // bytes of the MAC that are sent

	iv  [aes.BlockSize]byte // scratch: locals would be allocated per packet
	roc [4]byte
	sum [sha1.Size]byte
}

func newCM(master cipher.Block, keyLen int, salt []byte, tag int) (*cm, error) {
	block, err := aes.NewCipher(derive(master, salt, labelKey, keyLen))
	if err != nil {
		return nil, err
	}
	c := &cm{block: block, tag: tag, mac: hmac.New(sha1.New, derive(master, salt, labelAuth, 20))}
	copy(c.salt[:], derive(master, salt, labelSalt, 14))
	return c, nil
}

func (c *cm) overhead() int { return c.tag }

// crypt is the counter mode of RFC 3711 §4.1.1. The stream is made anew for
// each packet, the one allocation on this path: the standard library cannot
// move the counter of an existing one.
func (c *cm) crypt(dst, src []byte, ssrc uint32, index uint64) {
	c.iv = c.salt
	binary.BigEndian.PutUint32(c.iv[4:], binary.BigEndian.Uint32(c.iv[4:])^ssrc)
	binary.BigEndian.PutUint64(c.iv[8:], binary.BigEndian.Uint64(c.iv[8:])^index<<16)
	cipher.NewCTR(c.block, c.iv[:]).XORKeyStream(dst, src)
}

// auth is the MAC over the packet and its rollover counter, cut to the tag's length.
func (c *cm) auth(pkt []byte, index uint64) []byte {
	binary.BigEndian.PutUint32(c.roc[:], uint32(index>>16))
	c.mac.Reset()
	c.mac.Write(pkt)
	c.mac.Write(c.roc[:])
	return c.mac.Sum(c.sum[:0])[:c.tag]
}

func (c *cm) seal(buf []byte, header int, payload []byte, ssrc uint32, index uint64) {
	end := header + len(payload)
	c.crypt(buf[header:end], payload, ssrc, index)
	copy(buf[end:], c.auth(buf[:end], index))
}

func (c *cm) open(pkt []byte, header int, ssrc uint32, index uint64) ([]byte, bool) {
	end := len(pkt) - c.tag
	if subtle.ConstantTimeCompare(c.auth(pkt[:end], index), pkt[end:]) != 1 {
		return nil, false
	}
	payload := pkt[header:end]
	c.crypt(payload, payload, ssrc, index)
	return payload, true
}
