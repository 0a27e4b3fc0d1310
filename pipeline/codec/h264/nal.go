package h264

import "encoding/binary"

// Types of NAL units (Table 7-1).
const (
	nalSlice      = 1
	nalPartitionA = 2 // data partitioning, of the Extended profile
	nalPartitionC = 4
	nalIDR        = 5
	nalSEI        = 6
	nalSPS        = 7
	nalPPS        = 8
)

// lengthSize is that of the number before each NAL unit.
const lengthSize = 4

// nal is a NAL unit without emulation prevention.
type nal struct {
	kind   int
	refIDC int    // nal_ref_idc: 0 when no picture refers to it
	rbsp   []byte // with padding behind it
}

// nextNAL cuts the first NAL unit off an access unit in which each has its length before it.
func nextNAL(accessUnit []byte) (unit, rest []byte, err error) {
	if len(accessUnit) < lengthSize {
		return nil, nil, ErrTruncated
	}
	size := binary.BigEndian.Uint32(accessUnit)
	accessUnit = accessUnit[lengthSize:]
	if uint64(size) > uint64(len(accessUnit)) {
		return nil, nil, ErrTruncated
	}
	return accessUnit[:size], accessUnit[size:], nil
}

// parseNAL reads the header and takes out emulation_prevention_three_byte (7.3.1). The RBSP is written into buffer, which
// is returned as it has grown.
func parseNAL(unit, buffer []byte) (n nal, grown []byte) {
	n.kind, n.refIDC = int(unit[0]&31), int(unit[0]>>5&3)
	buffer = buffer[:0]
	rest := unit[1:]
	for {
		i := emulation(rest)
		if i < 0 {
			break
		}
		buffer = append(buffer, rest[:i]...)
		rest = rest[i+1:]
	}
	buffer = append(buffer, rest...)
	buffer = append(buffer, make([]byte, padding)...)
	n.rbsp = buffer
	return n, buffer
}

// emulation finds the 3 of a sequence 0 0 3; -1 if there is none. Every second byte is looked at.
func emulation(data []byte) int {
	for i := 1; i < len(data); i += 2 {
		if data[i] != 0 {
			continue
		}
		switch {
		case data[i-1] == 0 && i+1 < len(data) && data[i+1] == 3:
			return i + 1
		case i+2 < len(data) && data[i+1] == 0 && data[i+2] == 3:
			return i + 2
		}
	}
	return -1
}
