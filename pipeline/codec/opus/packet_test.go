package opus

import (
	"testing"
	"time"
)

func TestDuration(t *testing.T) {
	tests := []struct {
		name   string
		packet []byte
		want   time.Duration
	}{
		{"empty", nil, 0},
		{"SILK 60 ms", []byte{3 << 3}, 60 * time.Millisecond},
		{"hybrid 10 ms", []byte{14 << 3}, 10 * time.Millisecond},
		{"hybrid 20 ms", []byte{15 << 3}, 20 * time.Millisecond},
		{"CELT 2.5 ms", []byte{16 << 3}, 2500 * time.Microsecond},
		{"CELT 20 ms stereo", []byte{31<<3 | 4}, 20 * time.Millisecond},
		{"two frames", []byte{31<<3 | 1}, 40 * time.Millisecond},
		{"two frames of different size", []byte{31<<3 | 2}, 40 * time.Millisecond},
		{"three frames", []byte{31<<3 | 3, 3}, 60 * time.Millisecond},
		{"count is missing", []byte{31<<3 | 3}, 0},
		{"more than 120 ms", []byte{3<<3 | 3, 3}, 0},
	}
	for _, tt := range tests {
		if got := Duration(tt.packet); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestHead(t *testing.T) {
	const want = "OpusHead\x01\x02\x00\x00\x80\xbb\x00\x00\x00\x00\x00"
	if got := string(Head(2)); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func FuzzDuration(f *testing.F) {
	f.Add([]byte{31<<3 | 3, 3})
	f.Fuzz(func(t *testing.T, packet []byte) {
		if d := Duration(packet); d < 0 || d > 120*time.Millisecond {
			t.Errorf("%v", d)
		}
	})
}
