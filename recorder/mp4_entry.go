package recorder

import (
	"encoding/binary"

	"github.com/rivero-media/rivero/pipeline/media"
)

// entry appends the sample entry of a track, which tells a decoder what it needs to know. Frames of H264 keep their
// parameter sets in band as well, so that a later change of size or source needs no other entry.
func (w *boxes) entry(t *Track) {
	switch t.Format.Codec {
	case media.H264:
		w.visual("avc1", t, func() { w.box("avcC", func() { w.u8(t.Private...) }) })
	case media.AV1:
		w.visual("av01", t, func() { w.box("av1C", func() { w.u8(t.Private...) }) })
	case media.VP9:
		w.visual("vp09", t, func() { w.full("vpcC", 1, 0, func() { w.vp9(t) }) })
	case media.AAC:
		w.audio("mp4a", t, func() { w.full("esds", 0, 0, func() { w.aac(t) }) })
	case media.Opus:
		w.audio("Opus", t, func() { w.box("dOps", func() { w.opus(t) }) })
	}
}

// visual is a VisualSampleEntry (ISO/IEC 14496-12 §12.1.3).
func (w *boxes) visual(name string, t *Track, config func()) {
	w.box(name, func() {
		w.zeros(6)
		w.u16(1) // data reference
		w.zeros(16)
		w.u16(t.Width)
		w.u16(t.Height)
		w.u32(72 << 16) // dots per inch
		w.u32(72 << 16)
		w.zeros(4)
		w.u16(1)    // frame per sample
		w.zeros(32) // name of the compressor
		w.u16(24)   // depth
		w.u16(-1)
		config()
	})
}

// audio is an AudioSampleEntry (ISO/IEC 14496-12 §12.2.3).
func (w *boxes) audio(name string, t *Track, config func()) {
	w.box(name, func() {
		w.zeros(6)
		w.u16(1) // data reference
		w.zeros(8)
		w.u16(int(t.Format.Channels))
		w.u16(16) // bits per sample
		w.zeros(4)
		w.u32(uint32(t.rate()) << 16)
		config()
	})
}

// vp9Levels are the pictures of up to so many pixels that a level allows (VP9 levels, table A.1); the rest is 6.
var vp9Levels = []struct {
	pixels int
	level  byte
}{{36864, 10}, {73728, 11}, {122880, 20}, {245760, 21}, {552960, 30}, {983040, 31}, {2228224, 40}, {8912896, 50}}

// vp9 is the VPCodecConfigurationRecord (VP Codec ISO Media File Format Binding §2.2).
func (w *boxes) vp9(t *Track) {
	const unspecified = 2 // colours, transfer characteristics and matrix (ISO/IEC 23091-4)
	level := byte(60)
	for _, l := range vp9Levels {
		if t.Width*t.Height <= l.pixels {
			level = l.level
			break
		}
	}
	profile := vp9Profile(t.Format.Params)
	depth, chroma := byte(8), byte(1) // 4:2:0, colocated
	if profile >= 2 {
		depth = 10
	}
	if profile&1 == 1 {
		chroma = 3 // 4:4:4
	}
	w.u8(profile, level, depth<<4|chroma<<1, unspecified, unspecified, unspecified)
	w.u16(0) // no initialization data
}

// vp9Profile reads "profile-id=1"; profile 0 goes without saying.
func vp9Profile(params string) byte {
	const longest = len("profile-id=0")
	if len(params) != longest {
		return 0
	}
	return (params[longest-1] - '0') & 3
}

// opus is the OpusSpecificBox (Encapsulation of Opus in ISO BMFF §4.3.2): OpusHead in the other byte order.
func (w *boxes) opus(t *Track) {
	head := t.Private[len("OpusHead"):]
	w.u8(0, head[1]) // version, channels
	w.u16(int(binary.LittleEndian.Uint16(head[2:])))
	w.u32(binary.LittleEndian.Uint32(head[4:]))
	w.zeros(3) // gain, channel mapping family 0
}

// aac is an ES_Descriptor (ISO/IEC 14496-1 §7.2.6.5) around the AudioSpecificConfig.
func (w *boxes) aac(t *Track) {
	n := len(t.Private)
	w.u8(0x03, byte(3+2+13+2+n+3)) // ES_Descriptor
	w.u16(0)                       // ES_ID
	w.u8(0)
	w.u8(0x04, byte(13+2+n)) // DecoderConfigDescriptor
	w.u8(0x40, 0x15)         // MPEG-4 audio, an audio stream
	w.zeros(3 + 4 + 4)       // buffer size, bitrates: not known
	w.u8(0x05, byte(n))      // DecoderSpecificInfo
	w.u8(t.Private...)
	w.u8(0x06, 1, 2) // SLConfigDescriptor: MP4
}
