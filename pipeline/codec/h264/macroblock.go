package h264

// mbKind is what a macroblock is predicted by.
type mbKind uint8

const (
	kindIntra4x4 mbKind = iota
	kindIntra8x8
	kindIntra16x16
	kindPCM
	kindInter // the first one that is not Intra
	kindSkip  // P_Skip, B_Skip
	kindDirect
)

// intra tells whether a macroblock is coded in an Intra mode, I_PCM included.
func (k mbKind) intra() bool { return k < kindInter }

// Bits of mbInfo.coded: blocks of luma in rows, then those of Cb and Cr, then the DC blocks.
const (
	codedCb  = 16
	codedCr  = 20
	codedDC  = 24 // of luma; those of Cb and Cr follow
	codedAll = 1<<27 - 1
)

// mbInfo is what macroblocks that follow need to know of one, and the deblocking filter.
type mbInfo struct {
	slice        uint32 // number of its slice, unique in the stream; that of no slice: not decoded yet
	kind         mbKind
	transform8x8 bool
	whole        bool  // one vector for each list for all of it
	cbp          uint8 // coded_block_pattern: four bits of luma, chroma above
	qp           uint8 // QP_Y; 0 of I_PCM
	chromaMode   uint8 // intra_chroma_pred_mode
	direct       uint8 // bits of the blocks of 8x8 that are predicted in direct mode, all of a skipped one
	// coded has a bit for each block with coded_block_flag 1; for the deblocking filter those of luma are made to say
	// whether the transform block has coefficients.
	coded  uint32
	filled uint16          // that: blocks of luma in rows that a transform block with coefficients covers
	totals [24]uint8       // total_coeff of blocks in rows: luma, Cb, Cr (9.2.1)
	modes  [16]int8        // Intra prediction modes of blocks in rows; 2 (DC) for all that have none
	mvd    [2][16][2]uint8 // absolute differences of vectors, limited (9.3.3.1.1.7)
}

// vector is a motion vector in quarters of luma samples.
type vector struct{ x, y int16 }

// motion is the prediction of one macroblock. Blocks are in rows, references for each 8x8.
type motion struct {
	mv  [2][16]vector
	ref [2][4]int8  // index into the list, -1: not predicted from this list
	id  [2][4]int32 // of the picture, 0: none
}

// rasterOfBlock gives the place in rows of a block of 4x4 by its index (Figure 6-10), blockOfRaster the reverse.
var (
	rasterOfBlock = [16]uint8{0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15}
	blockOfRaster = [16]uint8{0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15}
)

// predictions tells which lists a partition uses, as bits.
const (
	fromList0 = 1
	fromList1 = 2
	fromBoth  = fromList0 | fromList1
)

// mbShape is how a macroblock is divided.
type mbShape uint8

const (
	shape16x16 mbShape = iota
	shape16x8
	shape8x16
	shape8x8
)

// interType is a row of Table 7-13 or 7-14.
type interType struct {
	shape mbShape
	from  [2]uint8 // lists of each partition
}

// typesP is Table 7-13; P_8x8ref0 is like P_8x8.
var typesP = [5]interType{
	{shape16x16, [2]uint8{fromList0}}, {shape16x8, [2]uint8{fromList0, fromList0}}, {shape8x16, [2]uint8{fromList0, fromList0}},
	{shape: shape8x8}, {shape: shape8x8},
}

// typesB is Table 7-14 from B_L0_16x16 on: mb_type 1 to 22.
var typesB = [23]interType{
	{}, {shape16x16, [2]uint8{fromList0}}, {shape16x16, [2]uint8{fromList1}}, {shape16x16, [2]uint8{fromBoth}},
	{shape16x8, [2]uint8{fromList0, fromList0}}, {shape8x16, [2]uint8{fromList0, fromList0}},
	{shape16x8, [2]uint8{fromList1, fromList1}}, {shape8x16, [2]uint8{fromList1, fromList1}},
	{shape16x8, [2]uint8{fromList0, fromList1}}, {shape8x16, [2]uint8{fromList0, fromList1}},
	{shape16x8, [2]uint8{fromList1, fromList0}}, {shape8x16, [2]uint8{fromList1, fromList0}},
	{shape16x8, [2]uint8{fromList0, fromBoth}}, {shape8x16, [2]uint8{fromList0, fromBoth}},
	{shape16x8, [2]uint8{fromList1, fromBoth}}, {shape8x16, [2]uint8{fromList1, fromBoth}},
	{shape16x8, [2]uint8{fromBoth, fromList0}}, {shape8x16, [2]uint8{fromBoth, fromList0}},
	{shape16x8, [2]uint8{fromBoth, fromList1}}, {shape8x16, [2]uint8{fromBoth, fromList1}},
	{shape16x8, [2]uint8{fromBoth, fromBoth}}, {shape8x16, [2]uint8{fromBoth, fromBoth}},
	{shape: shape8x8},
}

// subType is a row of Table 7-17 or 7-18: the size of the parts of a block of 8x8, in blocks of 4x4.
type subType struct {
	from          uint8 // 0: direct
	width, height uint8
}

var subTypesP = [4]subType{{fromList0, 2, 2}, {fromList0, 2, 1}, {fromList0, 1, 2}, {fromList0, 1, 1}}

var subTypesB = [13]subType{
	{0, 1, 1},
	{fromList0, 2, 2}, {fromList1, 2, 2}, {fromBoth, 2, 2},
	{fromList0, 2, 1}, {fromList0, 1, 2}, {fromList1, 2, 1}, {fromList1, 1, 2}, {fromBoth, 2, 1}, {fromBoth, 1, 2},
	{fromList0, 1, 1}, {fromList1, 1, 1}, {fromBoth, 1, 1},
}

// Numbers of mb_type: where those of Intra begin in P and B slices, and I_PCM among those of Intra (Table 7-11).
const (
	intraInP = 5
	intraInB = 23
	typePCM  = 25
)
