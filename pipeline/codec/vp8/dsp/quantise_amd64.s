//go:build amd64 && !purego

// Quantisation, see Quantizer.quantise: a block is the words of one register.

#include "textflag.h"
#include "go_asm.h"

DATA maxLevel<>+0(SB)/8, $0x07ff07ff07ff07ff
GLOBL maxLevel<>(SB), RODATA|NOPTR, $8

// Zigzag order keeps all words but one in their half of the block. That one
// comes from the halves exchanged.
DATA zigzagNear<>+0(SB)/8, $0x8080090803020100
DATA zigzagNear<>+8(SB)/8, $0x0d0c070605040b0a
DATA zigzagNear<>+16(SB)/8, $0x05040b0a09080302
DATA zigzagNear<>+24(SB)/8, $0x0f0e0d0c07068080
GLOBL zigzagNear<>(SB), RODATA|NOPTR, $32
DATA zigzagFar<>+0(SB)/8, $0x0100808080808080
DATA zigzagFar<>+8(SB)/8, $0x8080808080808080
DATA zigzagFar<>+16(SB)/8, $0x8080808080808080
DATA zigzagFar<>+24(SB)/8, $0x8080808080800f0e
GLOBL zigzagFar<>(SB), RODATA|NOPTR, $32

// func quantiseAVX2(c, levels *[16]int16, ends *uint8, n int, q *Quantizer) uint8
TEXT ·quantiseAVX2(SB), NOSPLIT, $0-41
	MOVQ         c+0(FP), SI
	MOVQ         levels+8(FP), DI
	MOVQ         ends+16(FP), R8
	MOVQ         n+24(FP), CX
	MOVQ         q+32(FP), BX
	VMOVDQU      Quantizer_factors(BX), Y8
	VMOVDQU      Quantizer_reciprocal(BX), Y9
	VMOVDQU      Quantizer_round(BX), Y10
	VMOVDQU      zigzagNear<>(SB), Y11
	VMOVDQU      zigzagFar<>(SB), Y12
	VPBROADCASTQ maxLevel<>(SB), Y13
	VPXOR        Y14, Y14, Y14
	XORL         DX, DX

quantise:
	VMOVDQU   (SI), Y0
	VPABSW    Y0, Y1
	VPADDW    Y10, Y1, Y1
	VPMULHUW  Y9, Y1, Y1
	VPMINUW   Y13, Y1, Y1
	VPSIGNW   Y0, Y1, Y1
	VPMULLW   Y8, Y1, Y2
	VMOVDQU   Y2, (SI)
	VPERMQ    $0x4e, Y1, Y3
	VPSHUFB   Y11, Y1, Y1
	VPSHUFB   Y12, Y3, Y3
	VPOR      Y3, Y1, Y1
	VMOVDQU   Y1, (DI)
	VPCMPEQW  Y14, Y1, Y1
	VPMOVMSKB Y1, AX
	NOTL      AX
	LEAQ      1(AX)(AX*1), AX // the lowest bit stands for no level
	BSRQ      AX, AX
	SHRL      $1, AX
	MOVB      AX, (R8)
	ORL       AX, DX
	ADDQ      $32, SI
	ADDQ      $32, DI
	INCQ      R8
	DECQ      CX
	JNZ       quantise
	MOVB      DX, ret+40(FP)
	VZEROUPPER
	RET
