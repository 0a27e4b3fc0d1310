//go:build amd64 && !purego

// The six-tap filters, RFC 6386 §18.3. Taps are applied in pairs: (1,2),
// (3,4), (0,5). The first two sums may saturate together, but only where the
// result is above 255 anyway, since taps 0 and 5 are never negative.

#include "textflag.h"

DATA pairs12<>+0(SB)/8, $0x0504040303020201
DATA pairs12<>+8(SB)/8, $0x0908080707060605
GLOBL pairs12<>(SB), RODATA|NOPTR, $16
DATA pairs34<>+0(SB)/8, $0x0706060505040403
DATA pairs34<>+8(SB)/8, $0x0b0a0a0909080807
GLOBL pairs34<>(SB), RODATA|NOPTR, $16
DATA pairs05<>+0(SB)/8, $0x0803070206010500
DATA pairs05<>+8(SB)/8, $0x0c070b060a050904
GLOBL pairs05<>(SB), RODATA|NOPTR, $16
DATA round64<>+0(SB)/8, $0x0040004000400040
GLOBL round64<>(SB), RODATA|NOPTR, $8

#define TAPS \
	MOVQ         taps+40(FP), AX; \
	VPBROADCASTW 0(AX), Y8; \
	VPBROADCASTW 2(AX), Y9; \
	VPBROADCASTW 4(AX), Y10; \
	VPBROADCASTQ round64<>(SB), Y11

#define ARGS \
	MOVQ dst+0(FP), DI; \
	MOVQ dstStride+8(FP), DX; \
	MOVQ src+16(FP), SI; \
	MOVQ srcStride+24(FP), CX; \
	MOVQ h+32(FP), R8; \
	TAPS

#define SHUFFLES \
	VBROADCASTI128 pairs12<>(SB), Y12; \
	VBROADCASTI128 pairs34<>(SB), Y13; \
	VBROADCASTI128 pairs05<>(SB), Y14

// Pairs of pixels in a, b, c to words in a.
#define SUM(a, b, c, r1, r2, r3, rnd) \
	VPMADDUBSW r1, a, a; \
	VPMADDUBSW r2, b, b; \
	VPMADDUBSW r3, c, c; \
	VPADDSW    b, a, a; \
	VPADDSW    c, a, a; \
	VPADDSW    rnd, a, a; \
	VPSRAW     $7, a, a

// func sixTapRow16(dst *byte, dstStride int, src *byte, srcStride, h int, taps *[6]int8)
TEXT ·sixTapRow16(SB), NOSPLIT, $0-48
	ARGS
	SHUFFLES
	SUBQ $2, SI

row16:
	VMOVDQU     (SI), X0
	VINSERTI128 $1, 8(SI), Y0, Y0
	VPSHUFB     Y13, Y0, Y1
	VPSHUFB     Y14, Y0, Y2
	VPSHUFB     Y12, Y0, Y0
	SUM(Y0, Y1, Y2, Y8, Y9, Y10, Y11)
	VPACKUSWB   Y0, Y0, Y0
	VPERMQ      $8, Y0, Y0
	VMOVDQU     X0, (DI)
	ADDQ        CX, SI
	ADDQ        DX, DI
	DECQ        R8
	JNZ         row16
	VZEROUPPER
	RET

#define ROW8 \
	VMOVDQU   (SI), X0; \
	VPSHUFB   X13, X0, X1; \
	VPSHUFB   X14, X0, X2; \
	VPSHUFB   X12, X0, X0; \
	SUM(X0, X1, X2, X8, X9, X10, X11); \
	VPACKUSWB X0, X0, X0; \
	ADDQ      CX, SI

// func sixTapRow8(dst *byte, dstStride int, src *byte, srcStride, h int, taps *[6]int8)
TEXT ·sixTapRow8(SB), NOSPLIT, $0-48
	ARGS
	SHUFFLES
	SUBQ $2, SI

row8:
	ROW8
	VMOVQ X0, (DI)
	ADDQ  DX, DI
	DECQ  R8
	JNZ   row8
	VZEROUPPER
	RET

// func sixTapRow4(dst *byte, dstStride int, src *byte, srcStride, h int, taps *[6]int8)
TEXT ·sixTapRow4(SB), NOSPLIT, $0-48
	ARGS
	SHUFFLES
	SUBQ $2, SI

row4:
	ROW8
	VMOVD X0, (DI)
	ADDQ  DX, DI
	DECQ  R8
	JNZ   row4
	VZEROUPPER
	RET

// SI = the first of the six rows, AX = the fourth.
#define COLUMNS \
	ARGS; \
	SUBQ CX, SI; \
	SUBQ CX, SI; \
	LEAQ (SI)(CX*2), AX; \
	ADDQ CX, AX

// Two rows at a time, one in each lane.
// func sixTapColumn16(dst *byte, dstStride int, src *byte, srcStride, h int, taps *[6]int8)
TEXT ·sixTapColumn16(SB), NOSPLIT, $0-48
	COLUMNS

column16:
	VMOVDQU     (SI), X0
	VINSERTI128 $1, (SI)(CX*1), Y0, Y0
	VMOVDQU     (SI)(CX*1), X1
	VINSERTI128 $1, (SI)(CX*2), Y1, Y1
	VMOVDQU     (SI)(CX*2), X2
	VINSERTI128 $1, (AX), Y2, Y2
	VMOVDQU     (AX), X3
	VINSERTI128 $1, (AX)(CX*1), Y3, Y3
	VMOVDQU     (AX)(CX*1), X4
	VINSERTI128 $1, (AX)(CX*2), Y4, Y4
	LEAQ        (SI)(CX*2), SI
	LEAQ        (AX)(CX*2), AX
	VMOVDQU     (AX), X5
	VINSERTI128 $1, (AX)(CX*1), Y5, Y5
	VPUNPCKLBW  Y2, Y1, Y6
	VPUNPCKHBW  Y2, Y1, Y1
	VPUNPCKLBW  Y4, Y3, Y7
	VPUNPCKHBW  Y4, Y3, Y3
	VPUNPCKLBW  Y5, Y0, Y2
	VPUNPCKHBW  Y5, Y0, Y0
	SUM(Y6, Y7, Y2, Y8, Y9, Y10, Y11)
	SUM(Y1, Y3, Y0, Y8, Y9, Y10, Y11)
	VPACKUSWB   Y1, Y6, Y6
	VMOVDQU     X6, (DI)
	VEXTRACTI128 $1, Y6, (DI)(DX*1)
	LEAQ        (DI)(DX*2), DI
	SUBQ        $2, R8
	JNZ         column16
	VZEROUPPER
	RET

#define COLUMN8 \
	VMOVQ      (SI), X0; \
	VMOVQ      (SI)(CX*1), X1; \
	VMOVQ      (SI)(CX*2), X2; \
	VMOVQ      (AX), X3; \
	VMOVQ      (AX)(CX*1), X4; \
	VMOVQ      (AX)(CX*2), X5; \
	VPUNPCKLBW X2, X1, X1; \
	VPUNPCKLBW X4, X3, X3; \
	VPUNPCKLBW X5, X0, X0; \
	SUM(X1, X3, X0, X8, X9, X10, X11); \
	VPACKUSWB  X1, X1, X1; \
	ADDQ       CX, SI; \
	ADDQ       CX, AX

// func sixTapColumn8(dst *byte, dstStride int, src *byte, srcStride, h int, taps *[6]int8)
TEXT ·sixTapColumn8(SB), NOSPLIT, $0-48
	COLUMNS

column8:
	COLUMN8
	VMOVQ X1, (DI)
	ADDQ  DX, DI
	DECQ  R8
	JNZ   column8
	VZEROUPPER
	RET

// func sixTapColumn4(dst *byte, dstStride int, src *byte, srcStride, h int, taps *[6]int8)
TEXT ·sixTapColumn4(SB), NOSPLIT, $0-48
	COLUMNS

column4:
	COLUMN8
	VMOVD X1, (DI)
	ADDQ  DX, DI
	DECQ  R8
	JNZ   column4
	VZEROUPPER
	RET

// func copy16(dst *byte, dstStride int, src *byte, srcStride, h int)
TEXT ·copy16(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ dstStride+8(FP), DX
	MOVQ src+16(FP), SI
	MOVQ srcStride+24(FP), CX
	MOVQ h+32(FP), R8

copy2:
	VMOVDQU (SI), X0
	VMOVDQU (SI)(CX*1), X1
	VMOVDQU X0, (DI)
	VMOVDQU X1, (DI)(DX*1)
	LEAQ    (SI)(CX*2), SI
	LEAQ    (DI)(DX*2), DI
	SUBQ    $2, R8
	JNZ     copy2
	RET
