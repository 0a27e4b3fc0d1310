package h264

import (
	"errors"
	"strings"
	"testing"
)

// TestRefused decodes streams of kinds that the package does not do: each access unit says why.
func TestRefused(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"lossless", append([]string{"-profile:v", "high444"}, x264("qp=0")...), "lossless"},
		{"4:4:4", []string{"-pix_fmt", "yuv444p", "-profile:v", "high444"}, "chroma_format_idc 3"},
		{"4:2:2", []string{"-pix_fmt", "yuv422p", "-profile:v", "high422"}, "chroma_format_idc 2"},
		{"10 bits", []string{"-pix_fmt", "yuv420p10le", "-profile:v", "high10"}, "bit depth 10"},
		{"interlaced", x264("tff=1 interlaced=1"), "mb_adaptive_frame_field_flag 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var d Decoder
			for i, unit := range readUnits(t, encode(t, "64x64", 3, tt.args...)) {
				if err := d.Decode(unit, 0); !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("access unit %d: %v, want %q", i, err, tt.want)
				}
				if d.Next() != nil {
					t.Error("a picture")
				}
			}
		})
	}
}
