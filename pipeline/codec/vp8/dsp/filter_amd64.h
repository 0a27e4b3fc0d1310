// What the loop filters have in common: constants, and macros for sixteen
// pixels along an edge at once. Pixels across the edge are in X0 to X7, from
// p3 to q3 of RFC 6386 §15.

// X = |a - b|
#define ABSDIFF(a, b, x, tmp) \
	VPSUBUSB b, a, x; \
	VPSUBUSB a, b, tmp; \
	VPOR     tmp, x, x

// x >>= 3, signed bytes.
#define SHIFT3(x) \
	VPSRLW $3, x, x; \
	VPAND  k1f<>(SB), x, x; \
	VPXOR  k10<>(SB), x, x; \
	VPSUBB k10<>(SB), x, x

// X10 = how much |p0-q0|*2 + |p1-q1|/2 is above the limit.
#define OVERLIMIT(limit) \
	ABSDIFF(X3, X4, X10, X9); \
	VPADDUSB     X10, X10, X10; \
	ABSDIFF(X2, X5, X12, X9); \
	VPSRLW       $1, X12, X12; \
	VPAND        k7f<>(SB), X12, X12; \
	VPADDUSB     X12, X10, X10; \
	VPBROADCASTB limit, X12; \
	VPSUBUSB     X12, X10, X10

// X11 = pixels to filter, X8 = those without high edge variance.
#define MASK(limit, interior, hev) \
	ABSDIFF(X2, X3, X8, X9); \
	ABSDIFF(X5, X4, X10, X9); \
	VPMAXUB      X10, X8, X8; \
	ABSDIFF(X0, X1, X11, X9); \
	VPMAXUB      X8, X11, X11; \
	ABSDIFF(X1, X2, X10, X9); \
	VPMAXUB      X10, X11, X11; \
	ABSDIFF(X6, X5, X10, X9); \
	VPMAXUB      X10, X11, X11; \
	ABSDIFF(X7, X6, X10, X9); \
	VPMAXUB      X10, X11, X11; \
	VPBROADCASTB interior, X12; \
	VPSUBUSB     X12, X11, X11; \
	OVERLIMIT(limit); \
	VPOR         X10, X11, X11; \
	VPXOR        X13, X13, X13; \
	VPCMPEQB     X13, X11, X11; \
	VPBROADCASTB hev, X12; \
	VPSUBUSB     X12, X8, X8; \
	VPCMPEQB     X13, X8, X8

// Pixels to signed values and back.
#define FLIP(x) VPXOR k80<>(SB), x, x

#define FLIP4 \
	FLIP(X2); \
	FLIP(X3); \
	FLIP(X4); \
	FLIP(X5)

// X9 += 3 * (q0 - p0), where X11 allows.
#define ADD3 \
	VPSUBSB X3, X4, X10; \
	VPADDSB X10, X9, X9; \
	VPADDSB X10, X9, X9; \
	VPADDSB X10, X9, X9; \
	VPAND   X11, X9, X9

// q0 -= X10 = (x+4)>>3, p0 += x = (x+3)>>3
#define ADJUST(x) \
	VPADDSB k04<>(SB), x, X10; \
	VPADDSB k03<>(SB), x, x; \
	SHIFT3(X10); \
	SHIFT3(x); \
	VPSUBSB X10, X4, X4; \
	VPADDSB x, X3, X3

// The simple filter.
#define SIMPLE(limit) \
	OVERLIMIT(limit); \
	VPXOR    X13, X13, X13; \
	VPCMPEQB X13, X10, X11; \
	FLIP4; \
	VPSUBSB  X5, X2, X9; \
	ADD3; \
	ADJUST(X9); \
	FLIP4

// The normal filter of subblock edges.
#define SUB(limit, interior, hev) \
	MASK(limit, interior, hev); \
	FLIP4; \
	VPSUBSB X5, X2, X9; \
	VPANDN  X9, X8, X9; \
	ADD3; \
	ADJUST(X9); \
	FLIP(X10); \
	VPAVGB  k80<>(SB), X10, X10; \
	FLIP(X10); \
	VPAND   X8, X10, X10; \
	VPSUBSB X10, X5, X5; \
	VPADDSB X10, X2, X2; \
	FLIP4

// y >>= 7, and the sixteen words as bytes in x.
#define NARROW(x, y) \
	VPSRAW       $7, y, y; \
	VEXTRACTI128 $1, y, X13; \
	VPACKSSWB    X13, x, x

// The normal filter of macroblock edges.
#define MB(limit, interior, hev) \
	MASK(limit, interior, hev); \
	FLIP4; \
	FLIP(X1); \
	FLIP(X6); \
	VPSUBSB   X5, X2, X9; \
	ADD3; \
	VPANDN    X9, X8, X12; \
	VPAND     X8, X9, X9; \
	ADJUST(X12); \
	VPMOVSXBW X9, Y9; \
	VPMULLW   w9<>(SB), Y9, Y9; \
	VPADDW    w63<>(SB), Y9, Y10; \
	VPADDW    Y9, Y10, Y11; \
	VPADDW    Y9, Y11, Y12; \
	NARROW(X10, Y10); \
	NARROW(X11, Y11); \
	NARROW(X12, Y12); \
	VPSUBSB   X12, X4, X4; \
	VPADDSB   X12, X3, X3; \
	VPSUBSB   X11, X5, X5; \
	VPADDSB   X11, X2, X2; \
	VPSUBSB   X10, X6, X6; \
	VPADDSB   X10, X1, X1; \
	FLIP4; \
	FLIP(X1); \
	FLIP(X6)

DATA k80<>+0(SB)/8, $0x8080808080808080
DATA k80<>+8(SB)/8, $0x8080808080808080
GLOBL k80<>(SB), RODATA|NOPTR, $16
DATA k7f<>+0(SB)/8, $0x7f7f7f7f7f7f7f7f
DATA k7f<>+8(SB)/8, $0x7f7f7f7f7f7f7f7f
GLOBL k7f<>(SB), RODATA|NOPTR, $16
DATA k1f<>+0(SB)/8, $0x1f1f1f1f1f1f1f1f
DATA k1f<>+8(SB)/8, $0x1f1f1f1f1f1f1f1f
GLOBL k1f<>(SB), RODATA|NOPTR, $16
DATA k10<>+0(SB)/8, $0x1010101010101010
DATA k10<>+8(SB)/8, $0x1010101010101010
GLOBL k10<>(SB), RODATA|NOPTR, $16
DATA k04<>+0(SB)/8, $0x0404040404040404
DATA k04<>+8(SB)/8, $0x0404040404040404
GLOBL k04<>(SB), RODATA|NOPTR, $16
DATA k03<>+0(SB)/8, $0x0303030303030303
DATA k03<>+8(SB)/8, $0x0303030303030303
GLOBL k03<>(SB), RODATA|NOPTR, $16
DATA w9<>+0(SB)/8, $0x0009000900090009
DATA w9<>+8(SB)/8, $0x0009000900090009
DATA w9<>+16(SB)/8, $0x0009000900090009
DATA w9<>+24(SB)/8, $0x0009000900090009
GLOBL w9<>(SB), RODATA|NOPTR, $32
DATA w63<>+0(SB)/8, $0x003f003f003f003f
DATA w63<>+8(SB)/8, $0x003f003f003f003f
DATA w63<>+16(SB)/8, $0x003f003f003f003f
DATA w63<>+24(SB)/8, $0x003f003f003f003f
GLOBL w63<>(SB), RODATA|NOPTR, $32
