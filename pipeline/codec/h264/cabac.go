package h264

import (
	"encoding/binary"
	"math/bits"
)

// cabac is the arithmetic decoding engine (9.3.3.2). offset holds codIOffset with count further bits of the stream below
// it, so that most bins need no reading.
type cabac struct {
	data   []byte // of the NAL unit, with padding behind
	at     int    // the next byte to be read; runs on past the end, where zeros are read
	offset uint64
	count  int
	width  uint64 // codIRange
	states [first8x8 + contexts8x8]uint8
}

// nextStates has the successors of a state: of pStateIdx<<1|valMPS, after an LPS and, 128 further, after an MPS.
var nextStates = makeStates()

func makeStates() (next [256]uint8) {
	for state := range uint8(64) {
		for mps := range uint8(2) {
			from := state<<1 | mps
			lps := nextLPS[state]<<1 | mps
			if state == 0 {
				lps ^= 1
			}
			next[from] = lps
			next[128+int(from)] = min(state+1, max(state, 62))<<1 | mps
		}
	}
	return next
}

// init sets the states for a slice (9.3.1.1).
func (c *cabac) init(table, qp int) {
	for i := range contexts {
		c.states[i] = initialState(contextInit[table][i], qp)
	}
	for i := range contexts8x8 {
		c.states[first8x8+i] = initialState(contextInit8x8[table][i], qp)
	}
}

func initialState(mn [2]int8, qp int) uint8 {
	pre := min(max(int(mn[0])*qp>>4+int(mn[1]), 1), 126)
	if pre <= 63 {
		return uint8(63-pre) << 1
	}
	return uint8(pre-64)<<1 | 1
}

// start begins to decode at a byte (9.3.1.2).
func (c *cabac) start(data []byte, at int) {
	c.data, c.at = data, at
	c.width, c.offset, c.count = 510, 0, -9
	c.refill()
}

// refill reads four bytes.
func (c *cabac) refill() {
	var next uint32
	if c.at <= len(c.data)-4 {
		next = binary.BigEndian.Uint32(c.data[c.at:])
	}
	c.at += 4
	c.offset = c.offset<<32 | uint64(next)
	c.count += 32
}

// position is the first byte that was not begun.
func (c *cabac) position() int { return (8*c.at - c.count + 7) >> 3 }

// overrun tells whether more was read than there is.
func (c *cabac) overrun() bool { return c.position() > len(c.data)-padding }

// bin is DecodeDecision (9.3.3.2.1).
func (c *cabac) bin(context int) int {
	state := &c.states[context]
	s := *state
	lps := uint64(rangeLPS[s>>1&63][c.width>>6&3])
	width := c.width - lps
	at := width << (uint(c.count) & 63)
	if c.offset < at {
		*state = nextStates[128+int(s&127)]
		// Of an MPS, the range is at least 128 + 126: one bit at most.
		shift := int(width>>8 ^ 1)
		c.width = width << (uint(shift) & 1)
		if c.count -= shift; c.count < 0 {
			c.refill()
		}
		return int(s & 1)
	}
	c.offset -= at
	*state = nextStates[s&127]
	shift := bits.LeadingZeros64(lps) - 55
	c.width = lps << (uint(shift) & 63)
	if c.count -= shift; c.count < 0 {
		c.refill()
	}
	return int(s&1) ^ 1
}

// bypass is DecodeBypass (9.3.3.2.3).
func (c *cabac) bypass() int {
	if c.count--; c.count < 0 {
		c.refill()
	}
	at := c.width << (uint(c.count) & 63)
	if c.offset < at {
		return 0
	}
	c.offset -= at
	return 1
}

// terminate is DecodeTerminate (9.3.3.2.2.3).
func (c *cabac) terminate() bool {
	c.width -= 2
	if c.offset >= c.width<<(uint(c.count)&63) {
		return true
	}
	if c.width < 256 {
		c.width <<= 1
		if c.count--; c.count < 0 {
			c.refill()
		}
	}
	return false
}
