//go:build amd64 && !purego

package i420

import "testing"

// TestWithoutAVX2 has rows be worked on as on processors without it.
func TestWithoutAVX2(t *testing.T) {
	before := hasAVX2
	hasAVX2 = false
	defer func() { hasAVX2 = before }()
	for name, test := range map[string]func(*testing.T){"rows": TestRows, "scaling": TestScale, "blending": TestBlendIsExact} {
		t.Run(name, test)
	}
}
