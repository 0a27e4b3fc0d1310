//go:build !amd64 || purego

package pcm

func dot(a, b []float32) float32 { return plainDot(a, b) }
