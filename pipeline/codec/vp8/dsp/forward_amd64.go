//go:build amd64 && !purego

// The kernels of an encoder by assembly.

package dsp

//go:noescape
func forwardDCTAVX2(c *[16]int16, src *byte, srcStride int, pred *byte, predStride int)

//go:noescape
func forwardDCT4AVX2(c *[4][16]int16, src *byte, srcStride int, pred *byte, predStride int)

//go:noescape
func forwardDCT8AVX2(c *[4][16]int16, src *byte, srcStride int, pred *byte, predStride int)

//go:noescape
func forwardWHTAVX2(c *[16]int16, blocks *[16][16]int16)

//go:noescape
func quantiseAVX2(c, levels *[16]int16, ends *uint8, n int, q *Quantizer) uint8

//go:noescape
func predictSubblocksAVX2(to *SubblockPredictions, pix *byte, stride int, right *byte)

//go:noescape
func sadSubblocksAVX2(src *byte, stride int, pred *SubblockPredictions, sads *[SubblockModes]int)
