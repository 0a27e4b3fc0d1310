package aac

import "testing"

// FuzzDecode gives the decoder a configuration and two frames, as they are in MP4
// and with their ADTS headers: whatever they are, each takes as long as a frame, and nothing breaks.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{0x12, 0x10}, []byte{0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c}, []byte{0x21})
	f.Add([]byte{0x11, 0xb0}, []byte{0xff, 0xf1, 0x50, 0x80, 0x01, 0x1f, 0xfc, 0xe0}, []byte{0xde, 0x04, 0, 0, 0, 0xe0})
	f.Fuzz(func(t *testing.T, config, a, b []byte) {
		c, err := ParseConfig(config)
		if err != nil {
			h, err := ParseADTS(config)
			if err != nil {
				return
			}
			c = h.Config
		}
		d, err := NewDecoder(c)
		if err != nil {
			t.Fatal(err)
		}
		var out []int16
		for _, frame := range [][]byte{a, b, a} {
			if h, err := ParseADTS(frame); err == nil {
				if h.Size >= h.Length || h.Config.Channels > maxChannels {
					t.Fatalf("%+v", h)
				}
				frame = frame[min(h.Size, len(frame)):]
			}
			out, _ = d.Decode(out[:0], frame)
			if len(out) != d.Samples() {
				t.Fatalf("%d samples, want %d", len(out), d.Samples())
			}
			if n := d.Config().Channels; n > maxChannels {
				t.Fatalf("%d channels", n)
			}
		}
	})
}
