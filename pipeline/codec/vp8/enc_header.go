// Writing a frame: its header (RFC 6386 §9, §19.2) and both partitions.

package vp8

import "math/bits"

// Slots of the first partition's trace.
const (
	slotSkip = iota
	slotIntra
	slotLast
	slotYMode
	slotUVMode = slotYMode + 4
	slotVector = slotUVMode + 3 // rows, then columns
	modeSlots  = slotVector + 2*len(mvProbs{})
)

// appendFrame writes the frame that was traced behind dst. It changes the
// decoder's probabilities as reading the frame would.
func (e *Encoder) appendFrame(dst []byte, h *frameHeader) []byte {
	start := len(dst)
	dst = append(dst, 0, 0, 0)
	if h.key {
		dst = append(dst, 0x9d, 0x01, 0x2a, byte(h.width), byte(h.width>>8), byte(h.height), byte(h.height>>8))
	}
	first := len(dst)
	var b boolEncoder
	b.init(dst)
	e.writeHeader(&b, h)
	e.modes.write(&b, e.modes.bools, e.modeTable[:])
	dst = b.finish()
	h.firstPartition = len(dst) - first
	tag := uint32(choose(!h.key)) | 1<<4 | uint32(h.firstPartition)<<5
	dst[start], dst[start+1], dst[start+2] = byte(tag), byte(tag>>8), byte(tag>>16)
	return e.appendTokens(dst, h.partitions)
}

// appendTokens writes the partitions of tokens behind dst, the sizes of all
// but the last in front of them (RFC 6386 §9.5). Row by row of macroblocks
// they take turns.
func (e *Encoder) appendTokens(dst []byte, n int) []byte {
	sizes := len(dst)
	for range n - 1 {
		dst = append(dst, 0, 0, 0)
	}
	var b boolEncoder
	for i := range n {
		start := len(dst)
		b.init(dst)
		for row := i; row < e.d.rows; row += n {
			e.tokens.write(&b, e.rowTokens[row], e.tokenTable[:])
		}
		dst = b.finish()
		if i < n-1 {
			size, at := len(dst)-start, sizes+3*i
			dst[at], dst[at+1], dst[at+2] = byte(size), byte(size>>8), byte(size>>16)
		}
	}
	return dst
}

// writeHeader is the counterpart of Decoder.parseHeader. It leaves the tables
// of both traces as the frame needs them.
func (e *Encoder) writeHeader(b *boolEncoder, h *frameHeader) {
	if h.key {
		b.literal(int(h.colorSpace), 1)
		b.flag(h.noClamping)
	}
	b.flag(false) // no segments
	b.flag(h.simpleFilter)
	b.literal(h.filterLevel, 6)
	b.literal(h.sharpness, 3)
	b.flag(false) // no filter deltas
	b.literal(bits.Len(uint(h.partitions))-1, 2)
	b.literal(h.quant.yAC, 7)
	b.literal(0, 5) // no deltas of quantizers
	if !h.key {
		b.flag(h.refreshGolden)
		b.flag(h.refreshAltRef)
		if !h.refreshGolden {
			b.literal(h.copyToGolden, 2)
		}
		if !h.refreshAltRef {
			b.literal(h.copyToAltRef, 2)
		}
		b.literal(0, 2) // sign biases
	}
	b.flag(h.refreshEntropy)
	if !h.key {
		b.flag(h.refreshLast)
	}
	e.writeTokenProbs(b)
	n := e.modes.counts
	h.probSkipFalse = best(n[slotSkip])
	b.flag(h.skipEnabled)
	b.literal(int(h.probSkipFalse), 8)
	e.modeTable[slotSkip] = h.probSkipFalse
	if h.key {
		return
	}
	h.probIntra, h.probLast, h.probGolden = best(n[slotIntra]), best(n[slotLast]), 128
	b.literal(int(h.probIntra), 8)
	b.literal(int(h.probLast), 8)
	b.literal(int(h.probGolden), 8)
	e.modeTable[slotIntra], e.modeTable[slotLast] = h.probIntra, h.probLast
	e.writeModeProbs(b)
}

// writeTokenProbs replaces probabilities where it pays (RFC 6386 §13.4).
func (e *Encoder) writeTokenProbs(b *boolEncoder) {
	slot := 0
	for i := range e.d.probs.coefficients {
		for j := range e.d.probs.coefficients[i] {
			for k := range e.d.probs.coefficients[i][j] {
				for t, update := range &coefficientUpdateProbs[i][j][k] {
					p := &e.d.probs.coefficients[i][j][k][t]
					n := e.tokens.counts[slot]
					other := best(n)
					price := 8*256 + costOf(update, 1) - costOf(update, 0)
					pays := other != *p && saving(n, *p, other) > price
					b.bool(choose(pays), update)
					if pays {
						b.literal(int(other), 8)
						*p = other
					}
					e.tokenTable[slot] = *p
					slot++
				}
			}
		}
	}
}

// writeModeProbs replaces probabilities of modes (RFC 6386 §16.2) and of
// motion vectors (§17.2) where it pays.
func (e *Encoder) writeModeProbs(b *boolEncoder) {
	e.writeModes(b, slotYMode, e.d.probs.yMode[:])
	e.writeModes(b, slotUVMode, e.d.probs.uvMode[:])
	slot := slotVector
	for i := range e.d.probs.mv {
		for j, update := range &mvUpdateProbs[i] {
			p := &e.d.probs.mv[i][j]
			n := e.modes.counts[slot]
			other := max(best(n)&^1, 1) // seven bits
			pays := other != *p && saving(n, *p, other) > 7*256+costOf(update, 1)-costOf(update, 0)
			b.bool(choose(pays), update)
			if pays {
				b.literal(int(other>>1), 7)
				*p = other
			}
			e.modeTable[slot] = *p
			slot++
		}
	}
}

// writeModes replaces all probabilities of a tree or none.
func (e *Encoder) writeModes(b *boolEncoder, slot int, probs []uint8) {
	gain := -8 * 256 * len(probs)
	for i, p := range probs {
		n := e.modes.counts[slot+i]
		gain += saving(n, p, best(n))
	}
	b.flag(gain > 0)
	for i := range probs {
		if gain > 0 {
			probs[i] = best(e.modes.counts[slot+i])
			b.literal(int(probs[i]), 8)
		}
		e.modeTable[slot+i] = probs[i]
	}
}
