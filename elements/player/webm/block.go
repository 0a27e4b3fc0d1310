package webm

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"time"
)

// block is the data of a Block or SimpleBlock (RFC 9559 §10).
type block struct {
	track  uint64
	offset int16 // to the cluster's time, in units of the file
	key    bool  // SimpleBlock only
	lacing byte
	data   []byte // one frame, or several with their sizes in front
}

// The kinds of lacing, as in the flags of a block (RFC 9559 §10.3).
const (
	noLacing    = 0
	xiphLacing  = 1
	fixedLacing = 2
	ebmlLacing  = 3
)

var errBlock = fmt.Errorf("%w: block", ErrFormat)

func parseBlock(data []byte) (block, error) {
	track, rest, err := readVint(data)
	if err != nil || len(rest) < 3 {
		return block{}, errBlock
	}
	return block{
		track:  track,
		offset: int16(binary.BigEndian.Uint16(rest)),
		key:    rest[2]&0x80 != 0,
		lacing: rest[2] >> 1 & 3,
		data:   rest[3:],
	}, nil
}

// readVint reads a variable-size number (RFC 8794 §4) at the start of data.
func readVint(data []byte) (v uint64, rest []byte, err error) {
	if len(data) == 0 {
		return 0, nil, errBlock
	}
	length := bits.LeadingZeros8(data[0]) + 1
	if length > 8 || len(data) < length {
		return 0, nil, errBlock
	}
	mask := uint64(1)<<(7*length) - 1
	return bigEndian(data[:length]) & mask, data[length:], nil
}

// frames appends the frames of the block to list.
func (b block) frames(list [][]byte) ([][]byte, error) {
	if b.lacing == noLacing {
		return append(list, b.data), nil
	}
	if len(b.data) == 0 {
		return list, errBlock
	}
	count, data := int(b.data[0])+1, b.data[1:]
	if b.lacing == fixedLacing {
		if len(data)%count != 0 {
			return list, errBlock
		}
		size := len(data) / count
		for i := range count {
			list = append(list, data[i*size:(i+1)*size])
		}
		return list, nil
	}
	var sizes [256]int
	data, err := b.sizes(sizes[:count-1], data)
	if err != nil {
		return list, err
	}
	for _, size := range sizes[:count-1] {
		if size < 0 || size > len(data) {
			return list, errBlock
		}
		list = append(list, data[:size])
		data = data[size:]
	}
	return append(list, data), nil // the last one takes what is left
}

// sizes reads the sizes of all laced frames but the last, and returns what follows them.
func (b block) sizes(sizes []int, data []byte) (rest []byte, err error) {
	for i := range sizes {
		switch {
		case b.lacing == xiphLacing:
			sizes[i], data, err = readXiph(data)
		case i == 0:
			var v uint64
			v, data, err = readVint(data)
			sizes[i] = int(min(v, maxBlock+1))
		default:
			var d int
			d, data, err = readDifference(data)
			sizes[i] = sizes[i-1] + d
		}
		if err != nil || sizes[i] < 0 || sizes[i] > maxBlock {
			return nil, errBlock
		}
	}
	return data, nil
}

// readXiph reads a sum of bytes that ends with the first one below 255 (RFC 9559 §10.3.2).
func readXiph(data []byte) (sum int, rest []byte, err error) {
	for i, c := range data {
		sum += int(c)
		if c < 255 {
			return sum, data[i+1:], nil
		}
	}
	return 0, nil, errBlock
}

// readDifference reads a signed number, which is stored with half its range added (RFC 9559
// §10.3.3).
func readDifference(data []byte) (d int, rest []byte, err error) {
	v, rest, err := readVint(data)
	if err != nil {
		return 0, nil, err
	}
	half := int64(1)<<(7*(len(data)-len(rest))-1) - 1
	diff := int64(v) - half
	if diff > maxBlock || diff < -maxBlock {
		return 0, nil, errBlock
	}
	return int(diff), rest, nil
}

// ticks converts units of the file to time; the product must not leave the range.
func ticks(n int64, scale time.Duration) (time.Duration, bool) {
	const most = 1 << 62
	if n > most/int64(scale) || n < -most/int64(scale) {
		return 0, false
	}
	return time.Duration(n) * scale, true
}
