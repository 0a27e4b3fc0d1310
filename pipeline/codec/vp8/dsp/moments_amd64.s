//go:build amd64 && !purego

// Sums of differences and of their squares, sixteen pixels at a time.

#include "textflag.h"

DATA one16<>+0(SB)/8, $0x0001000100010001
GLOBL one16<>(SB), RODATA|NOPTR, $8

#define MOMENTSARGS \
	MOVQ  a+0(FP), AX; \
	MOVQ  aStride+8(FP), CX; \
	MOVQ  b+16(FP), BX; \
	MOVQ  bStride+24(FP), DX; \
	VPXOR Y4, Y4, Y4; \
	VPXOR Y5, Y5, Y5

// Y0 and Y1 are words of pixels. The words of Y4 hold sixteen differences each at most.
#define MOMENTS \
	VPSUBW   Y1, Y0, Y0; \
	VPADDW   Y0, Y4, Y4; \
	VPMADDWD Y0, Y0, Y0; \
	VPADDD   Y0, Y5, Y5

#define ADDUP(y, x) \
	VEXTRACTI128 $1, y, X0; \
	VPADDD       X0, x, x; \
	VPSHUFD      $0x4e, x, X0; \
	VPADDD       X0, x, x; \
	VPSHUFD      $0xb1, x, X0; \
	VPADDD       X0, x, x

#define STOREMOMENTS \
	VPBROADCASTQ one16<>(SB), Y0; \
	VPMADDWD     Y0, Y4, Y4; \
	ADDUP(Y4, X4); \
	ADDUP(Y5, X5); \
	VMOVD        X4, AX; \
	MOVLQSX      AX, AX; \
	MOVQ         AX, sum+32(FP); \
	VMOVD        X5, AX; \
	MOVQ         AX, squares+40(FP); \
	VZEROUPPER

// func moments16(a *byte, aStride int, b *byte, bStride int) (sum, squares int)
TEXT ·moments16(SB), NOSPLIT, $0-48
	MOMENTSARGS
	MOVQ $16, R8

row16:
	VPMOVZXBW (AX), Y0
	VPMOVZXBW (BX), Y1
	MOMENTS
	ADDQ      CX, AX
	ADDQ      DX, BX
	DECQ      R8
	JNZ       row16
	STOREMOMENTS
	RET

// func moments8(a *byte, aStride int, b *byte, bStride int) (sum, squares int)
TEXT ·moments8(SB), NOSPLIT, $0-48
	MOMENTSARGS
	MOVQ $4, R8

row8:
	VMOVQ     (AX), X0
	VMOVQ     (BX), X1
	VMOVHPS   (AX)(CX*1), X0, X0
	VMOVHPS   (BX)(DX*1), X1, X1
	VPMOVZXBW X0, Y0
	VPMOVZXBW X1, Y1
	MOMENTS
	LEAQ      (AX)(CX*2), AX
	LEAQ      (BX)(DX*2), BX
	DECQ      R8
	JNZ       row8
	STOREMOMENTS
	RET

// func moments4(a *byte, aStride int, b *byte, bStride int) (sum, squares int)
TEXT ·moments4(SB), NOSPLIT, $0-48
	MOMENTSARGS
	VMOVD     (AX), X0
	VMOVD     (BX), X1
	VPINSRD   $1, (AX)(CX*1), X0, X0
	VPINSRD   $1, (BX)(DX*1), X1, X1
	LEAQ      (AX)(CX*2), AX
	LEAQ      (BX)(DX*2), BX
	VPINSRD   $2, (AX), X0, X0
	VPINSRD   $2, (BX), X1, X1
	VPINSRD   $3, (AX)(CX*1), X0, X0
	VPINSRD   $3, (BX)(DX*1), X1, X1
	VPMOVZXBW X0, Y0
	VPMOVZXBW X1, Y1
	MOMENTS
	STOREMOMENTS
	RET
