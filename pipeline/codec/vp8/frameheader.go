// The frame header, RFC 6386 §9 and §19.2: the parts that hold for one frame
// only, and those that stay until a later frame changes them.

package vp8

// frameHeader is what holds for one frame, save for the size and what else
// only key frames tell, which stays.
type frameHeader struct {
	key, show       bool
	version         uint8
	firstPartition  int // bytes
	width, height   int
	horizontalScale uint8
	verticalScale   uint8
	colorSpace      uint8
	noClamping      bool

	simpleFilter bool
	filterLevel  int
	sharpness    int
	partitions   int
	quant        quantIndices

	refreshGolden, refreshAltRef, refreshLast bool
	copyToGolden, copyToAltRef                int
	refreshEntropy                            bool

	skipEnabled                                    bool // mb_no_coeff_skip
	probSkipFalse, probIntra, probLast, probGolden uint8
}

// segments is the number of segments a picture can have (RFC 6386 §9.3).
const segments = 4

// segmentation persists from frame to frame, like the map itself (RFC 6386 §9.3).
type segmentation struct {
	enabled, updateMap bool
	absolute           bool // values replace the frame's, instead of adding to them
	quantizer, level   [segments]int
	probs              [3]uint8
}

// filterDeltas adjust the filter level by reference and mode (RFC 6386 §9.6).
type filterDeltas struct {
	enabled bool
	ref     [references]int
	mode    [4]int // B_PRED, zero, nearest/near/new, split
}

// tag reads the uncompressed beginning of a frame and returns the rest.
func (h *frameHeader) tag(data []byte) ([]byte, error) {
	info, err := ParseHeader(data)
	if err != nil {
		return nil, err
	}
	bits := int(data[0]) | int(data[1])<<8 | int(data[2])<<16
	// Versions above 3 decode like 0 in the RFC's own decoder, but nobody makes them.
	h.key, h.version, h.show, h.firstPartition = info.Key, uint8(bits>>1&7), bits&0x10 != 0, bits>>5
	if h.version > 3 {
		return nil, ErrVersion
	}
	if !h.key {
		return data[frameTag:], nil
	}
	if info.Width == 0 || info.Height == 0 {
		return nil, ErrHeader
	}
	h.width, h.height = info.Width, info.Height
	h.horizontalScale, h.verticalScale = data[7]>>6, data[9]>>6
	return data[keyHeader:], nil
}

// parseHeader reads the compressed header from the first partition.
func (d *Decoder) parseHeader(h *frameHeader, b *boolDecoder) {
	if h.key {
		d.resetPersistent()
		h.colorSpace = uint8(b.literal(1))
		h.noClamping = b.flag()
	}
	d.segmentation.parse(b)
	h.simpleFilter = b.flag()
	h.filterLevel = b.literal(6)
	h.sharpness = b.literal(3)
	d.deltas.parse(b)
	h.partitions = 1 << b.literal(2)
	h.quant = quantIndices{yAC: b.literal(7)}
	h.quant.yDC, h.quant.y2DC, h.quant.y2AC = b.optional(4), b.optional(4), b.optional(4)
	h.quant.uvDC, h.quant.uvAC = b.optional(4), b.optional(4)
	d.parseReferences(h, b)
	if !h.refreshEntropy {
		d.savedProbs = d.probs
	}
	d.probs.parseCoefficients(b)
	h.probSkipFalse = 0
	if h.skipEnabled = b.flag(); h.skipEnabled {
		h.probSkipFalse = uint8(b.literal(8))
	}
	if h.key {
		return
	}
	h.probIntra, h.probLast, h.probGolden = uint8(b.literal(8)), uint8(b.literal(8)), uint8(b.literal(8))
	d.probs.parseModes(b)
}

// resetPersistent sets what a key frame sets to its defaults (RFC 6386 §9.3, §9.6, §9.7, §9.9).
func (d *Decoder) resetPersistent() {
	d.segmentation = segmentation{}
	d.deltas = filterDeltas{}
	d.probs = defaultProbs
	d.signBias = [references]bool{}
}

// parse reads the header's section on segments.
func (s *segmentation) parse(b *boolDecoder) {
	s.updateMap = false
	if s.enabled = b.flag(); !s.enabled {
		return
	}
	s.updateMap = b.flag()
	if updateData := b.flag(); updateData {
		s.absolute = b.flag()
		for i := range s.quantizer {
			s.quantizer[i] = b.optional(7)
		}
		for i := range s.level {
			s.level[i] = b.optional(6)
		}
	}
	if s.updateMap {
		for i := range s.probs {
			s.probs[i] = 255
			if b.flag() {
				s.probs[i] = uint8(b.literal(8))
			}
		}
	}
}

// parse reads the header's section on filter deltas.
func (f *filterDeltas) parse(b *boolDecoder) {
	if f.enabled = b.flag(); !f.enabled || !b.flag() {
		return
	}
	for _, deltas := range [][]int{f.ref[:], f.mode[:]} {
		for i := range deltas {
			if b.flag() {
				deltas[i] = b.signed(6)
			}
		}
	}
}

// parseReferences reads which references the frame changes (RFC 6386 §9.7).
func (d *Decoder) parseReferences(h *frameHeader, b *boolDecoder) {
	h.refreshGolden, h.refreshAltRef, h.refreshLast = true, true, true
	h.copyToGolden, h.copyToAltRef = 0, 0
	if h.key {
		h.refreshEntropy = b.flag()
		return
	}
	h.refreshGolden, h.refreshAltRef = b.flag(), b.flag()
	if !h.refreshGolden {
		h.copyToGolden = b.literal(2)
	}
	if !h.refreshAltRef {
		h.copyToAltRef = b.literal(2)
	}
	d.signBias[refGolden], d.signBias[refAltRef] = b.flag(), b.flag()
	h.refreshEntropy = b.flag()
	h.refreshLast = b.flag()
}
