//go:build amd64 && !purego

package dsp

import "testing"

// TestWithoutAVX2 has the kernels do what they do on processors without it.
func TestWithoutAVX2(t *testing.T) {
	before := hasAVX2
	hasAVX2 = false
	defer func() { hasAVX2 = before }()
	for name, test := range map[string]func(*testing.T){
		"forward": TestForwardDCTs, "quantise": TestQuantise, "moments": TestMoments, "subblocks": TestSubblocks,
		"filters": TestFilters, "interpolation": TestInterpolation, "transforms": TestTransforms, "TM": TestPredictTM, "copy": TestCopy,
	} {
		t.Run(name, test)
	}
}
