//go:build amd64 && !purego

// Sums of absolute differences in SSE2.

#include "textflag.h"

// func sad16(a *byte, aStride int, b *byte, bStride int) int
TEXT ·sad16(SB), NOSPLIT, $0-40
	MOVQ a+0(FP), AX
	MOVQ aStride+8(FP), CX
	MOVQ b+16(FP), BX
	MOVQ bStride+24(FP), DX
	PXOR X4, X4
	PXOR X5, X5
	MOVQ $8, R8

row:
	MOVOU  (AX), X0
	MOVOU  (BX), X1
	MOVOU  (AX)(CX*1), X2
	MOVOU  (BX)(DX*1), X3
	PSADBW X1, X0
	PSADBW X3, X2
	PADDQ  X0, X4
	PADDQ  X2, X5
	LEAQ   (AX)(CX*2), AX
	LEAQ   (BX)(DX*2), BX
	DECQ   R8
	JNZ    row
	PADDQ  X5, X4
	MOVHLPS X4, X0
	PADDQ  X0, X4
	MOVQ   X4, ret+32(FP)
	RET

// func sad8(a *byte, aStride int, b *byte, bStride int) int
TEXT ·sad8(SB), NOSPLIT, $0-40
	MOVQ a+0(FP), AX
	MOVQ aStride+8(FP), CX
	MOVQ b+16(FP), BX
	MOVQ bStride+24(FP), DX
	PXOR X4, X4
	MOVQ $8, R8

row8:
	MOVQ   (AX), X0
	MOVQ   (BX), X1
	PSADBW X1, X0
	PADDQ  X0, X4
	ADDQ   CX, AX
	ADDQ   DX, BX
	DECQ   R8
	JNZ    row8
	MOVQ   X4, ret+32(FP)
	RET
