//go:build amd64 && !purego

// The forward transforms. Each lane holds two blocks, four words of each.

#include "textflag.h"

// Factors of (e, d), see forwardDCT: cosine and sine, sine and -cosine.
DATA forwardOdd1<>+0(SB)/8, $0x08a914e808a914e8
GLOBL forwardOdd1<>(SB), RODATA|NOPTR, $8
DATA forwardOdd3<>+0(SB)/8, $0xeb1808a9eb1808a9
GLOBL forwardOdd3<>(SB), RODATA|NOPTR, $8
DATA forwardRound<>+0(SB)/8, $0x0000800000008000
GLOBL forwardRound<>(SB), RODATA|NOPTR, $8
DATA eights<>+0(SB)/8, $0x0008000800080008
GLOBL eights<>(SB), RODATA|NOPTR, $8
DATA ones<>+0(SB)/8, $0x0001000100010001
GLOBL ones<>(SB), RODATA|NOPTR, $8

// SI = src, CX = its stride, BX = pred, DX = its stride, AX and R9 = two rows below, DI = c.
#define FORWARDARGS \
	MOVQ         c+0(FP), DI; \
	MOVQ         src+8(FP), SI; \
	MOVQ         srcStride+16(FP), CX; \
	MOVQ         pred+24(FP), BX; \
	MOVQ         predStride+32(FP), DX; \
	LEAQ         (SI)(CX*2), AX; \
	LEAQ         (BX)(DX*2), R9; \
	VPBROADCASTQ forwardOdd1<>(SB), Y13; \
	VPBROADCASTQ forwardOdd3<>(SB), Y14

// Rows Y0 to Y3 of both blocks become columns.
#define FORWARDTRANSPOSE \
	VPUNPCKLWD  Y1, Y0, Y4; \
	VPUNPCKHWD  Y1, Y0, Y5; \
	VPUNPCKLWD  Y3, Y2, Y6; \
	VPUNPCKHWD  Y3, Y2, Y7; \
	VPUNPCKLDQ  Y6, Y4, Y0; \
	VPUNPCKHDQ  Y6, Y4, Y2; \
	VPUNPCKLDQ  Y7, Y5, Y1; \
	VPUNPCKHDQ  Y7, Y5, Y3; \
	VPUNPCKHQDQ Y1, Y0, Y4; \
	VPUNPCKLQDQ Y1, Y0, Y0; \
	VPUNPCKHQDQ Y3, Y2, Y5; \
	VPUNPCKLQDQ Y3, Y2, Y2; \
	VMOVDQA     Y4, Y1; \
	VMOVDQA     Y5, Y3

// Y0 = a+b, Y2 = a-b, Y1 and Y6, Y3 and Y7 = the products of the odd outputs.
#define FORWARDBUTTERFLY \
	VPADDW     Y3, Y0, Y4; \
	VPSUBW     Y3, Y0, Y5; \
	VPADDW     Y2, Y1, Y6; \
	VPSUBW     Y2, Y1, Y7; \
	VPADDW     Y6, Y4, Y0; \
	VPSUBW     Y6, Y4, Y2; \
	VPUNPCKLWD Y7, Y5, Y4; \
	VPUNPCKHWD Y7, Y5, Y5; \
	VPMADDWD   Y13, Y4, Y1; \
	VPMADDWD   Y13, Y5, Y6; \
	VPMADDWD   Y14, Y4, Y3; \
	VPMADDWD   Y14, Y5, Y7

#define FORWARDROWS \
	FORWARDTRANSPOSE; \
	FORWARDBUTTERFLY; \
	VPSLLW    $3, Y0, Y0; \
	VPSLLW    $3, Y2, Y2; \
	VPSRAD    $9, Y1, Y1; \
	VPSRAD    $9, Y6, Y6; \
	VPSRAD    $9, Y3, Y3; \
	VPSRAD    $9, Y7, Y7; \
	VPACKSSDW Y6, Y1, Y1; \
	VPACKSSDW Y7, Y3, Y3; \
	FORWARDTRANSPOSE

// Y4 and Y6 become the halves of the first block of each lane, Y5 and Y7 of the second.
#define FORWARDCOLUMNS \
	FORWARDBUTTERFLY; \
	VPBROADCASTQ forwardRound<>(SB), Y4; \
	VPBROADCASTQ eights<>(SB), Y5; \
	VPADDW       Y5, Y0, Y0; \
	VPADDW       Y5, Y2, Y2; \
	VPADDD       Y4, Y1, Y1; \
	VPADDD       Y4, Y6, Y6; \
	VPADDD       Y4, Y3, Y3; \
	VPADDD       Y4, Y7, Y7; \
	VPSRAW       $4, Y0, Y0; \
	VPSRAW       $4, Y2, Y2; \
	VPSRAD       $16, Y1, Y1; \
	VPSRAD       $16, Y6, Y6; \
	VPSRAD       $16, Y3, Y3; \
	VPSRAD       $16, Y7, Y7; \
	VPACKSSDW    Y6, Y1, Y1; \
	VPACKSSDW    Y7, Y3, Y3; \
	VPUNPCKLQDQ  Y1, Y0, Y4; \
	VPUNPCKHQDQ  Y1, Y0, Y5; \
	VPUNPCKLQDQ  Y3, Y2, Y6; \
	VPUNPCKHQDQ  Y3, Y2, Y7

#define STORE4 \
	VMOVDQU      X4, (DI); \
	VMOVDQU      X6, 16(DI); \
	VMOVDQU      X5, 32(DI); \
	VMOVDQU      X7, 48(DI); \
	VEXTRACTI128 $1, Y4, 64(DI); \
	VEXTRACTI128 $1, Y6, 80(DI); \
	VEXTRACTI128 $1, Y5, 96(DI); \
	VEXTRACTI128 $1, Y7, 112(DI)

#define DIFFERENCE16(src, pred, y) \
	VPMOVZXBW src, y; \
	VPMOVZXBW pred, Y4; \
	VPSUBW    Y4, y, y

// func forwardDCT4AVX2(c *[4][16]int16, src *byte, srcStride int, pred *byte, predStride int)
TEXT ·forwardDCT4AVX2(SB), NOSPLIT, $0-40
	FORWARDARGS
	DIFFERENCE16((SI), (BX), Y0)
	DIFFERENCE16((SI)(CX*1), (BX)(DX*1), Y1)
	DIFFERENCE16((AX), (R9), Y2)
	DIFFERENCE16((AX)(CX*1), (R9)(DX*1), Y3)
	FORWARDROWS
	FORWARDCOLUMNS
	STORE4
	VZEROUPPER
	RET

// A row of the upper blocks, and one of the lower.
#define DIFFERENCE8(upper, lower, upperPred, lowerPred, x, y) \
	VMOVQ     upper, x; \
	VMOVHPS   lower, x, x; \
	VMOVQ     upperPred, X4; \
	VMOVHPS   lowerPred, X4, X4; \
	VPMOVZXBW x, y; \
	VPMOVZXBW X4, Y4; \
	VPSUBW    Y4, y, y

// func forwardDCT8AVX2(c *[4][16]int16, src *byte, srcStride int, pred *byte, predStride int)
TEXT ·forwardDCT8AVX2(SB), NOSPLIT, $0-40
	FORWARDARGS
	LEAQ (AX)(CX*2), R10
	LEAQ (R9)(DX*2), R11
	DIFFERENCE8((SI), (R10), (BX), (R11), X0, Y0)
	DIFFERENCE8((SI)(CX*1), (R10)(CX*1), (BX)(DX*1), (R11)(DX*1), X1, Y1)
	LEAQ (R10)(CX*2), R10
	LEAQ (R11)(DX*2), R11
	DIFFERENCE8((AX), (R10), (R9), (R11), X2, Y2)
	DIFFERENCE8((AX)(CX*1), (R10)(CX*1), (R9)(DX*1), (R11)(DX*1), X3, Y3)
	FORWARDROWS
	FORWARDCOLUMNS
	STORE4
	VZEROUPPER
	RET

#define DIFFERENCE4(src, pred, x) \
	VMOVD     src, x; \
	VMOVD     pred, X4; \
	VPMOVZXBW x, x; \
	VPMOVZXBW X4, X4; \
	VPSUBW    X4, x, x

// func forwardDCTAVX2(c *[16]int16, src *byte, srcStride int, pred *byte, predStride int)
TEXT ·forwardDCTAVX2(SB), NOSPLIT, $0-40
	FORWARDARGS
	DIFFERENCE4((SI), (BX), X0)
	DIFFERENCE4((SI)(CX*1), (BX)(DX*1), X1)
	DIFFERENCE4((AX), (R9), X2)
	DIFFERENCE4((AX)(CX*1), (R9)(DX*1), X3)
	FORWARDROWS
	FORWARDCOLUMNS
	VMOVDQU X4, (DI)
	VMOVDQU X6, 16(DI)
	VZEROUPPER
	RET

// The first coefficients of a column of the four by four blocks; 32 bytes are
// from block to block, 128 from row to row.
#define FIRSTS(at, x) \
	VMOVD   at(SI), x; \
	VPINSRW $1, (at+128)(SI), x, x; \
	VPINSRW $2, (at+256)(SI), x, x; \
	VPINSRW $3, (at+384)(SI), x, x

#define WHTBUTTERFLY \
	VPADDW X3, X0, X4; \
	VPSUBW X3, X0, X5; \
	VPADDW X2, X1, X6; \
	VPSUBW X2, X1, X7; \
	VPADDW X6, X4, X0; \
	VPADDW X7, X5, X1; \
	VPSUBW X6, X4, X2; \
	VPSUBW X7, X5, X3

// func forwardWHTAVX2(c *[16]int16, blocks *[16][16]int16)
TEXT ·forwardWHTAVX2(SB), NOSPLIT, $0-16
	MOVQ         c+0(FP), DI
	MOVQ         blocks+8(FP), SI
	FIRSTS(0, X0)
	FIRSTS(32, X1)
	FIRSTS(64, X2)
	FIRSTS(96, X3)
	WHTBUTTERFLY
	VPUNPCKLWD   X1, X0, X0
	VPUNPCKLWD   X3, X2, X2
	VPUNPCKHDQ   X2, X0, X3
	VPUNPCKLDQ   X2, X0, X0
	VPSRLDQ      $8, X0, X1
	VMOVDQA      X3, X2
	VPSRLDQ      $8, X3, X3
	WHTBUTTERFLY
	VPUNPCKLQDQ  X1, X0, X0
	VPUNPCKLQDQ  X3, X2, X2
	VPBROADCASTQ ones<>(SB), X4
	VPADDW       X4, X0, X0
	VPADDW       X4, X2, X2
	VPSRAW       $1, X0, X0
	VPSRAW       $1, X2, X2
	VMOVDQU      X0, (DI)
	VMOVDQU      X2, 16(DI)
	RET
