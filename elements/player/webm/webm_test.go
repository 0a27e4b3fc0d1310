package webm

import (
	"testing"

	"github.com/rivero-media/rivero/pipeline/media"
)

func TestVP9Profile(t *testing.T) {
	for _, tt := range []struct {
		private []byte
		want    string
	}{
		{nil, ""},
		{[]byte{1, 1, 0}, ""},
		{[]byte{1, 1, 2}, "profile-id=2"},
		{[]byte{2, 1, 31, 1, 1, 1}, "profile-id=1"},
		{[]byte{1, 200, 2}, ""},
		{[]byte{1}, ""},
	} {
		f, ok := Track{Codec: media.VP9, Kind: media.Video, Private: tt.private}.Format()
		if !ok || f.Params != tt.want {
			t.Errorf("% x: %q, want %q", tt.private, f.Params, tt.want)
		}
	}
}
