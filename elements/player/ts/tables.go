package ts

import (
	"bytes"
	"encoding/binary"
)

// Kinds of streams (ISO/IEC 13818-1 table 2-34).
const (
	typeMPEG1, typeMPEG2   = 0x03, 0x04
	typePrivate            = 0x06
	typeADTS               = 0x0f
	typeH264, typeH265     = 0x1b, 0x24
	descriptorRegistration = 0x05
	maxStreams             = 32
	patID, pmtID           = 0x00, 0x02
)

// section returns the part of a table behind its head, which ends before the checksum; nil for one that is malformed or goes on
// in another packet, as those of an ordinary program never do.
func section(payload []byte, id byte) []byte {
	if len(payload) < 1 || len(payload) < 1+int(payload[0])+8 {
		return nil
	}
	b := payload[1+payload[0]:]
	size := int(binary.BigEndian.Uint16(b[1:]) & 0xfff)
	if b[0] != id || size < 9 || len(b) < 3+size {
		return nil
	}
	return b[8 : 3+size-4]
}

// readPAT returns where the table of the first program is, 0 if there is none.
func readPAT(payload []byte) (pid uint16) {
	for b := section(payload, patID); len(b) >= 4; b = b[4:] {
		if binary.BigEndian.Uint16(b) != 0 { // 0: the network's own
			return binary.BigEndian.Uint16(b[2:]) & 0x1fff
		}
	}
	return 0
}

// described is one stream of a program.
type described struct {
	pid  uint16
	kind byte
	opus bool
}

func readPMT(payload []byte) (all []described) {
	b := section(payload, pmtID)
	if len(b) < 4 {
		return nil
	}
	if b = b[2:]; true {
		skip := 2 + int(binary.BigEndian.Uint16(b)&0xfff)
		if skip > len(b) {
			return nil
		}
		b = b[skip:]
	}
	for len(b) >= 5 && len(all) < maxStreams {
		info := int(binary.BigEndian.Uint16(b[3:]) & 0xfff)
		if 5+info > len(b) {
			return all
		}
		all = append(all, described{
			pid: binary.BigEndian.Uint16(b[1:]) & 0x1fff, kind: b[0],
			opus: bytes.Contains(b[5:5+info], []byte{descriptorRegistration, 4, 'O', 'p', 'u', 's'}),
		})
		b = b[5+info:]
	}
	return all
}
