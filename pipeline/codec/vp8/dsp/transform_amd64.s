//go:build amd64 && !purego

// The inverse DCT and TrueMotion, RFC 6386 §14.3 and §12.2.

#include "textflag.h"

// 35468 does not fit a signed word: pmulhw takes 35468-65536, and the operand
// is added once more. 20091 is the fraction of a factor above 1: likewise.
DATA cosine8<>+0(SB)/8, $0x4e7b4e7b4e7b4e7b
GLOBL cosine8<>(SB), RODATA|NOPTR, $8
DATA sine8<>+0(SB)/8, $0x8a8c8a8c8a8c8a8c
GLOBL sine8<>(SB), RODATA|NOPTR, $8
DATA round4<>+0(SB)/8, $0x0004000400040004
GLOBL round4<>(SB), RODATA|NOPTR, $8

// SI = the row above, AX = the corner.
#define ABOVE \
	MOVQ         pix+0(FP), DI; \
	MOVQ         stride+8(FP), CX; \
	MOVQ         DI, SI; \
	SUBQ         CX, SI; \
	MOVBQZX      -1(SI), AX

// x0 to x3, four words each, become the four outputs of a one-dimensional
// transform. X8 = cosine, X9 = sine.
#define BUTTERFLY(x0, x1, x2, x3) \
	VPADDW  x2, x0, X4; \
	VPSUBW  x2, x0, X5; \
	VPMULHW X9, x1, X6; \
	VPADDW  x1, X6, X6; \
	VPMULHW X8, x3, X7; \
	VPADDW  x3, X7, X7; \
	VPSUBW  X7, X6, X6; \
	VPMULHW X8, x1, X7; \
	VPADDW  x1, X7, X7; \
	VPMULHW X9, x3, X10; \
	VPADDW  x3, X10, X10; \
	VPADDW  X10, X7, X7; \
	VPADDW  X7, X4, x0; \
	VPSUBW  X7, X4, x3; \
	VPADDW  X6, X5, x1; \
	VPSUBW  X6, X5, x2

// Four rows of four words: X0 = columns 0 and 1, X2 = columns 2 and 3.
#define TRANSPOSE \
	VPUNPCKLWD X1, X0, X0; \
	VPUNPCKLWD X3, X2, X2; \
	VPUNPCKHDQ X2, X0, X3; \
	VPUNPCKLDQ X2, X0, X0; \
	VMOVDQA    X3, X2

// The words of x are added to two rows of four pixels.
#define ADD2(x, row0, row1) \
	VMOVD     row0, X4; \
	VPINSRD   $1, row1, X4, X4; \
	VPMOVZXBW X4, X4; \
	VPADDW    x, X4, X4; \
	VPACKUSWB X4, X4, X4; \
	VMOVD     X4, row0; \
	VPEXTRD   $1, X4, row1

// func idctAddAVX2(c *[16]int16, pix *byte, stride int)
TEXT ·idctAddAVX2(SB), NOSPLIT, $0-24
	MOVQ         c+0(FP), SI
	MOVQ         pix+8(FP), DI
	MOVQ         stride+16(FP), CX
	LEAQ         (DI)(CX*2), DX
	VPBROADCASTQ cosine8<>(SB), X8
	VPBROADCASTQ sine8<>(SB), X9
	VMOVQ        (SI), X0
	VMOVQ        8(SI), X1
	VMOVQ        16(SI), X2
	VMOVQ        24(SI), X3
	BUTTERFLY(X0, X1, X2, X3)
	TRANSPOSE
	VPSRLDQ      $8, X0, X1
	VPSRLDQ      $8, X2, X3
	VPBROADCASTQ round4<>(SB), X4
	VPADDW       X4, X0, X0
	BUTTERFLY(X0, X1, X2, X3)
	VPSRAW       $3, X0, X0
	VPSRAW       $3, X1, X1
	VPSRAW       $3, X2, X2
	VPSRAW       $3, X3, X3
	TRANSPOSE
	ADD2(X0, (DI), (DI)(CX*1))
	ADD2(X2, (DX), (DX)(CX*1))
	RET

// func dcAddAVX2(dc int16, pix *byte, stride int)
TEXT ·dcAddAVX2(SB), NOSPLIT, $0-24
	MOVWQSX      dc+0(FP), AX
	MOVQ         pix+8(FP), DI
	MOVQ         stride+16(FP), CX
	LEAQ         (DI)(CX*2), DX
	ADDL         $4, AX
	MOVWQSX      AX, AX
	SARQ         $3, AX
	VMOVD        AX, X0
	VPBROADCASTW X0, X0
	ADD2(X0, (DI), (DI)(CX*1))
	ADD2(X0, (DX), (DX)(CX*1))
	RET

// func predictTM16(pix *byte, stride int)
TEXT ·predictTM16(SB), NOSPLIT, $0-16
	ABOVE
	VPMOVZXBW (SI), Y0
	MOVQ      $16, R8

tm16:
	MOVBQZX      -1(DI), BX
	SUBQ         AX, BX
	VMOVD        BX, X1
	VPBROADCASTW X1, Y1
	VPADDW       Y0, Y1, Y1
	VEXTRACTI128 $1, Y1, X2
	VPACKUSWB    X2, X1, X1
	VMOVDQU      X1, (DI)
	ADDQ         CX, DI
	DECQ         R8
	JNZ          tm16
	VZEROUPPER
	RET

// func predictTM8(pix *byte, stride int)
TEXT ·predictTM8(SB), NOSPLIT, $0-16
	ABOVE
	VPMOVZXBW (SI), X0
	MOVQ      $8, R8

tm8:
	MOVBQZX      -1(DI), BX
	SUBQ         AX, BX
	VMOVD        BX, X1
	VPBROADCASTW X1, X1
	VPADDW       X0, X1, X1
	VPACKUSWB    X1, X1, X1
	VMOVQ        X1, (DI)
	ADDQ         CX, DI
	DECQ         R8
	JNZ          tm8
	RET
