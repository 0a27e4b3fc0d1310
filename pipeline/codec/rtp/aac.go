package rtp

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"

	"github.com/rivero-media/rivero/pipeline/codec/aac"
	"github.com/rivero-media/rivero/pipeline/media"
)

// aacUnpacker is for AAC in the mode AAC-hbr of RFC 3640 (§3.3.6): a payload begins with the number of bits of the headers
// that follow, one of 16 bits for each access unit: 13 for its size, 3 for interleaving, which nobody does. A unit that
// is larger than a packet is cut; each part has the header of the whole (§3.2.3).
type aacUnpacker struct {
	audioUnpacker
	length  time.Duration // of a unit
	units   [][]byte
	partial []byte // of a unit that was cut
	size    int    // that it will have
}

// aacFrame is how many samples an access unit has (ISO/IEC 14496-3 §4.5.1).
const aacFrame = 1024

func newAACUnpacker(have media.Format) *aacUnpacker {
	rate := int(have.ClockRate)
	if config, err := hex.DecodeString(strings.TrimPrefix(have.Params, "config=")); err == nil {
		if c, err := aac.ParseConfig(config); err == nil {
			rate = c.SampleRate // of the core, where the clock may be twice as fast
		}
	}
	return &aacUnpacker{length: aacFrame * time.Second / time.Duration(max(rate, 1))}
}

// split is part of splitter. What is malformed is left out.
func (u *aacUnpacker) split(payload []byte, gap bool) (units [][]byte, length time.Duration) {
	if gap {
		u.partial = u.partial[:0]
	}
	if len(payload) < 2 {
		return nil, u.length
	}
	headers := int(binary.BigEndian.Uint16(payload)+7) / 8
	if headers < 2 || headers%2 != 0 || len(payload) < 2+headers {
		return nil, u.length
	}
	u.units = u.units[:0]
	headed, data := payload[2:2+headers], payload[2+headers:]
	for ; len(headed) > 0; headed = headed[2:] {
		size := int(binary.BigEndian.Uint16(headed) >> 3)
		switch {
		case size == 0:
		case size <= len(data) && len(u.partial) == 0:
			u.units, data = append(u.units, data[:size]), data[size:]
		case headers == 2:
			u.join(size, data)
		default:
			u.partial = u.partial[:0]
			return u.units, u.length
		}
	}
	return u.units, u.length
}

// join takes a part of a unit.
func (u *aacUnpacker) join(size int, part []byte) {
	if size != u.size {
		u.partial, u.size = u.partial[:0], size
	}
	u.partial = append(u.partial, part...)
	if len(u.partial) < size {
		return
	}
	if len(u.partial) == size {
		u.units = append(u.units, u.partial)
	}
	u.partial = u.partial[:0]
}

// aacPacker puts one unit into a packet, or cuts one that is too large.
type aacPacker struct {
	unit []byte
	at   int // what is sent already
}

// maxAACUnit is what the size in the header of a unit can say.
const maxAACUnit = 1<<13 - 1

// aacHeaders are the sizes of the header section with one header, and of what says how long it is.
const aacHeaders = 2 + 2

func (p *aacPacker) load(unit []byte, _ bool) bool {
	p.unit, p.at = unit, 0
	return len(unit) > 0 && len(unit) <= maxAACUnit
}

func (p *aacPacker) next(buf []byte) (n int, last bool) {
	binary.BigEndian.PutUint16(buf, 16) // bits of headers
	binary.BigEndian.PutUint16(buf[2:], uint16(len(p.unit)<<3))
	n = copy(buf[aacHeaders:], p.unit[p.at:])
	p.at += n
	return aacHeaders + n, p.at == len(p.unit)
}
