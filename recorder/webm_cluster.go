package recorder

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// cluster collects the blocks of one Cluster element. Its memory is used again for the next.
type cluster struct {
	blocks []block
	first  int64  // lowest time of all blocks
	data   []byte // of all blocks, in the order in which they came
	out    []byte
}

// block is one frame in a cluster.
type block struct {
	track int   // index; the number in the file is one more
	at    int64 // ms
	key   bool
	start int // in cluster.data
	size  int
}

// endsBefore tells whether a frame with this time begins the next cluster.
func (c *cluster) endsBefore(at int64, videoKey bool) bool {
	return len(c.blocks) > 0 && (videoKey || at-c.first >= clusterTime || len(c.data) >= clusterBytes)
}

func (c *cluster) add(b block, data []byte) {
	if len(c.blocks) == 0 || b.at < c.first {
		c.first = b.at
	}
	b.start, b.size = len(c.data), len(data)
	c.data = append(c.data, data...)
	c.blocks = append(c.blocks, b)
}

// sort brings the blocks in the order of their times: sound and pictures of one moment do not come at the same time.
func (c *cluster) sort() {
	slices.SortStableFunc(c.blocks, func(a, b block) int { return cmp.Compare(a.at, b.at) })
}

func (c *cluster) reset() { c.blocks, c.data = c.blocks[:0], c.data[:0] }

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

// marshal returns the sorted cluster as an element; the bytes are valid until the next call.
func (c *cluster) marshal() []byte {
	out := append(c.out[:0], idCluster...)
	out = append(out, make([]byte, sizeBytes)...)
	body := len(out)
	out = append(out, idTimestamp...)
	out = append(out, 0x88)
	out = binary.BigEndian.AppendUint64(out, uint64(c.first))
	for _, b := range c.blocks {
		out = append(out, idSimpleBlock...)
		out = appendSize(out, blockHead+b.size)
		out = append(out, 0x80|byte(b.track+1))
		out = binary.BigEndian.AppendUint16(out, uint16(b.at-c.first))
		var flags byte
		if b.key {
			flags = blockKeyFlag
		}
		out = append(out, flags)
		out = append(out, c.data[b.start:b.start+b.size]...)
	}
	putSize(out[body-sizeBytes:body], int64(len(out)-body))
	c.out = out
	return out
}

// appendSize appends an element's size in four bytes, which is enough for every block (RFC 8794 §4).
func appendSize(b []byte, n int) []byte {
	return binary.BigEndian.AppendUint32(b, 0x1000_0000|uint32(n))
}

// putSize writes an element's size into a field of eight bytes.
func putSize(b []byte, n int64) { binary.BigEndian.PutUint64(b, 1<<56|uint64(n)) }
