package recorder

import (
	"encoding/binary"

	"github.com/rivero-media/rivero/pipeline/media"
)

// clusterTime is how much one cluster holds, in milliseconds: about what is lost when the process is killed.
const clusterTime = 1000

// cluster collects the blocks of the Cluster elements that are still to be written.
type cluster struct {
	interleaver
	buffer []byte
}

// opens tells whether a new cluster begins with a block: a video key frame.
func (c *cluster) opens(b block) bool { return b.key && c.tracks[b.track].Format.Kind == media.Video }

// first returns how many blocks the first cluster has, and when the one behind it begins; all
// of them if there is only one.
func (c *cluster) first() (count int, next int64) {
	for i, b := range c.blocks {
		if i > 0 && (c.opens(b) || b.at-c.blocks[0].at >= clusterTime) {
			return i, b.at
		}
	}
	return len(c.blocks), 0
}

// Element IDs (RFC 9559 §5.1.3).
var (
	idCluster     = []byte{0x1f, 0x43, 0xb6, 0x75}
	idTimestamp   = []byte{0xe7}
	idSimpleBlock = []byte{0xa3}
)

const (
	blockHead    = 4 // track number, relative time, flags (RFC 9559 §10.2)
	blockKeyFlag = 0x80
	sizeBytes    = 8 // every size field that is not known to be small is written in full length
)

// marshal returns the first blocks as an element; the bytes are valid until the next call.
func (c *cluster) marshal(count int) []byte {
	start := c.blocks[0].at
	out := append(c.buffer[:0], idCluster...)
	out = append(out, make([]byte, sizeBytes)...)
	body := len(out)
	out = append(out, idTimestamp...)
	out = append(out, 0x88)
	out = binary.BigEndian.AppendUint64(out, uint64(start))
	for _, b := range c.blocks[:count] {
		out = append(out, idSimpleBlock...)
		out = appendSize(out, blockHead+b.size)
		out = append(out, 0x80|byte(b.track+1))
		out = binary.BigEndian.AppendUint16(out, uint16(b.at-start))
		var flags byte
		if b.key {
			flags = blockKeyFlag
		}
		out = append(out, flags)
		out = append(out, c.bytes(b)...)
	}
	putSize(out[body-sizeBytes:body], int64(len(out)-body))
	c.buffer = out
	return out
}

// appendSize appends an element's size in four bytes, which is enough for every block (RFC
// 8794 §4).
func appendSize(b []byte, n int) []byte {
	return binary.BigEndian.AppendUint32(b, 0x1000_0000|uint32(n))
}

// putSize writes an element's size into a field of eight bytes.
func putSize(b []byte, n int64) { binary.BigEndian.PutUint64(b, 1<<56|uint64(n)) }
