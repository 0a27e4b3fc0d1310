//go:build amd64 && !purego

// The loop filters across vertical edges, RFC 6386 §15: sixteen rows of eight
// pixels are turned round, filtered, and turned back. The first eight rows
// begin at DX and the others at R8, so that U and V go together as luma does.

#include "textflag.h"
#include "filter_amd64.h"

// Distances of rows: BX = 3, R9 = 5, R10 = 7 strides.
#define STRIDES \
	LEAQ (CX)(CX*2), BX; \
	LEAQ (CX)(CX*4), R9; \
	LEAQ (BX)(CX*4), R10

// X0 to X7 = the columns.
#define LOAD \
	VMOVQ (DX), X0; \
	VMOVQ (R8), X8; \
	VPUNPCKLBW X8, X0, X0; \
	VMOVQ (DX)(CX*1), X1; \
	VMOVQ (R8)(CX*1), X8; \
	VPUNPCKLBW X8, X1, X1; \
	VMOVQ (DX)(CX*2), X2; \
	VMOVQ (R8)(CX*2), X8; \
	VPUNPCKLBW X8, X2, X2; \
	VMOVQ (DX)(BX*1), X3; \
	VMOVQ (R8)(BX*1), X8; \
	VPUNPCKLBW X8, X3, X3; \
	VMOVQ (DX)(CX*4), X4; \
	VMOVQ (R8)(CX*4), X8; \
	VPUNPCKLBW X8, X4, X4; \
	VMOVQ (DX)(R9*1), X5; \
	VMOVQ (R8)(R9*1), X8; \
	VPUNPCKLBW X8, X5, X5; \
	VMOVQ (DX)(BX*2), X6; \
	VMOVQ (R8)(BX*2), X8; \
	VPUNPCKLBW X8, X6, X6; \
	VMOVQ (DX)(R10*1), X7; \
	VMOVQ (R8)(R10*1), X8; \
	VPUNPCKLBW X8, X7, X7; \
	VPUNPCKLBW X4, X0, X8; \
	VPUNPCKHBW X4, X0, X9; \
	VPUNPCKLBW X6, X2, X10; \
	VPUNPCKHBW X6, X2, X11; \
	VPUNPCKLBW X5, X1, X12; \
	VPUNPCKHBW X5, X1, X13; \
	VPUNPCKLBW X7, X3, X14; \
	VPUNPCKHBW X7, X3, X15; \
	VPUNPCKLBW X10, X8, X0; \
	VPUNPCKHBW X10, X8, X1; \
	VPUNPCKLBW X11, X9, X2; \
	VPUNPCKHBW X11, X9, X3; \
	VPUNPCKLBW X14, X12, X4; \
	VPUNPCKHBW X14, X12, X5; \
	VPUNPCKLBW X15, X13, X6; \
	VPUNPCKHBW X15, X13, X7; \
	VPUNPCKLBW X4, X0, X8; \
	VPUNPCKHBW X4, X0, X9; \
	VPUNPCKLBW X5, X1, X10; \
	VPUNPCKHBW X5, X1, X11; \
	VPUNPCKLBW X6, X2, X12; \
	VPUNPCKHBW X6, X2, X13; \
	VPUNPCKLBW X7, X3, X6; \
	VPUNPCKHBW X7, X3, X7; \
	VMOVDQA X8, X0; \
	VMOVDQA X9, X1; \
	VMOVDQA X10, X2; \
	VMOVDQA X11, X3; \
	VMOVDQA X12, X4; \
	VMOVDQA X13, X5

// All eight columns back.
#define STORE8 \
	VPUNPCKLBW X1, X0, X8; \
	VPUNPCKHBW X1, X0, X9; \
	VPUNPCKLBW X3, X2, X10; \
	VPUNPCKHBW X3, X2, X11; \
	VPUNPCKLBW X5, X4, X12; \
	VPUNPCKHBW X5, X4, X13; \
	VPUNPCKLBW X7, X6, X14; \
	VPUNPCKHBW X7, X6, X15; \
	VPUNPCKLWD X10, X8, X0; \
	VPUNPCKHWD X10, X8, X1; \
	VPUNPCKLWD X11, X9, X2; \
	VPUNPCKHWD X11, X9, X3; \
	VPUNPCKLWD X14, X12, X4; \
	VPUNPCKHWD X14, X12, X5; \
	VPUNPCKLWD X15, X13, X6; \
	VPUNPCKHWD X15, X13, X7; \
	VPUNPCKLDQ X4, X0, X8; \
	VPUNPCKHDQ X4, X0, X9; \
	VPUNPCKLDQ X5, X1, X10; \
	VPUNPCKHDQ X5, X1, X11; \
	VPUNPCKLDQ X6, X2, X12; \
	VPUNPCKHDQ X6, X2, X13; \
	VPUNPCKLDQ X7, X3, X14; \
	VPUNPCKHDQ X7, X3, X15; \
	VMOVQ X8, (DX); \
	VPEXTRQ $1, X8, (DX)(CX*1); \
	VMOVQ X9, (DX)(CX*2); \
	VPEXTRQ $1, X9, (DX)(BX*1); \
	VMOVQ X10, (DX)(CX*4); \
	VPEXTRQ $1, X10, (DX)(R9*1); \
	VMOVQ X11, (DX)(BX*2); \
	VPEXTRQ $1, X11, (DX)(R10*1); \
	VMOVQ X12, (R8); \
	VPEXTRQ $1, X12, (R8)(CX*1); \
	VMOVQ X13, (R8)(CX*2); \
	VPEXTRQ $1, X13, (R8)(BX*1); \
	VMOVQ X14, (R8)(CX*4); \
	VPEXTRQ $1, X14, (R8)(R9*1); \
	VMOVQ X15, (R8)(BX*2); \
	VPEXTRQ $1, X15, (R8)(R10*1)

// The four columns in the middle, X2 to X5, back.
#define STORE4 \
	VPUNPCKLBW X3, X2, X8; \
	VPUNPCKHBW X3, X2, X9; \
	VPUNPCKLBW X5, X4, X10; \
	VPUNPCKHBW X5, X4, X11; \
	VPUNPCKLWD X10, X8, X0; \
	VPUNPCKHWD X10, X8, X1; \
	VPUNPCKLWD X11, X9, X2; \
	VPUNPCKHWD X11, X9, X3; \
	VMOVD X0, 2(DX); \
	VPEXTRD $1, X0, 2(DX)(CX*1); \
	VPEXTRD $2, X0, 2(DX)(CX*2); \
	VPEXTRD $3, X0, 2(DX)(BX*1); \
	VMOVD X1, 2(DX)(CX*4); \
	VPEXTRD $1, X1, 2(DX)(R9*1); \
	VPEXTRD $2, X1, 2(DX)(BX*2); \
	VPEXTRD $3, X1, 2(DX)(R10*1); \
	VMOVD X2, 2(R8); \
	VPEXTRD $1, X2, 2(R8)(CX*1); \
	VPEXTRD $2, X2, 2(R8)(CX*2); \
	VPEXTRD $3, X2, 2(R8)(BX*1); \
	VMOVD X3, 2(R8)(CX*4); \
	VPEXTRD $1, X3, 2(R8)(R9*1); \
	VPEXTRD $2, X3, 2(R8)(BX*2); \
	VPEXTRD $3, X3, 2(R8)(R10*1)

// func mbColumns16(pix *byte, stride int, limit, interior, hev uint8)
TEXT ·mbColumns16(SB), NOSPLIT, $0-19
	MOVQ pix+0(FP), DX
	MOVQ stride+8(FP), CX
	SUBQ $4, DX
	LEAQ (DX)(CX*8), R8
	STRIDES
	LOAD
	MB(limit+16(FP), interior+17(FP), hev+18(FP))
	STORE8
	VZEROUPPER
	RET

// func subColumns16(pix *byte, stride int, limit, interior, hev uint8)
TEXT ·subColumns16(SB), NOSPLIT, $0-19
	MOVQ pix+0(FP), DX
	MOVQ stride+8(FP), CX
	SUBQ $4, DX
	LEAQ (DX)(CX*8), R8
	STRIDES
	LOAD
	SUB(limit+16(FP), interior+17(FP), hev+18(FP))
	STORE4
	VZEROUPPER
	RET

// func simpleColumns16(pix *byte, stride int, limit uint8)
TEXT ·simpleColumns16(SB), NOSPLIT, $0-17
	MOVQ pix+0(FP), DX
	MOVQ stride+8(FP), CX
	SUBQ $4, DX
	LEAQ (DX)(CX*8), R8
	STRIDES
	LOAD
	SIMPLE(limit+16(FP))
	STORE4
	VZEROUPPER
	RET

// func mbColumns8(u, v *byte, stride int, limit, interior, hev uint8)
TEXT ·mbColumns8(SB), NOSPLIT, $0-27
	MOVQ u+0(FP), DX
	MOVQ v+8(FP), R8
	MOVQ stride+16(FP), CX
	SUBQ $4, DX
	SUBQ $4, R8
	STRIDES
	LOAD
	MB(limit+24(FP), interior+25(FP), hev+26(FP))
	STORE8
	VZEROUPPER
	RET

// func subColumns8(u, v *byte, stride int, limit, interior, hev uint8)
TEXT ·subColumns8(SB), NOSPLIT, $0-27
	MOVQ u+0(FP), DX
	MOVQ v+8(FP), R8
	MOVQ stride+16(FP), CX
	SUBQ $4, DX
	SUBQ $4, R8
	STRIDES
	LOAD
	SUB(limit+24(FP), interior+25(FP), hev+26(FP))
	STORE4
	VZEROUPPER
	RET
