//go:build amd64 && !purego

// Sums of absolute differences in SSE2, two rows at a time.

#include "textflag.h"

#define SADARGS \
	MOVQ a+0(FP), AX; \
	MOVQ aStride+8(FP), CX; \
	MOVQ b+16(FP), BX; \
	MOVQ bStride+24(FP), DX; \
	MOVQ h+32(FP), R8; \
	PXOR X4, X4

#define SADNEXT \
	LEAQ (AX)(CX*2), AX; \
	LEAQ (BX)(DX*2), BX; \
	SUBQ $2, R8

#define FOURARGS \
	MOVQ a+0(FP), AX; \
	MOVQ aStride+8(FP), CX; \
	MOVQ b0+16(FP), BX; \
	MOVQ b1+24(FP), SI; \
	MOVQ b2+32(FP), DI; \
	MOVQ b3+40(FP), R9; \
	MOVQ bStride+48(FP), DX; \
	MOVQ h+56(FP), R8; \
	MOVQ sums+64(FP), R10; \
	XORL R11, R11; \
	PXOR X4, X4; \
	PXOR X5, X5; \
	PXOR X6, X6; \
	PXOR X7, X7

// func sad16(a *byte, aStride int, b *byte, bStride, h int) int
TEXT ·sad16(SB), NOSPLIT, $0-48
	SADARGS
	PXOR X5, X5

row16:
	MOVOU  (AX), X0
	MOVOU  (BX), X1
	MOVOU  (AX)(CX*1), X2
	MOVOU  (BX)(DX*1), X3
	PSADBW X1, X0
	PSADBW X3, X2
	PADDQ  X0, X4
	PADDQ  X2, X5
	SADNEXT
	JNZ    row16
	PADDQ  X5, X4
	MOVHLPS X4, X0
	PADDQ  X0, X4
	MOVQ   X4, ret+40(FP)
	RET

// func sad8(a *byte, aStride int, b *byte, bStride, h int) int
TEXT ·sad8(SB), NOSPLIT, $0-48
	SADARGS

row8:
	MOVQ   (AX), X0
	MOVQ   (BX), X1
	MOVHPS (AX)(CX*1), X0
	MOVHPS (BX)(DX*1), X1
	PSADBW X1, X0
	PADDQ  X0, X4
	SADNEXT
	JNZ    row8
	MOVHLPS X4, X0
	PADDQ  X0, X4
	MOVQ   X4, ret+40(FP)
	RET

// func sad4(a *byte, aStride int, b *byte, bStride, h int) int
TEXT ·sad4(SB), NOSPLIT, $0-48
	SADARGS

row4:
	MOVL      (AX), X0
	MOVL      (BX), X1
	MOVL      (AX)(CX*1), X2
	MOVL      (BX)(DX*1), X3
	PUNPCKLLQ X2, X0
	PUNPCKLLQ X3, X1
	PSADBW    X1, X0
	PADDQ     X0, X4
	SADNEXT
	JNZ       row4
	MOVQ      X4, ret+40(FP)
	RET

// R11 = how far the row is from the first.
#define COMPARE16(b, sum) \
	MOVOU  (b)(R11*1), X1; \
	PSADBW X0, X1; \
	PADDQ  X1, sum

#define STORESUM(x, at) \
	MOVHLPS x, X0; \
	PADDQ   X0, x; \
	MOVQ    x, at(R10)

#define STORESUMS \
	STORESUM(X4, 0); \
	STORESUM(X5, 8); \
	STORESUM(X6, 16); \
	STORESUM(X7, 24)

// func sadFour16(a *byte, aStride int, b0, b1, b2, b3 *byte, bStride, h int, sums *[4]int)
TEXT ·sadFour16(SB), NOSPLIT, $0-72
	FOURARGS

four16:
	MOVOU (AX), X0
	COMPARE16(BX, X4)
	COMPARE16(SI, X5)
	COMPARE16(DI, X6)
	COMPARE16(R9, X7)
	ADDQ  CX, AX
	ADDQ  DX, R11
	DECQ  R8
	JNZ   four16
	STORESUMS
	RET

// R11 and R12 = how far the two rows are from the first.
#define COMPARE8(b, sum) \
	MOVQ   (b)(R11*1), X1; \
	MOVHPS (b)(R12*1), X1; \
	PSADBW X0, X1; \
	PADDQ  X1, sum

// func sadFour8(a *byte, aStride int, b0, b1, b2, b3 *byte, bStride, h int, sums *[4]int)
TEXT ·sadFour8(SB), NOSPLIT, $0-72
	FOURARGS
	MOVQ DX, R12

four8:
	MOVQ   (AX), X0
	MOVHPS (AX)(CX*1), X0
	COMPARE8(BX, X4)
	COMPARE8(SI, X5)
	COMPARE8(DI, X6)
	COMPARE8(R9, X7)
	LEAQ   (AX)(CX*2), AX
	LEAQ   (R11)(DX*2), R11
	LEAQ   (R12)(DX*2), R12
	SUBQ   $2, R8
	JNZ    four8
	STORESUMS
	RET
