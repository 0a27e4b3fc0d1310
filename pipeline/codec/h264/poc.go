package h264

import "fmt"

// pocState is what the picture order count of the next picture is made from (8.2.1).
type pocState struct {
	msb, lsb     int32 // prevPicOrderCntMsb, prevPicOrderCntLsb
	frameNum     int   // prevFrameNum
	numberOffset int32 // FrameNumOffset of the picture before
	top          int32 // how much later than its earlier field the top field of the picture before is
}

// maxPOC bounds the counts, so that differences of them do not overflow.
const maxPOC = 1<<30 - 1

// next returns the picture order count of a picture, that of its earlier field (8-1).
func (p *pocState) next(h *sliceHeader, s *sps) (int32, error) {
	var top, bottom int64
	switch s.pocType {
	case 0:
		top = int64(p.nextMSB(h, s)) + int64(h.pocLSB)
		bottom = top + int64(h.deltaPOC[1])
	default:
		if h.idr {
			p.numberOffset = 0
		} else if p.frameNum > h.frameNum {
			p.numberOffset += 1 << s.frameNumBits
		}
		if s.pocType == 1 {
			top, bottom = p.typeOne(h, s)
		} else {
			top = 2 * (int64(p.numberOffset) + int64(h.frameNum))
			if h.refIDC == 0 {
				top--
			}
			bottom = top
		}
	}
	p.frameNum = h.frameNum
	poc := min(top, bottom)
	if poc < -maxPOC || poc > maxPOC {
		return 0, fmt.Errorf("%w: picture order count %d", ErrSyntax, poc)
	}
	p.top = int32(top - poc)
	return int32(poc), nil
}

// skip notes a frame_num that belongs to no picture (8.2.5.2).
func (p *pocState) skip(frameNum int, s *sps) {
	if p.frameNum > frameNum && s.pocType != 0 {
		p.numberOffset += 1 << s.frameNumBits
	}
	p.frameNum = frameNum
}

// nextMSB is PicOrderCntMsb (8.2.1.1).
func (p *pocState) nextMSB(h *sliceHeader, s *sps) int32 {
	if h.idr {
		p.msb, p.lsb = 0, 0
	}
	lsb, size := int32(h.pocLSB), int32(1)<<s.pocLSBBits
	msb := p.msb
	switch {
	case lsb < p.lsb && p.lsb-lsb >= size/2:
		msb += size
	case lsb > p.lsb && lsb-p.lsb > size/2:
		msb -= size
	}
	if h.refIDC != 0 {
		p.msb, p.lsb = msb, lsb
	}
	return msb
}

// typeOne is 8.2.1.2.
func (p *pocState) typeOne(h *sliceHeader, s *sps) (top, bottom int64) {
	abs := int64(0) // absFrameNum
	if s.pocCycle > 0 {
		abs = int64(p.numberOffset) + int64(h.frameNum)
	}
	if h.refIDC == 0 && abs > 0 {
		abs--
	}
	var cycle, expected int64
	for _, offset := range s.offsetRefFrame[:s.pocCycle] {
		cycle += int64(offset)
	}
	if abs > 0 {
		n := int64(s.pocCycle)
		expected = (abs - 1) / n * cycle
		for _, offset := range s.offsetRefFrame[:(abs-1)%n+1] {
			expected += int64(offset)
		}
	}
	if h.refIDC == 0 {
		expected += int64(s.offsetNonRef)
	}
	top = expected + int64(h.deltaPOC[0])
	return top, top + int64(s.offsetTopToBottom) + int64(h.deltaPOC[1])
}

// reset follows a memory_management_control_operation 5, after which the picture counts as one with frame_num and picture
// order count 0.
func (p *pocState) reset() { *p = pocState{lsb: p.top} }
