package endpoint

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
)

// RandomCNAME makes a canonical name (RFC 7022): unguessable, and the same for all streams of the endpoint.
func RandomCNAME() string {
	var b [8]byte
	rand.Read(b[:])
	return fmt.Sprintf("user%x@host", b)
}

// RandomSSRC makes the number of a stream (RFC 3550 §8.1), which is never 0.
func RandomSSRC() uint32 {
	var b [4]byte
	rand.Read(b[:])
	return max(binary.BigEndian.Uint32(b[:]), 1)
}
