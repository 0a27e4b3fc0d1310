//go:build amd64 && !purego

// The loop filters across horizontal edges, where the pixels along the edge
// lie beside each other in memory, RFC 6386 §15.

#include "textflag.h"
#include "filter_amd64.h"

// BX = 3 strides, at = first of the four rows above the edge.
#define ABOVE(p, at) \
	LEAQ (CX)(CX*2), BX; \
	MOVQ p, at; \
	SUBQ BX, at; \
	SUBQ CX, at

// func mbRows16(pix *byte, stride int, limit, interior, hev uint8)
TEXT ·mbRows16(SB), NOSPLIT, $0-19
	MOVQ pix+0(FP), AX
	MOVQ stride+8(FP), CX
	ABOVE(AX, DX)
	VMOVDQU (DX), X0
	VMOVDQU (DX)(CX*1), X1
	VMOVDQU (DX)(CX*2), X2
	VMOVDQU (DX)(BX*1), X3
	VMOVDQU (AX), X4
	VMOVDQU (AX)(CX*1), X5
	VMOVDQU (AX)(CX*2), X6
	VMOVDQU (AX)(BX*1), X7
	MB(limit+16(FP), interior+17(FP), hev+18(FP))
	VMOVDQU X1, (DX)(CX*1)
	VMOVDQU X2, (DX)(CX*2)
	VMOVDQU X3, (DX)(BX*1)
	VMOVDQU X4, (AX)
	VMOVDQU X5, (AX)(CX*1)
	VMOVDQU X6, (AX)(CX*2)
	VZEROUPPER
	RET

// func subRows16(pix *byte, stride int, limit, interior, hev uint8)
TEXT ·subRows16(SB), NOSPLIT, $0-19
	MOVQ pix+0(FP), AX
	MOVQ stride+8(FP), CX
	ABOVE(AX, DX)
	VMOVDQU (DX), X0
	VMOVDQU (DX)(CX*1), X1
	VMOVDQU (DX)(CX*2), X2
	VMOVDQU (DX)(BX*1), X3
	VMOVDQU (AX), X4
	VMOVDQU (AX)(CX*1), X5
	VMOVDQU (AX)(CX*2), X6
	VMOVDQU (AX)(BX*1), X7
	SUB(limit+16(FP), interior+17(FP), hev+18(FP))
	VMOVDQU X2, (DX)(CX*2)
	VMOVDQU X3, (DX)(BX*1)
	VMOVDQU X4, (AX)
	VMOVDQU X5, (AX)(CX*1)
	VZEROUPPER
	RET

// func simpleRows16(pix *byte, stride int, limit uint8)
TEXT ·simpleRows16(SB), NOSPLIT, $0-17
	MOVQ pix+0(FP), AX
	MOVQ stride+8(FP), CX
	ABOVE(AX, DX)
	VMOVDQU (DX)(CX*2), X2
	VMOVDQU (DX)(BX*1), X3
	VMOVDQU (AX), X4
	VMOVDQU (AX)(CX*1), X5
	SIMPLE(limit+16(FP))
	VMOVDQU X3, (DX)(BX*1)
	VMOVDQU X4, (AX)
	VZEROUPPER
	RET

// func mbRows8(u, v *byte, stride int, limit, interior, hev uint8)
TEXT ·mbRows8(SB), NOSPLIT, $0-27
	MOVQ u+0(FP), AX
	MOVQ v+8(FP), DI
	MOVQ stride+16(FP), CX
	ABOVE(AX, DX)
	ABOVE(DI, R8)
	VMOVQ (DX), X0
	VPINSRQ $1, (R8), X0, X0
	VMOVQ (DX)(CX*1), X1
	VPINSRQ $1, (R8)(CX*1), X1, X1
	VMOVQ (DX)(CX*2), X2
	VPINSRQ $1, (R8)(CX*2), X2, X2
	VMOVQ (DX)(BX*1), X3
	VPINSRQ $1, (R8)(BX*1), X3, X3
	VMOVQ (AX), X4
	VPINSRQ $1, (DI), X4, X4
	VMOVQ (AX)(CX*1), X5
	VPINSRQ $1, (DI)(CX*1), X5, X5
	VMOVQ (AX)(CX*2), X6
	VPINSRQ $1, (DI)(CX*2), X6, X6
	VMOVQ (AX)(BX*1), X7
	VPINSRQ $1, (DI)(BX*1), X7, X7
	MB(limit+24(FP), interior+25(FP), hev+26(FP))
	VMOVQ X1, (DX)(CX*1)
	VPEXTRQ $1, X1, (R8)(CX*1)
	VMOVQ X2, (DX)(CX*2)
	VPEXTRQ $1, X2, (R8)(CX*2)
	VMOVQ X3, (DX)(BX*1)
	VPEXTRQ $1, X3, (R8)(BX*1)
	VMOVQ X4, (AX)
	VPEXTRQ $1, X4, (DI)
	VMOVQ X5, (AX)(CX*1)
	VPEXTRQ $1, X5, (DI)(CX*1)
	VMOVQ X6, (AX)(CX*2)
	VPEXTRQ $1, X6, (DI)(CX*2)
	VZEROUPPER
	RET

// func subRows8(u, v *byte, stride int, limit, interior, hev uint8)
TEXT ·subRows8(SB), NOSPLIT, $0-27
	MOVQ u+0(FP), AX
	MOVQ v+8(FP), DI
	MOVQ stride+16(FP), CX
	ABOVE(AX, DX)
	ABOVE(DI, R8)
	VMOVQ (DX), X0
	VPINSRQ $1, (R8), X0, X0
	VMOVQ (DX)(CX*1), X1
	VPINSRQ $1, (R8)(CX*1), X1, X1
	VMOVQ (DX)(CX*2), X2
	VPINSRQ $1, (R8)(CX*2), X2, X2
	VMOVQ (DX)(BX*1), X3
	VPINSRQ $1, (R8)(BX*1), X3, X3
	VMOVQ (AX), X4
	VPINSRQ $1, (DI), X4, X4
	VMOVQ (AX)(CX*1), X5
	VPINSRQ $1, (DI)(CX*1), X5, X5
	VMOVQ (AX)(CX*2), X6
	VPINSRQ $1, (DI)(CX*2), X6, X6
	VMOVQ (AX)(BX*1), X7
	VPINSRQ $1, (DI)(BX*1), X7, X7
	SUB(limit+24(FP), interior+25(FP), hev+26(FP))
	VMOVQ X2, (DX)(CX*2)
	VPEXTRQ $1, X2, (R8)(CX*2)
	VMOVQ X3, (DX)(BX*1)
	VPEXTRQ $1, X3, (R8)(BX*1)
	VMOVQ X4, (AX)
	VPEXTRQ $1, X4, (DI)
	VMOVQ X5, (AX)(CX*1)
	VPEXTRQ $1, X5, (DI)(CX*1)
	VZEROUPPER
	RET
