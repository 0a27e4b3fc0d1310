package ts

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/rivero-media/rivero/elements/player/demux"
)

const (
	packetSize = 188 // bytes (ISO/IEC 13818-1 §2.4.3.2)
	syncByte   = 0x47
	maxJunk    = 1 << 20
)

// packet is one transport packet.
type packet struct {
	at      int64
	pid     uint16
	starts  bool // a section or a PES packet begins in it
	random  bool // decoding can begin here, says its adaptation field
	counter byte
	payload []byte // valid until the next packet is read; nil: it has none
}

// readPacket reads the next packet and passes over what is between. At the end of the file the error is io.EOF; a tail that is no
// whole packet does not matter.
func readPacket(s *demux.Source) (packet, error) {
	for junk := 0; junk < maxJunk; {
		// One look at it and at what follows: a second one could move what the first has shown.
		b, err := s.Peek(packetSize + 5)
		if len(b) < packetSize {
			if errors.Is(err, io.EOF) {
				err = io.EOF
			}
			return packet{}, err
		}
		if b[0] == syncByte && inStep(b) {
			p := parsePacket(b[:packetSize])
			p.at = s.Pos()
			return p, s.Skip(packetSize)
		}
		skip := bytes.IndexByte(b[1:packetSize], syncByte) + 1
		if skip == 0 {
			skip = packetSize
		}
		junk += skip
		if err := s.Skip(int64(skip)); err != nil {
			return packet{}, err
		}
	}
	return packet{}, fmt.Errorf("%w: no transport packet in %d bytes", demux.ErrFormat, maxJunk)
}

// inStep tells whether a packet begins here: another one follows, perhaps behind the 4 bytes of a time that M2TS puts in front of
// each, or the file ends.
func inStep(b []byte) bool {
	return len(b) <= packetSize || b[packetSize] == syncByte || len(b) == packetSize+5 && b[packetSize+4] == syncByte
}

func parsePacket(b []byte) packet {
	p := packet{pid: uint16(b[1]&0x1f)<<8 | uint16(b[2]), starts: b[1]&0x40 != 0, counter: b[3] & 0xf}
	rest := b[4:]
	if b[3]&0x20 != 0 { // adaptation field
		n := int(rest[0])
		if n > 0 {
			p.random = rest[1]&0x40 != 0
		}
		if rest = rest[1:]; n >= len(rest) {
			return p
		}
		rest = rest[n:]
	}
	if b[3]&0x10 != 0 && b[1]&0x80 == 0 && b[3]&0xc0 == 0 { // a payload, without errors, not scrambled
		p.payload = rest
	}
	return p
}
