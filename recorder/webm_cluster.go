package recorder

import (
	"encoding/binary"
	"slices"
)

// cluster collects the blocks of the Cluster elements that are still to be written, in the
// order of their times: sound and pictures of one moment do not come at the same time. Its
// memory is used again and again.
type cluster struct {
	blocks []block
	data   []byte // of all blocks, in the order in which they came
	spare  []byte // for the next data
	out    []byte
}

// block is one frame in a cluster.
type block struct {
	track int   // index; the number in the file is one more
	at    int64 // ms
	key   bool  // of this track's frames, this one can be decoded on its own
	opens bool  // a new cluster: a video key frame
	start int   // in cluster.data
	size  int
}

func (c *cluster) add(b block, data []byte) {
	b.start, b.size = len(c.data), len(data)
	c.data = append(c.data, data...)
	i := len(c.blocks)
	for i > 0 && c.blocks[i-1].at > b.at {
		i--
	}
	c.blocks = slices.Insert(c.blocks, i, b)
}

// first returns how many blocks the first cluster has, and when the one behind it begins; all
// of them if there is only one.
func (c *cluster) first() (count int, next int64) {
	for i, b := range c.blocks {
		if i > 0 && (b.opens || b.at-c.blocks[0].at >= clusterTime) {
			return i, b.at
		}
	}
	return len(c.blocks), 0
}

// drop removes blocks from the front.
func (c *cluster) drop(count int) {
	c.blocks = slices.Delete(c.blocks, 0, count)
	data := c.spare[:0]
	for i := range c.blocks {
		b := &c.blocks[i]
		start := len(data)
		data = append(data, c.data[b.start:b.start+b.size]...)
		b.start = start
	}
	c.data, c.spare = data, c.data
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
	out := append(c.out[:0], idCluster...)
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
		out = append(out, c.data[b.start:b.start+b.size]...)
	}
	putSize(out[body-sizeBytes:body], int64(len(out)-body))
	c.out = out
	return out
}

// appendSize appends an element's size in four bytes, which is enough for every block (RFC
// 8794 §4).
func appendSize(b []byte, n int) []byte {
	return binary.BigEndian.AppendUint32(b, 0x1000_0000|uint32(n))
}

// putSize writes an element's size into a field of eight bytes.
func putSize(b []byte, n int64) { binary.BigEndian.PutUint64(b, 1<<56|uint64(n)) }
