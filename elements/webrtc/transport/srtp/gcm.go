package srtp

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
)

// gcm is AEAD_AES_128_GCM and AEAD_AES_256_GCM (RFC 7714).
type gcm struct {
	aead  cipher.AEAD
	salt  [12]byte
	nonce [12]byte // scratch: a local one would be allocated per packet
}

func newGCM(master cipher.Block, keyLen int, salt []byte) (*gcm, error) {
	block, err := aes.NewCipher(derive(master, salt, labelKey, keyLen))
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	g := &gcm{aead: aead}
	copy(g.salt[:], derive(master, salt, labelSalt, len(g.salt)))
	return g, nil
}

func (g *gcm) overhead() int { return 16 }

// iv is RFC 7714 §8.1: two zero bytes, SSRC, ROC and sequence number, xor salt.
func (g *gcm) iv(ssrc uint32, index uint64) []byte {
	g.nonce[0], g.nonce[1] = 0, 0
	binary.BigEndian.PutUint32(g.nonce[2:], ssrc)
	binary.BigEndian.PutUint32(g.nonce[6:], uint32(index>>16))
	binary.BigEndian.PutUint16(g.nonce[10:], uint16(index))
	for i := range g.nonce {
		g.nonce[i] ^= g.salt[i]
	}
	return g.nonce[:]
}

func (g *gcm) seal(buf []byte, header int, payload []byte, ssrc uint32, index uint64) {
	g.aead.Seal(buf[header:header], g.iv(ssrc, index), payload, buf[:header])
}

func (g *gcm) open(pkt []byte, header int, ssrc uint32, index uint64) ([]byte, bool) {
	payload, err := g.aead.Open(pkt[header:header], g.iv(ssrc, index), pkt[header:], pkt[:header])
	return payload, err == nil
}
