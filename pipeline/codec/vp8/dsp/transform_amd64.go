//go:build amd64 && !purego

// Inverse DCT and TrueMotion by assembly.

package dsp

//go:noescape
func idctAddAVX2(c *[16]int16, pix *byte, stride int)

//go:noescape
func dcAddAVX2(dc int16, pix *byte, stride int)

//go:noescape
func dcAdd4AVX2(c *[4][16]int16, pix *byte, stride int)

//go:noescape
func predictTM16(pix *byte, stride int)

//go:noescape
func predictTM8(pix *byte, stride int)
