//go:build amd64 && !purego

// Four blocks side by side that have a first coefficient only, RFC 6386 §14.4.

#include "textflag.h"

// Each of four words four times: the first two in one lane, the others in the other.
DATA spread4<>+0(SB)/8, $0x0100010001000100
DATA spread4<>+8(SB)/8, $0x0302030203020302
DATA spread4<>+16(SB)/8, $0x0504050405040504
DATA spread4<>+24(SB)/8, $0x0706070607060706
GLOBL spread4<>(SB), RODATA|NOPTR, $32
DATA four<>+0(SB)/8, $0x0004000400040004
GLOBL four<>(SB), RODATA|NOPTR, $8

#define ADDROW(row) \
	VPMOVZXBW    row, Y1; \
	VPADDW       Y0, Y1, Y1; \
	VEXTRACTI128 $1, Y1, X2; \
	VPACKUSWB    X2, X1, X1; \
	VMOVDQU      X1, row

// func dcAdd4AVX2(c *[4][16]int16, pix *byte, stride int)
TEXT ·dcAdd4AVX2(SB), NOSPLIT, $0-24
	MOVQ         c+0(FP), SI
	MOVQ         pix+8(FP), DI
	MOVQ         stride+16(FP), CX
	MOVWLZX      (SI), AX
	MOVWLZX      32(SI), BX
	VMOVD        AX, X0
	VPINSRW      $1, BX, X0, X0
	VPINSRW      $2, 64(SI), X0, X0
	VPINSRW      $3, 96(SI), X0, X0
	VPBROADCASTQ four<>(SB), X1
	VPADDW       X1, X0, X0
	VPSRAW       $3, X0, X0
	VPBROADCASTQ X0, Y0
	VPSHUFB      spread4<>(SB), Y0, Y0
	LEAQ         (DI)(CX*2), DX
	ADDROW((DI))
	ADDROW((DI)(CX*1))
	ADDROW((DX))
	ADDROW((DX)(CX*1))
	VZEROUPPER
	RET
