package h264

// Contexts of residual_block_cabac by category (Tables 9-34 and 9-40).
const (
	ctxCodedFlag = 85
	ctxSig8x8    = 402
	ctxLast8x8   = 417
	ctxAbs8x8    = 426
)

var (
	ctxCoded = [5]int{ctxCodedFlag, ctxCodedFlag + 4, ctxCodedFlag + 8, ctxCodedFlag + 12, ctxCodedFlag + 16}
	ctxSig   = [5]int{105, 105 + 15, 105 + 29, 105 + 44, 105 + 47}
	ctxLast  = [5]int{166, 166 + 15, 166 + 29, 166 + 44, 166 + 47}
	ctxAbs   = [5]int{227, 227 + 10, 227 + 20, 227 + 30, 227 + 39}
)

// sigContext8x8 and lastContext8x8 are the columns of Table 9-43 for frames.
var (
	sigContext8x8 = [63]uint8{
		0, 1, 2, 3, 4, 5, 5, 4, 4, 3, 3, 4, 4, 4, 5, 5,
		4, 4, 4, 4, 3, 3, 6, 7, 7, 7, 8, 9, 10, 9, 8, 7,
		7, 6, 11, 12, 13, 11, 6, 7, 8, 9, 14, 10, 9, 8, 6, 11,
		12, 13, 11, 6, 9, 14, 10, 9, 11, 12, 13, 11, 14, 10, 12,
	}
	lastContext8x8 = [63]uint8{
		0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
		2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
		3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4,
		5, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7, 8, 8, 8,
	}
)

// codedContext is the increment for coded_block_flag (9.3.3.1.1.9): the flags of the blocks to the left and above.
func (s *sliceDecoder) codedContext(category, index int) (context, bit int) {
	cur := s.cur.coded
	left, above := uint32(0), uint32(0)
	if s.cur.kind.intra() {
		left, above = codedAll, codedAll // of a macroblock that is not there
	}
	if s.a != nil {
		left = s.a.coded
	}
	if s.b != nil {
		above = s.b.coded
	}
	var leftBit, aboveBit int
	switch category {
	case catLumaDC:
		bit = codedDC
		leftBit, aboveBit = bit, bit
	case catChromaDC:
		bit = codedDC + 1 + index
		leftBit, aboveBit = bit, bit
	case catChromaAC:
		bit = codedCb + index
		leftBit, aboveBit = bit+1, bit+2
		if index&1 != 0 {
			left, leftBit = cur, bit-1
		}
		if index&2 != 0 {
			above, aboveBit = cur, bit-2
		}
	default:
		bit = index
		leftBit, aboveBit = bit+3, bit+12
		if index&3 != 0 {
			left, leftBit = cur, bit-1
		}
		if index > 3 {
			above, aboveBit = cur, bit-4
		}
	}
	return int(left>>uint(leftBit)&1 + above>>uint(aboveBit)&1<<1), bit
}

// cabacBlock reads residual_block_cabac (7.3.5.3.3) of a block that is not of 8x8.
func (s *sliceDecoder) cabacBlock(at []int32, scan []uint8, q *dequant, category, index int) bool {
	context, bit := s.codedContext(category, index)
	c := &s.cabac
	if c.bin(ctxCoded[category]+context) == 0 {
		return false
	}
	s.cur.coded |= 1 << uint(bit)
	var places [16]uint8 // of the coefficients that are not zero
	n, last := 0, len(scan)-1
	sigBase, lastBase := ctxSig[category], ctxLast[category]
	i := 0
	for ; i < last; i++ {
		if c.bin(sigBase+i) == 0 {
			continue
		}
		places[n&15] = scan[i]
		n++
		if c.bin(lastBase+i) != 0 {
			break
		}
	}
	if i == last { // the last one is there if no other was it
		places[n&15] = scan[last]
		n++
	}
	s.cabacLevels(at, places[:n], q, ctxAbs[category], 4-is(category == catChromaDC))
	return true
}

// cabacBlock8x8 does the same for a block of 8x8, whose coded_block_flag is inferred to be 1 (7.4.5.3.3).
func (s *sliceDecoder) cabacBlock8x8(at []int32, q *dequant) bool {
	c := &s.cabac
	var places [64]uint8
	n, i := 0, 0
	for ; i < 63; i++ {
		if c.bin(ctxSig8x8+int(sigContext8x8[i])) == 0 {
			continue
		}
		places[n&63] = zigzag8x8[i]
		n++
		if c.bin(ctxLast8x8+int(lastContext8x8[i])) != 0 {
			break
		}
	}
	if i == 63 {
		places[n&63] = zigzag8x8[63]
		n++
	}
	s.cabacLevels(at, places[:n], q, ctxAbs8x8, 4)
	return true
}

// cabacLevels reads coeff_abs_level_minus1 and the signs, the highest frequency first (9.3.3.1.3). most bounds the
// increment of contexts behind the first bin.
func (s *sliceDecoder) cabacLevels(at []int32, places []uint8, q *dequant, base, most int) {
	c := &s.cabac
	ones, larger := 0, 0 // how many levels were 1, and how many were not
	for i := len(places) - 1; i >= 0; i-- {
		context := base
		if larger == 0 {
			context += min(1+ones, 4)
		}
		level := 1
		if c.bin(context) == 0 {
			ones++
		} else {
			context = base + 5 + min(larger, most)
			for level = 2; level < 15 && c.bin(context) != 0; {
				level++
			}
			if level == 15 {
				level += s.expGolomb(0)
			}
			larger++
		}
		if c.bypass() != 0 {
			level = -level
		}
		place := places[i]
		at[place] = q.scaled(int32(level), place)
	}
}
