//go:build amd64 && !purego

// Prediction of subblocks in all modes, RFC 6386 §12.3. The edge is in X0: the
// RFC's E[0] twice, then E[1] and so on to E[12], which is there three times.
// Of it are made the means of three, that at i around E[i], and of two, that
// at i of E[i-1] and E[i]. All modes but two put such means into places.

#include "textflag.h"

// Places of the means of three, for two modes each.
DATA veHe3<>+0(SB)/8, $0x0807060508070605
DATA veHe3<>+8(SB)/8, $0x0807060508070605
DATA veHe3<>+16(SB)/8, $0x0202020203030303
DATA veHe3<>+24(SB)/8, $0x0000000001010101
GLOBL veHe3<>(SB), RODATA|NOPTR, $32
DATA ldRd3<>+0(SB)/8, $0x0a09080709080706
DATA ldRd3<>+8(SB)/8, $0x0c0b0a090b0a0908
DATA ldRd3<>+16(SB)/8, $0x0605040307060504
DATA ldRd3<>+24(SB)/8, $0x0403020105040302
GLOBL ldRd3<>(SB), RODATA|NOPTR, $32
DATA vrVl3<>+0(SB)/8, $0x0706050480808080
DATA vrVl3<>+8(SB)/8, $0x0605040280808003
DATA vrVl3<>+16(SB)/8, $0x0908070680808080
DATA vrVl3<>+24(SB)/8, $0x0b0908070a808080
GLOBL vrVl3<>(SB), RODATA|NOPTR, $32
DATA hdHu3<>+0(SB)/8, $0x0480038006050480
DATA hdHu3<>+8(SB)/8, $0x0280018003800280
DATA hdHu3<>+16(SB)/8, $0x0080018001800280
DATA hdHu3<>+24(SB)/8, $0x8080808080800080
GLOBL hdHu3<>(SB), RODATA|NOPTR, $32

// Places of the means of two.
DATA vrVl2<>+0(SB)/8, $0x8080808008070605
DATA vrVl2<>+8(SB)/8, $0x8080808007060580
DATA vrVl2<>+16(SB)/8, $0x8080808009080706
DATA vrVl2<>+24(SB)/8, $0x8080808080090807
GLOBL vrVl2<>(SB), RODATA|NOPTR, $32
DATA hdHu2<>+0(SB)/8, $0x8004800380808004
DATA hdHu2<>+8(SB)/8, $0x8002800180038002
DATA hdHu2<>+16(SB)/8, $0x8001800280028003
DATA hdHu2<>+24(SB)/8, $0x0000000000008001
GLOBL hdHu2<>(SB), RODATA|NOPTR, $32

// Words of the left column for the rows of TrueMotion, of the row above, and of the corner.
DATA tmLeft<>+0(SB)/8, $0x8004800480048004
DATA tmLeft<>+8(SB)/8, $0x8003800380038003
DATA tmLeft<>+16(SB)/8, $0x8002800280028002
DATA tmLeft<>+24(SB)/8, $0x8001800180018001
GLOBL tmLeft<>(SB), RODATA|NOPTR, $32
DATA tmAbove<>+0(SB)/8, $0x8009800880078006
GLOBL tmAbove<>(SB), RODATA|NOPTR, $8
DATA tmCorner<>+0(SB)/8, $0x8005800580058005
GLOBL tmCorner<>(SB), RODATA|NOPTR, $8

// What the mean of BDC is of.
DATA dcEdge<>+0(SB)/8, $0xffff00ffffffff00
DATA dcEdge<>+8(SB)/8, $0x000000000000ffff
GLOBL dcEdge<>(SB), RODATA|NOPTR, $16
DATA lowBits<>+0(SB)/8, $0x0101010101010101
GLOBL lowBits<>(SB), RODATA|NOPTR, $8

// func predictSubblocksAVX2(to *SubblockPredictions, pix *byte, stride int, right *byte)
TEXT ·predictSubblocksAVX2(SB), NOSPLIT, $0-32
	MOVQ to+0(FP), DI
	MOVQ pix+8(FP), SI
	MOVQ stride+16(FP), CX
	MOVQ right+24(FP), BX
	MOVQ SI, DX
	SUBQ CX, DX
	MOVQ -1(DX), DX           // the corner and the row above
	LEAQ (SI)(CX*2), R8
	MOVBLZX -1(R8)(CX*1), AX  // E[0] to E[3]
	MOVBLZX -1(R8), R9
	MOVBLZX -1(SI)(CX*1), R10
	MOVBLZX -1(SI), R11
	IMULQ $0x0101, AX
	SHLQ $16, R9
	SHLQ $24, R10
	SHLQ $32, R11
	ORQ  R9, AX
	ORQ  R11, R10
	ORQ  R10, AX
	MOVQ DX, R9
	SHLQ $40, R9
	ORQ  R9, AX
	VMOVQ AX, X0
	SHRQ $24, DX
	MOVWLZX DX, DX
	MOVL (BX), AX
	MOVQ AX, R9
	SHRQ $24, R9
	IMULQ $0x0101, R9
	SHLQ $48, R9
	SHLQ $16, AX
	ORQ  R9, DX
	ORQ  AX, DX
	VPINSRQ $1, DX, X0, X0

	VPSRLDQ      $1, X0, X1
	VPSRLDQ      $2, X0, X2
	VPAVGB       X1, X0, X3 // means of two
	VPAVGB       X2, X0, X4
	VPXOR        X2, X0, X5
	VPBROADCASTQ lowBits<>(SB), X6
	VPAND        X6, X5, X5
	VPSUBB       X5, X4, X4
	VPAVGB       X4, X1, X4 // means of three
	VINSERTI128  $1, X3, Y3, Y3
	VINSERTI128  $1, X4, Y4, Y4

	VPSHUFB veHe3<>(SB), Y4, Y1
	VMOVDQU Y1, 32(DI)
	VPSHUFB ldRd3<>(SB), Y4, Y1
	VMOVDQU Y1, 64(DI)
	VPSHUFB vrVl3<>(SB), Y4, Y1
	VPSHUFB vrVl2<>(SB), Y3, Y2
	VPOR    Y2, Y1, Y1
	VMOVDQU Y1, 96(DI)
	VPSHUFB hdHu3<>(SB), Y4, Y1
	VPSHUFB hdHu2<>(SB), Y3, Y2
	VPOR    Y2, Y1, Y1
	VMOVDQU Y1, 128(DI)

	VINSERTI128  $1, X0, Y0, Y1
	VPSHUFB      tmLeft<>(SB), Y1, Y2
	VPBROADCASTQ tmAbove<>(SB), Y3
	VPSHUFB      Y3, Y1, Y3
	VPBROADCASTQ tmCorner<>(SB), Y4
	VPSHUFB      Y4, Y1, Y4
	VPADDW       Y3, Y2, Y2
	VPSUBW       Y4, Y2, Y2
	VPACKUSWB    Y2, Y2, Y2
	VPERMQ       $0x08, Y2, Y2
	VMOVDQU      X2, 16(DI)

	VPAND        dcEdge<>(SB), X0, X0
	VPXOR        X1, X1, X1
	VPSADBW      X1, X0, X0
	VPEXTRQ      $1, X0, AX
	VMOVQ        X0, DX
	LEAQ         4(AX)(DX*1), AX
	SHRQ         $3, AX
	VMOVD        AX, X0
	VPBROADCASTB X0, X0
	VMOVDQU      X0, (DI)
	VZEROUPPER
	RET

// The sums of two modes.
#define SADMODES(at) \
	VPSADBW      (2*at)(SI), Y0, Y1; \
	VPSRLDQ      $8, Y1, Y2; \
	VPADDQ       Y2, Y1, Y1; \
	VEXTRACTI128 $1, Y1, X2; \
	VPUNPCKLQDQ  X2, X1, X1; \
	VMOVDQU      X1, at(DI)

// func sadSubblocksAVX2(src *byte, stride int, pred *SubblockPredictions, sads *[SubblockModes]int)
TEXT ·sadSubblocksAVX2(SB), NOSPLIT, $0-32
	MOVQ        src+0(FP), AX
	MOVQ        stride+8(FP), CX
	MOVQ        pred+16(FP), SI
	MOVQ        sads+24(FP), DI
	VMOVD       (AX), X0
	VPINSRD     $1, (AX)(CX*1), X0, X0
	LEAQ        (AX)(CX*2), AX
	VPINSRD     $2, (AX), X0, X0
	VPINSRD     $3, (AX)(CX*1), X0, X0
	VINSERTI128 $1, X0, Y0, Y0
	SADMODES(0)
	SADMODES(16)
	SADMODES(32)
	SADMODES(48)
	SADMODES(64)
	VZEROUPPER
	RET
