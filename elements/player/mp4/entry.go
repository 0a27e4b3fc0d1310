package mp4

import (
	"bytes"
	"math"

	"github.com/rivero-media/rivero/elements/player/demux"
	"github.com/rivero-media/rivero/pipeline/media"
)

// coding turns samples of a track into frames; the result is valid until the next call.
type coding interface {
	Frame(sample []byte, key bool) ([]byte, error)
}

// asItIs is for codecs whose samples are frames.
type asItIs struct{}

func (asItIs) Frame(sample []byte, _ bool) ([]byte, error) { return sample, nil }

// samples is for sound that is not compressed.
type samples struct {
	from demux.Samples
	*demux.Converter
}

func (s *samples) Frame(data []byte, _ bool) ([]byte, error) { return s.Convert(data), nil }

// entry is a sample entry.
type entry struct {
	kind string
	f    fields // what follows the fields that all entries have (§8.5.2)
}

// describe reads the first sample entry of a track. A track with several, or of a codec that is not known, has no format.
func describe(t *track) (coding, demux.Track) {
	info := t.info
	f := fields{data: t.description}
	f.full()
	if f.u32() != 1 {
		return asItIs{}, info
	}
	var e entry
	_ = children(f.data, func(kind string, data []byte) error { // what is malformed stays unknown
		e = entry{kind, fields{data: data}}
		return nil
	})
	e.f.skip(8) // reserved, data reference
	switch t.handler {
	case "vide":
		return e.video(info)
	case "soun":
		return e.sound(info)
	}
	return asItIs{}, info
}

// video reads a VisualSampleEntry (§12.1.3).
func (e entry) video(info demux.Track) (coding, demux.Track) {
	e.f.skip(16)
	info.Width, info.Height = int(e.f.u16()), int(e.f.u16())
	e.f.skip(50)
	config := map[string][]byte{}
	_ = children(e.f.data, func(kind string, data []byte) error { config[kind] = data; return nil })
	switch e.kind {
	case "avc1", "avc3":
		if n, err := demux.NewAVC(config["avcC"]); err == nil {
			info.Format = n.Format()
			return n, info
		}
	case "hvc1", "hev1":
		if n, err := demux.NewHEVC(config["hvcC"]); err == nil {
			info.Format = n.Format()
			return n, info
		}
	case "av01":
		info.Format = demux.Video(media.AV1)
		return demux.NewAV1(config["av1C"]), info
	case "vp08":
		info.Format = demux.Video(media.VP8)
	case "vp09":
		info.Format = demux.VP9(vp9Profile(config["vpcC"]))
	}
	return asItIs{}, info
}

// vp9Profile reads a VPCodecConfigurationBox (VP Codec ISO Media File Format Binding §2.2), whose first field after version and
// flags is the profile.
func vp9Profile(vpcC []byte) int {
	if len(vpcC) < 5 {
		return 0
	}
	return int(vpcC[4])
}

// sound reads an AudioSampleEntry (§12.2.3), or one of QuickTime's versions 1 and 2 (QuickTime File Format, "Sound Sample
// Descriptions").
func (e entry) sound(info demux.Track) (coding, demux.Track) {
	version := e.f.u16()
	e.f.skip(6)
	s := demux.Samples{Channels: int(e.f.u16()), Bits: int(e.f.u16())}
	e.f.skip(4)
	s.Rate = int(e.f.u32() >> 16)
	flags := uint32(0) // of lpcm
	switch version {
	case 1:
		e.f.skip(16)
	case 2:
		e.f.skip(4)
		s.Rate = int(min(max(math.Float64frombits(e.f.u64()), 0), math.MaxInt32))
		s.Channels = int(e.f.u32())
		e.f.skip(4)
		s.Bits, flags = int(e.f.u32()), e.f.u32()
		e.f.skip(8)
	}
	config := map[string][]byte{}
	_ = children(e.f.data, func(kind string, data []byte) error {
		config[kind] = data
		if kind == "wave" { // QuickTime has the configuration in there
			return children(data, func(kind string, data []byte) error { config[kind] = data; return nil })
		}
		return nil
	})
	switch e.kind {
	case "mp4a":
		info.Format = parseESDS(config["esds"], s.Rate, s.Channels)
	case ".mp3", "ms\x00\x55":
		info.Format = demux.Sound(media.MP3, s.Rate, s.Channels)
	case "Opus":
		info.Format = demux.Opus()
	default:
		return e.uncompressed(s, flags, config, info)
	}
	return asItIs{}, info
}

// uncompressed knows the kinds of QuickTime and those of ISO/IEC 23003-5.
func (e entry) uncompressed(s demux.Samples, flags uint32, config map[string][]byte, info demux.Track) (coding, demux.Track) {
	const isFloat, isBig, isSigned = 1, 2, 4 // of lpcm (CoreAudioTypes, AudioFormatFlags)
	little := len(config["enda"]) >= 2 && config["enda"][1] == 1
	switch e.kind {
	case "ulaw":
		s.Bits, s.Law = 8, media.PCMU
	case "alaw":
		s.Bits, s.Law = 8, media.PCMA
	case "sowt":
	case "twos":
		s.Big = true
	case "raw ":
		s.Big, s.Unsigned = true, s.Bits == 8
	case "in24":
		s.Bits, s.Big = 24, !little
	case "in32":
		s.Bits, s.Big = 32, !little
	case "fl32":
		s.Bits, s.Float, s.Big = 32, true, !little
	case "fl64":
		s.Bits, s.Float, s.Big = 64, true, !little
	case "lpcm":
		s.Float, s.Big, s.Unsigned = flags&isFloat != 0, flags&isBig != 0, flags&(isFloat|isSigned) == 0
	case "ipcm", "fpcm":
		c := config["pcmC"]
		if len(c) < 6 {
			return asItIs{}, info
		}
		s.Float, s.Big, s.Bits = e.kind == "fpcm", c[4]&1 == 0, int(c[5])
	default:
		return asItIs{}, info
	}
	conv, format, ok := demux.NewConverter(s)
	if !ok {
		return asItIs{}, info
	}
	info.Format = format
	return &samples{s, conv}, info
}

// Tags of the descriptors in an esds box, and object types (ISO/IEC 14496-1 §7.2.6).
const (
	tagES, tagConfig, tagSpecific = 3, 4, 5

	objectAAC                   = 0x40
	objectAACMain, objectAACSSR = 0x66, 0x68 // of MPEG-2
	objectMP3Lower, objectMP3   = 0x69, 0x6b
)

// parseESDS reads an ES_Descriptor.
func parseESDS(esds []byte, rate, channels int) media.Format {
	if len(esds) < 4 {
		return media.Format{}
	}
	tag, body, _ := descriptor(esds[4:])
	if tag != tagES || len(body) < 3 {
		return media.Format{}
	}
	flags, body := body[2], body[3:]
	skip := 0
	if flags&0x80 != 0 {
		skip += 2
	}
	if flags&0x40 != 0 && len(body) > skip {
		skip += 1 + int(body[skip])
	}
	if flags&0x20 != 0 {
		skip += 2
	}
	if skip > len(body) {
		return media.Format{}
	}
	tag, body, _ = descriptor(body[skip:])
	if tag != tagConfig || len(body) < 13 {
		return media.Format{}
	}
	object := body[0]
	tag, specific, _ := descriptor(body[13:])
	switch {
	case object == objectMP3 || object == objectMP3Lower:
		return demux.Sound(media.MP3, rate, channels)
	case (object == objectAAC || object >= objectAACMain && object <= objectAACSSR) && tag == tagSpecific:
		return demux.AAC(bytes.Clone(specific), rate, channels)
	}
	return media.Format{}
}

// descriptor splits the first descriptor off: a tag, and a size of up to four bytes with seven bits each.
func descriptor(b []byte) (tag byte, body, rest []byte) {
	if len(b) == 0 {
		return 0, nil, nil
	}
	tag, b = b[0], b[1:]
	size := 0
	for i := 0; i < 4 && len(b) > 0; i++ {
		c := b[0]
		b = b[1:]
		size = size<<7 | int(c&0x7f)
		if c&0x80 == 0 {
			break
		}
	}
	size = min(size, len(b))
	return tag, b[:size], b[size:]
}
