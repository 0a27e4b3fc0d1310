//go:build amd64 && !purego

// The work on one row, see rows.go for what it is.

#include "textflag.h"

DATA bytes1<>+0(SB)/8, $0x0101010101010101
GLOBL bytes1<>(SB), RODATA|NOPTR, $8
DATA words1<>+0(SB)/8, $0x0001000100010001
GLOBL words1<>(SB), RODATA|NOPTR, $8
DATA words2<>+0(SB)/8, $0x0002000200020002
GLOBL words2<>(SB), RODATA|NOPTR, $8
DATA longs2<>+0(SB)/8, $0x0000000200000002
GLOBL longs2<>(SB), RODATA|NOPTR, $8
DATA longs8<>+0(SB)/8, $0x0000000800000008
GLOBL longs8<>(SB), RODATA|NOPTR, $8
DATA downRound<>+0(SB)/8, $0x0000008000000080
GLOBL downRound<>(SB), RODATA|NOPTR, $8
DATA acrossRound<>+0(SB)/8, $0x0008000000080000
GLOBL acrossRound<>(SB), RODATA|NOPTR, $8
DATA words127<>+0(SB)/8, $0x007f007f007f007f
GLOBL words127<>(SB), RODATA|NOPTR, $8
DATA words255<>+0(SB)/8, $0x00ff00ff00ff00ff
GLOBL words255<>(SB), RODATA|NOPTR, $8

// 2^23/255, rounded up: exact for all quotients of 16 bits.
DATA over255<>+0(SB)/8, $0x8081808180818081
GLOBL over255<>(SB), RODATA|NOPTR, $8

// Means of 32 by 2 pixels, as words.
#define HALVE(at, y, other) \
	VMOVDQU    at(SI), y; \
	VMOVDQU    at(BX), other; \
	VPMADDUBSW Y8, y, y; \
	VPMADDUBSW Y8, other, other; \
	VPADDW     other, y, y; \
	VPADDW     Y9, y, y; \
	VPSRLW     $2, y, y

// func halveAVX2(to, a, b *byte, blocks int)
TEXT ·halveAVX2(SB), NOSPLIT, $0-32
	MOVQ         to+0(FP), DI
	MOVQ         a+8(FP), SI
	MOVQ         b+16(FP), BX
	MOVQ         blocks+24(FP), CX
	VPBROADCASTQ bytes1<>(SB), Y8
	VPBROADCASTQ words2<>(SB), Y9

halve:
	HALVE(0, Y0, Y1)
	HALVE(32, Y2, Y3)
	VPACKUSWB Y2, Y0, Y0
	VPERMQ    $0xd8, Y0, Y0
	VMOVDQU   Y0, (DI)
	ADDQ      $64, SI
	ADDQ      $64, BX
	ADDQ      $32, DI
	DECQ      CX
	JNZ       halve
	VZEROUPPER
	RET

#define PAIRSUM(row, at, y) \
	VMOVDQU    at(row), y; \
	VPMADDUBSW Y8, y, y

// Means of 32 by 4 pixels, as longs.
#define QUARTER(at, y) \
	PAIRSUM(SI, at, y); \
	PAIRSUM(BX, at, Y4); \
	PAIRSUM(DX, at, Y5); \
	PAIRSUM(AX, at, Y6); \
	VPADDW   Y4, y, y; \
	VPADDW   Y6, Y5, Y5; \
	VPADDW   Y5, y, y; \
	VPMADDWD Y9, y, y; \
	VPADDD   Y10, y, y; \
	VPSRLD   $4, y, y

// func quarterAVX2(to, r0, r1, r2, r3 *byte, blocks int)
TEXT ·quarterAVX2(SB), NOSPLIT, $0-48
	MOVQ         to+0(FP), DI
	MOVQ         r0+8(FP), SI
	MOVQ         r1+16(FP), BX
	MOVQ         r2+24(FP), DX
	MOVQ         r3+32(FP), AX
	MOVQ         blocks+40(FP), CX
	VPBROADCASTQ bytes1<>(SB), Y8
	VPBROADCASTQ words1<>(SB), Y9
	VPBROADCASTQ longs8<>(SB), Y10

quarter:
	QUARTER(0, Y0)
	QUARTER(32, Y1)
	VPACKUSDW    Y1, Y0, Y0
	VPERMQ       $0xd8, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPACKUSWB    X1, X0, X0
	VMOVDQU      X0, (DI)
	ADDQ         $64, SI
	ADDQ         $64, BX
	ADDQ         $64, DX
	ADDQ         $64, AX
	ADDQ         $16, DI
	DECQ         CX
	JNZ          quarter
	VZEROUPPER
	RET

// func filterDownAVX2(to *uint16, from *byte, stride int, weights *int16, pairs, blocks int)
TEXT ·filterDownAVX2(SB), NOSPLIT, $0-48
	MOVQ         to+0(FP), DI
	MOVQ         from+8(FP), SI
	MOVQ         stride+16(FP), CX
	MOVQ         weights+24(FP), BX
	MOVQ         pairs+32(FP), DX
	MOVQ         blocks+40(FP), R8
	VPBROADCASTQ downRound<>(SB), Y8

down:
	MOVQ    SI, AX
	MOVQ    BX, R9
	MOVQ    DX, R10
	VMOVDQA Y8, Y4
	VMOVDQA Y8, Y5

downPair:
	VPMOVZXBW    (AX), Y0
	VPMOVZXBW    (AX)(CX*1), Y1
	VPBROADCASTD (R9), Y2
	VPUNPCKLWD   Y1, Y0, Y3
	VPUNPCKHWD   Y1, Y0, Y0
	VPMADDWD     Y2, Y3, Y3
	VPMADDWD     Y2, Y0, Y0
	VPADDD       Y3, Y4, Y4
	VPADDD       Y0, Y5, Y5
	LEAQ         (AX)(CX*2), AX
	ADDQ         $4, R9
	DECQ         R10
	JNZ          downPair
	VPSRLD       $8, Y4, Y4
	VPSRLD       $8, Y5, Y5
	VPACKUSDW    Y5, Y4, Y4
	VMOVDQU      Y4, (DI)
	ADDQ         $16, SI
	ADDQ         $32, DI
	DECQ         R8
	JNZ          down
	VZEROUPPER
	RET

// Sums become eight pixels.
#define STOREACROSS \
	VPSRLD       $20, Y4, Y4; \
	VEXTRACTI128 $1, Y4, X0; \
	VPACKUSDW    X0, X4, X4; \
	VPACKUSWB    X4, X4, X4; \
	VMOVQ        X4, (DI)

// func filterAcrossAVX2(to *byte, from *uint16, start *int32, weights *int16, next, pairs, blocks int)
TEXT ·filterAcrossAVX2(SB), NOSPLIT, $0-56
	MOVQ         to+0(FP), DI
	MOVQ         from+8(FP), SI
	MOVQ         start+16(FP), AX
	MOVQ         weights+24(FP), BX
	MOVQ         next+32(FP), CX
	MOVQ         pairs+40(FP), DX
	MOVQ         blocks+48(FP), R8
	VPBROADCASTQ acrossRound<>(SB), Y8
	VPBROADCASTQ longs2<>(SB), Y9

across:
	VMOVDQU (AX), Y1
	MOVQ    BX, R9
	MOVQ    DX, R10
	VMOVDQA Y8, Y4

acrossPair:
	VPCMPEQD     Y2, Y2, Y2
	VPGATHERDD   Y2, (SI)(Y1*2), Y0
	VPMADDWD     (R9), Y0, Y0
	VPADDD       Y0, Y4, Y4
	VPADDD       Y9, Y1, Y1
	ADDQ         CX, R9
	DECQ         R10
	JNZ          acrossPair
	STOREACROSS
	ADDQ         $32, AX
	ADDQ         $32, BX
	ADDQ         $8, DI
	DECQ         R8
	JNZ          across
	VZEROUPPER
	RET

// func filterNearAVX2(to *byte, from *uint16, start *int32, weights *int16, shuffle *byte, blocks int)
TEXT ·filterNearAVX2(SB), NOSPLIT, $0-48
	MOVQ         to+0(FP), DI
	MOVQ         from+8(FP), SI
	MOVQ         start+16(FP), AX
	MOVQ         weights+24(FP), BX
	MOVQ         shuffle+32(FP), DX
	MOVQ         blocks+40(FP), R8
	VPBROADCASTQ acrossRound<>(SB), Y8

near:
	MOVLQSX     (AX), R9
	MOVLQSX     16(AX), R10
	VMOVDQU     (SI)(R9*2), X4
	VINSERTI128 $1, (SI)(R10*2), Y4, Y4
	VPSHUFB     (DX), Y4, Y4
	VPMADDWD    (BX), Y4, Y4
	VPADDD      Y8, Y4, Y4
	STOREACROSS
	ADDQ        $32, AX
	ADDQ        $32, BX
	ADDQ        $32, DX
	ADDQ        $8, DI
	DECQ        R8
	JNZ         near
	VZEROUPPER
	RET

// func blendAVX2(to, from, weights *byte, blocks int)
TEXT ·blendAVX2(SB), NOSPLIT, $0-32
	MOVQ         to+0(FP), DI
	MOVQ         from+8(FP), SI
	MOVQ         weights+16(FP), BX
	MOVQ         blocks+24(FP), CX
	VPBROADCASTQ words255<>(SB), Y8
	VPBROADCASTQ words127<>(SB), Y9
	VPBROADCASTQ over255<>(SB), Y10

blend:
	VPMOVZXBW    (SI), Y0
	VPMOVZXBW    (DI), Y1
	VPMOVZXBW    (BX), Y2
	VPSUBW       Y2, Y8, Y3
	VPMULLW      Y2, Y0, Y0
	VPMULLW      Y3, Y1, Y1
	VPADDW       Y1, Y0, Y0
	VPADDW       Y9, Y0, Y0
	VPMULHUW     Y10, Y0, Y0
	VPSRLW       $7, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPACKUSWB    X1, X0, X0
	VMOVDQU      X0, (DI)
	ADDQ         $16, SI
	ADDQ         $16, DI
	ADDQ         $16, BX
	DECQ         CX
	JNZ          blend
	VZEROUPPER
	RET
