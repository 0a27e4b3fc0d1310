//go:build amd64 && !purego

// Eight sums of products in two registers, see plainDot.

#include "textflag.h"

// func dotSSE(a, b *float32, units int) float32
TEXT ·dotSSE(SB), NOSPLIT, $0-28
	MOVQ  a+0(FP), AX
	MOVQ  b+8(FP), BX
	MOVQ  units+16(FP), CX
	XORPS X0, X0
	XORPS X1, X1

unit:
	MOVUPS (AX), X2
	MOVUPS (BX), X3
	MOVUPS 16(AX), X4
	MOVUPS 16(BX), X5
	MULPS  X3, X2
	MULPS  X5, X4
	ADDPS  X2, X0
	ADDPS  X4, X1
	ADDQ   $32, AX
	ADDQ   $32, BX
	DECQ   CX
	JNZ    unit
	ADDPS   X1, X0
	MOVHLPS X0, X1
	ADDPS   X1, X0
	MOVAPS  X0, X1
	SHUFPS  $1, X1, X1
	ADDSS   X1, X0
	MOVSS   X0, ret+24(FP)
	RET
