// Writing the header of a frame, RFC 6386 §9 and §19.2.

package vp8

import "math/bits"

// Slots of the first partition's trace.
const (
	slotSkip = iota
	slotIntra
	slotLast
	slotGolden
	slotYMode
	slotUVMode = slotYMode + 4
	slotVector = slotUVMode + 3 // rows, then columns
	modeSlots  = slotVector + 2*len(mvProbs{})
)

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
	e.writeDeltas(b, h.key)
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
	n := e.counts.modes
	h.probSkipFalse = best(n[slotSkip])
	b.flag(h.skipEnabled)
	b.literal(int(h.probSkipFalse), 8)
	e.modeTable[slotSkip] = h.probSkipFalse
	if h.key {
		return
	}
	h.probIntra, h.probLast, h.probGolden = best(n[slotIntra]), best(n[slotLast]), best(n[slotGolden])
	b.literal(int(h.probIntra), 8)
	b.literal(int(h.probLast), 8)
	b.literal(int(h.probGolden), 8)
	e.modeTable[slotIntra], e.modeTable[slotLast], e.modeTable[slotGolden] = h.probIntra, h.probLast, h.probGolden
	e.writeModeProbs(b)
}

// writeDeltas writes the adjustments of the loop filter, all in key frames
// and none later (RFC 6386 §9.6).
func (e *Encoder) writeDeltas(b *boolEncoder, key bool) {
	b.flag(true)
	if b.flag(key); !key {
		return
	}
	for _, deltas := range [][]int{encoderDeltas.ref[:], encoderDeltas.mode[:]} {
		for _, v := range deltas {
			b.flag(true)
			b.literal(max(v, -v), 6)
			b.flag(v < 0)
		}
	}
}

// writeTokenProbs replaces probabilities where it pays (RFC 6386 §13.4).
func (e *Encoder) writeTokenProbs(b *boolEncoder) {
	slot := 0
	for i := range e.d.probs.coefficients {
		for j := range e.d.probs.coefficients[i] {
			for k := range e.d.probs.coefficients[i][j] {
				for t, update := range &coefficientUpdateProbs[i][j][k] {
					p := &e.d.probs.coefficients[i][j][k][t]
					n := e.counts.tokens[slot]
					if n == ([2]uint32{}) { // most are, in small pictures
						b.bool(0, update)
						e.tokenTable[slot] = *p
						slot++
						continue
					}
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
			n := e.counts.modes[slot]
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
		n := e.counts.modes[slot+i]
		gain += saving(n, p, best(n))
	}
	b.flag(gain > 0)
	for i := range probs {
		if gain > 0 {
			probs[i] = best(e.counts.modes[slot+i])
			b.literal(int(probs[i]), 8)
		}
		e.modeTable[slot+i] = probs[i]
	}
}
