//go:build amd64 && !purego

package pcm

// dot is plainDot by assembly, which needs nothing that an amd64 processor may lack.
func dot(a, b []float32) float32 {
	units := len(a) / tapsUnit
	if units == 0 {
		return 0
	}
	_ = b[units*tapsUnit-1]
	return dotSSE(&a[0], &b[0], units)
}

//go:noescape
func dotSSE(a, b *float32, units int) float32
