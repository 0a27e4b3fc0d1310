package h264

import (
	"math/bits"
	"strings"
)

// vlc decodes codes that have few bits behind their first one: by the number of leading zeros and the three bits after the
// one. Entries are value<<8 | length; 0 where there is no code.
type vlc [16][8]uint16

// add enters a code.
func (v *vlc) add(code string, value int) {
	entry := uint16(value<<8 | len(code))
	zeros := strings.IndexByte(code, '1')
	if zeros < 0 { // zeros only: anything may follow them
		for i := len(code); i < len(v); i++ {
			for j := range v[i] {
				v[i][j] = entry
			}
		}
		return
	}
	behind := code[zeros+1:]
	first := 0
	for _, bit := range behind {
		first = first<<1 | int(bit-'0')
	}
	free := 3 - len(behind)
	for i := range 1 << free {
		v[zeros][first<<free|i] = entry
	}
}

// read decodes a code; false: there is none.
func (v *vlc) read(r *bitReader) (value int, ok bool) {
	word := r.show()
	zeros := min(bits.LeadingZeros64(word), len(v)-1)
	e := v[zeros][word<<1<<uint(zeros)>>61]
	r.pos += int(e & 255)
	return int(e >> 8), e != 0
}

// The codes of CAVLC. A coeff_token is TotalCoeff<<2 | TrailingOnes.
var (
	coeffTokens     = makeTokens(coeffTokenCodes[0][:], coeffTokenCodes[1][:], coeffTokenCodes[2][:])
	chromaDCToken   = makeTokens(chromaDCTokenCodes[:])[0]
	totalZeros      = makeVLCs(totalZerosCodes[:])
	chromaDCZeros   = makeVLCs(chromaDCZerosCodes[:])
	runBefores      = makeVLCs(runBeforeCodes[:])
	coeffTokenTable = [17]uint8{0, 0, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3} // by nC
)

func makeTokens(tables ...[][4]string) []vlc {
	list := make([]vlc, len(tables))
	for i, table := range tables {
		for total, row := range table {
			for ones, code := range row {
				if code != "" {
					list[i].add(code, total<<2|ones)
				}
			}
		}
	}
	return list
}

func makeVLCs(tables [][]string) []vlc {
	list := make([]vlc, len(tables))
	for i, table := range tables {
		for value, code := range table {
			list[i].add(code, value)
		}
	}
	return list
}

// chromaDC stands for nC == -1.
const chromaDC = -1

// readToken decodes coeff_token.
func readToken(r *bitReader, nC int) (total, ones int, ok bool) {
	var token int
	switch {
	case nC == chromaDC:
		token, ok = chromaDCToken.read(r)
	case nC >= 8: // 6 bits: TotalCoeff - 1 and TrailingOnes; 000011 is none
		v := int(r.bits(6))
		if v == 3 {
			return 0, 0, true
		}
		total, ones = v>>2+1, v&3
		return total, ones, ones <= total
	default:
		token, ok = coeffTokens[coeffTokenTable[nC]].read(r)
	}
	return token >> 2, token & 3, ok
}

// cavlcBlock reads residual_block_cavlc (7.3.5.3.2) of a block of len(scan) coefficients into block, at the places that
// scan names, scaled. It returns how many there were.
func (s *sliceDecoder) cavlcBlock(block []int32, scan []uint8, q *dequant, nC int) int {
	r := &s.bits
	total, ones, ok := readToken(r, nC)
	if !ok || total > len(scan) {
		s.fail(ErrSyntax)
		return 0
	}
	if total == 0 {
		return 0
	}
	var levels [16]int32
	if !readLevels(r, levels[:total], ones) {
		s.fail(ErrSyntax)
		return 0
	}
	zeros := 0 // zerosLeft
	if total < len(scan) {
		if nC == chromaDC {
			zeros, ok = chromaDCZeros[total-1].read(r)
		} else {
			zeros, ok = totalZeros[total-1].read(r)
		}
		if !ok || zeros+total > len(scan) {
			s.fail(ErrSyntax)
			return 0
		}
	}
	at := zeros + total - 1
	for i, level := range levels[:total] {
		place := scan[at]
		block[place] = q.scaled(level, place)
		if i == total-1 {
			break
		}
		if zeros > 0 {
			run, ok := runBefores[min(zeros, len(runBefores))-1].read(r)
			if !ok || run > zeros {
				s.fail(ErrSyntax)
				return 0
			}
			zeros -= run
			at -= run
		}
		at--
	}
	return total
}

// readLevels decodes the levels, the highest frequency first (9.2.2).
func readLevels(r *bitReader, levels []int32, ones int) bool {
	for i := range ones {
		levels[i] = 1
		if r.flag() {
			levels[i] = -1
		}
	}
	suffixLength := 0
	if len(levels) > 10 && ones < 3 {
		suffixLength = 1
	}
	for i := ones; i < len(levels); i++ {
		prefix := bits.LeadingZeros64(r.show() | 1<<32)
		if prefix > 25 { // no profile has levels of more than 24 bits
			return false
		}
		r.pos += prefix + 1
		code := min(15, prefix) << suffixLength
		size := suffixLength // levelSuffixSize
		switch {
		case prefix == 14 && suffixLength == 0:
			size = 4
		case prefix >= 15:
			size = prefix - 3
		}
		if size > 0 {
			code += int(r.bits(size))
		}
		if prefix >= 15 && suffixLength == 0 {
			code += 15
		}
		if prefix >= 16 {
			code += 1<<(prefix-3) - 4096
		}
		if i == ones && ones < 3 {
			code += 2
		}
		level := int32(code+2) >> 1
		if code&1 != 0 {
			level = int32(-code-1) >> 1
		}
		levels[i] = level
		if suffixLength == 0 {
			suffixLength = 1
		}
		if max(level, -level) > 3<<(suffixLength-1) && suffixLength < 6 {
			suffixLength++
		}
	}
	return true
}
