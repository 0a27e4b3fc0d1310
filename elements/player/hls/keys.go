package hls

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/rivero-media/rivero/elements/player/demux"
)

// key is how segments are encrypted (§4.3.2.4). The zero value: they are not.
type key struct {
	uri   string // of its 16 bytes
	iv    [aes.BlockSize]byte
	given bool // iv is said; else the number of the segment takes its place (§5.2)
}

// identity is the KEYFORMAT of keys that are the 16 bytes behind their URI. It is meant where none is named.
const identity = "identity"

// keys are those that are in force at a line of a playlist: one for each KEYFORMAT, of which a client may choose.
type keys struct {
	chosen key
	others string // why nothing can be decrypted unless there is a chosen one
}

// set reads an EXT-X-KEY.
func (k *keys) set(a map[string]string) error {
	method, format := a["METHOD"], a["KEYFORMAT"]
	if format == "" {
		format = identity
	}
	switch {
	case method == "NONE":
		*k = keys{}
	case method != "AES-128":
		return fmt.Errorf("encryption METHOD=%.40q is not supported", method)
	case format != identity:
		k.others = fmt.Sprintf("encryption with KEYFORMAT=%.60q is not supported", format)
	case a["URI"] == "":
		return errors.New("an EXT-X-KEY without URI")
	default:
		k.chosen = key{uri: a["URI"]}
		if iv, said := a["IV"]; said {
			k.chosen.given = true
			return readIV(iv, &k.chosen.iv)
		}
	}
	return nil
}

// current is the key of a segment at this place.
func (k *keys) current() (key, error) {
	if k.chosen.uri == "" && k.others != "" {
		return key{}, errors.New(k.others)
	}
	return k.chosen, nil
}

// readIV reads a hexadecimal number of 128 bits (§4.2).
func readIV(text string, iv *[aes.BlockSize]byte) error {
	digits, ok := strings.CutPrefix(strings.ToLower(text), "0x")
	if !ok || len(digits) == 0 || len(digits) > 2*len(iv) {
		return fmt.Errorf("IV %.40q is no number of 128 bits", text)
	}
	digits = strings.Repeat("0", 2*len(iv)-len(digits)) + digits
	if _, err := hex.Decode(iv[:], []byte(digits)); err != nil {
		return fmt.Errorf("IV %.40q: %w", text, err)
	}
	return nil
}

// forSegment is the key with the IV of the segment of a number.
func (k key) forSegment(number int64) key {
	if k.uri != "" && !k.given {
		binary.BigEndian.PutUint64(k.iv[len(k.iv)-8:], uint64(number))
		k.given = true
	}
	return k
}

// decrypt decrypts AES-128 with cipher block chaining and PKCS7 padding (§4.3.2.4), in place.
func decrypt(data, secret []byte, iv [aes.BlockSize]byte) ([]byte, error) {
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	if len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, fmt.Errorf("%w: %d bytes are not whole blocks of AES-128", demux.ErrFormat, len(data))
	}
	cipher.NewCBCDecrypter(block, iv[:]).CryptBlocks(data, data)
	padding := int(data[len(data)-1])
	if padding == 0 || padding > aes.BlockSize {
		return nil, fmt.Errorf("%w: decrypted with another key than it was encrypted with", demux.ErrFormat)
	}
	for _, b := range data[len(data)-padding:] {
		if int(b) != padding {
			return nil, fmt.Errorf("%w: decrypted with another key than it was encrypted with", demux.ErrFormat)
		}
	}
	return data[:len(data)-padding], nil
}
