package rtp

import (
	"testing"

	"github.com/pion/rtp/codecs"

	"github.com/rivero-media/rivero/pipeline/media"
)

func TestPictureNumbers(t *testing.T) {
	tests := []struct {
		name, codec string
		payload     []byte
		want        PictureNumbers
		ok          bool
	}{
		{"VP8", media.VP8, []byte{0x90, 0xc0, 0x81, 0x02, 9, 1}, PictureNumbers{IDAt: 2, Wide: true, ID: 0x102, TL0At: 4, TL0: 9}, true},
		{"VP9", media.VP9, []byte{0xac, 0x81, 0x02, 0, 9, 1}, PictureNumbers{IDAt: 1, Wide: true, ID: 0x102, TL0At: 4, TL0: 9}, true},
		{"VP9, 7 bits", media.VP9, []byte{0xac, 0x71, 0, 9, 1}, PictureNumbers{IDAt: 1, ID: 0x71, TL0At: 3, TL0: 9}, true},
		{"VP9, flexible", media.VP9, []byte{0xbc, 0x71, 0, 1}, PictureNumbers{IDAt: 1, ID: 0x71}, true},
		{"VP9, no numbers", media.VP9, []byte{0x0c, 1}, PictureNumbers{}, true},
		{"H264", media.H264, []byte{0xac, 0x71, 0, 9, 1}, PictureNumbers{}, false},
	}
	for _, tt := range tests {
		if got, ok := ParsePictureNumbers(tt.codec, tt.payload); got != tt.want || ok != tt.ok {
			t.Errorf("%s: %+v %v, want %+v", tt.name, got, ok, tt.want)
		}
	}
	if _, ok := ParsePictureNumbers(media.VP9, []byte{0xac, 0x81}); ok {
		t.Error("numbers of a descriptor that is cut off")
	}
}

// FuzzVP9PictureNumbers compares with another parser.
func FuzzVP9PictureNumbers(f *testing.F) {
	f.Add([]byte{0xac, 0x81, 0x02, 0, 9, 1})
	f.Add([]byte{0xac, 0x71, 0, 9, 1})
	f.Add([]byte{0xfc, 0x71, 0, 3, 2, 1})
	f.Add([]byte{0x8e, 0x10, 0x18, 1, 2, 3, 4, 1, 0x04, 9, 0x82})
	f.Fuzz(func(t *testing.T, b []byte) {
		n, ok := ParsePictureNumbers(media.VP9, b)
		if n.IDAt >= len(b) && n.IDAt > 0 && ok || n.TL0At >= len(b) && ok {
			t.Fatalf("numbers %+v of %d bytes", n, len(b))
		}
		var p codecs.VP9Packet
		if _, err := p.Unmarshal(b); err != nil || !ok {
			return
		}
		if p.I != (n.IDAt != 0) || p.PictureID != n.ID || (p.L && !p.F) != (n.TL0At != 0) || p.TL0PICIDX != n.TL0 {
			t.Errorf("%+v of % x, want %+v", n, b, p)
		}
	})
}
