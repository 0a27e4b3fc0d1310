//go:build amd64 && !purego

// The bilinear filters, RFC 6386 §18.3: each pixel is mixed with the one that
// is step further, 1 for the next column, the stride for the next row.

#include "textflag.h"

DATA half<>+0(SB)/8, $0x0040004000400040
GLOBL half<>(SB), RODATA|NOPTR, $8

#define MIXARGS \
	MOVQ         dst+0(FP), DI; \
	MOVQ         dstStride+8(FP), DX; \
	MOVQ         src+16(FP), SI; \
	MOVQ         srcStride+24(FP), CX; \
	MOVQ         step+32(FP), BX; \
	MOVQ         h+40(FP), R8; \
	VPBROADCASTW weights+48(FP), X8; \
	VPBROADCASTQ half<>(SB), X9

// Pairs of pixels to words.
#define MIX(x) \
	VPMADDUBSW X8, x, x; \
	VPADDW     X9, x, x; \
	VPSRLW     $7, x, x

// func mix16(dst *byte, dstStride int, src *byte, srcStride, step, h int, weights uint16)
TEXT ·mix16(SB), NOSPLIT, $0-50
	MIXARGS

next16:
	VMOVDQU    (SI), X0
	VMOVDQU    (SI)(BX*1), X1
	VPUNPCKLBW X1, X0, X2
	VPUNPCKHBW X1, X0, X0
	MIX(X2)
	MIX(X0)
	VPACKUSWB  X0, X2, X2
	VMOVDQU    X2, (DI)
	ADDQ       CX, SI
	ADDQ       DX, DI
	DECQ       R8
	JNZ        next16
	RET

#define MIX8 \
	VMOVQ      (SI), X0; \
	VMOVQ      (SI)(BX*1), X1; \
	VPUNPCKLBW X1, X0, X0; \
	MIX(X0); \
	VPACKUSWB  X0, X0, X0; \
	ADDQ       CX, SI

// func mix8(dst *byte, dstStride int, src *byte, srcStride, step, h int, weights uint16)
TEXT ·mix8(SB), NOSPLIT, $0-50
	MIXARGS

next8:
	MIX8
	VMOVQ X0, (DI)
	ADDQ  DX, DI
	DECQ  R8
	JNZ   next8
	RET

// func mix4(dst *byte, dstStride int, src *byte, srcStride, step, h int, weights uint16)
TEXT ·mix4(SB), NOSPLIT, $0-50
	MIXARGS

next4:
	MIX8
	VMOVD X0, (DI)
	ADDQ  DX, DI
	DECQ  R8
	JNZ   next4
	RET
