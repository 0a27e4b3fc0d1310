package transport

import "encoding/binary"

// What the read loop must know of STUN (RFC 8489 §5, §14); everything else is
// the ICE agent's.
const (
	stunHeader      = 20
	stunCookie      = 0x2112A442
	stunClassMask   = 0x0110
	stunRequest     = 0x0000
	stunIndication  = 0x0010
	stunAttrUser    = 0x0006
	maxLocalUfrag   = 32
	stunTransaction = 12
)

// isSTUN tells whether p is a STUN message (RFC 7983 §7 and the magic cookie).
func isSTUN(p []byte) bool {
	return len(p) >= stunHeader && p[0] < 4 && binary.BigEndian.Uint32(p[4:]) == stunCookie
}

// isResponse tells whether STUN message p answers a request.
func isResponse(p []byte) bool {
	class := binary.BigEndian.Uint16(p) & stunClassMask
	return class != stunRequest && class != stunIndication
}

// transactionID is what ties a response to its request.
func transactionID(p []byte) [stunTransaction]byte {
	return [stunTransaction]byte(p[stunHeader-stunTransaction : stunHeader])
}

// localUfrag finds the receiver's user name fragment in a connectivity check:
// the part of USERNAME before the colon (RFC 8445 §7.2.2). nil if there is none.
func localUfrag(p []byte) []byte {
	if binary.BigEndian.Uint16(p)&stunClassMask != stunRequest {
		return nil
	}
	for attrs := p[stunHeader:]; len(attrs) >= 4; {
		kind, n := binary.BigEndian.Uint16(attrs), int(binary.BigEndian.Uint16(attrs[2:]))
		attrs = attrs[4:]
		if n > len(attrs) {
			return nil
		}
		if kind == stunAttrUser {
			for i, c := range attrs[:min(n, maxLocalUfrag+1)] {
				if c == ':' {
					return attrs[:i]
				}
			}
			return nil
		}
		attrs = attrs[min((n+3)&^3, len(attrs)):]
	}
	return nil
}
