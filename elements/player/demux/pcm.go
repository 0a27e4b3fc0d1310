package demux

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/rivero-media/rivero/pipeline/codec/g711"
	"github.com/rivero-media/rivero/pipeline/codec/pcm"
	"github.com/rivero-media/rivero/pipeline/media"
)

// Samples says how a file stores samples that are not compressed.
type Samples struct {
	Rate, Channels int
	Bits           int  // 8, 16, 24, 32, and 64 for Float
	Big            bool // big endian
	Float          bool
	Unsigned       bool
	Law            string // media.PCMU or media.PCMA: 8 bits of G.711
}

// Size is the number of bytes of one sample of all channels.
func (s Samples) Size() int { return s.Channels * s.Bits / 8 }

// PerFrame is how many samples of each channel are given out at a time: 20 ms.
func (s Samples) PerFrame() int { return max(s.Rate/50, 1) }

// layouts are what numbers of channels mean where a file does not say.
var layouts = [maxChannels + 1]pcm.Layout{
	1: pcm.Mono,
	2: pcm.Stereo,
	3: pcm.Stereo | pcm.FrontCenter,
	4: pcm.Stereo | pcm.BackLeft | pcm.BackRight,
	5: pcm.Stereo | pcm.FrontCenter | pcm.BackLeft | pcm.BackRight,
	6: pcm.Stereo | pcm.FrontCenter | pcm.LowFrequency | pcm.BackLeft | pcm.BackRight,
	7: pcm.Stereo | pcm.FrontCenter | pcm.LowFrequency | pcm.BackCenter | pcm.SideLeft | pcm.SideRight,
	8: pcm.Stereo | pcm.FrontCenter | pcm.LowFrequency | pcm.BackLeft | pcm.BackRight | pcm.SideLeft | pcm.SideRight,
}

// Converter turns stored samples into those of a pipeline: 16 bits, little endian, one or two channels.
type Converter struct {
	from   Samples
	asItIs bool
	mapper *pcm.Mapper // nil: the channels stay
	raw    []int16
	mapped []int16
	data   []byte
}

// NewConverter returns false for samples that cannot be played. G.711 as telephones have it stays what it is.
func NewConverter(from Samples) (*Converter, media.Format, bool) {
	c := &Converter{from: from}
	if from.Law != "" && from.Rate == 8000 && from.Channels == 1 {
		c.asItIs = true
		return c, Sound(from.Law, from.Rate, from.Channels), true
	}
	switch {
	case from.Channels < 1 || from.Channels > maxChannels:
		return nil, media.Format{}, false
	case from.Float && from.Bits != 32 && from.Bits != 64, !from.Float && (from.Bits < 8 || from.Bits > 32 || from.Bits%8 != 0):
		return nil, media.Format{}, false
	}
	if from.Channels > 2 {
		mapper, err := pcm.NewMapper(layouts[from.Channels], pcm.Stereo)
		if err != nil {
			return nil, media.Format{}, false
		}
		c.mapper = mapper
	}
	f := Sound(media.PCM, from.Rate, min(from.Channels, 2))
	return c, f, f.Codec != ""
}

// Convert returns what whole samples become; the result is valid until the next call.
func (c *Converter) Convert(data []byte) []byte {
	if c.asItIs {
		return data
	}
	c.read(data)
	samples := c.raw[:len(c.raw)/c.from.Channels*c.from.Channels]
	if c.mapper != nil {
		c.mapped = c.mapper.Map(c.mapped[:0], samples)
		samples = c.mapped
	}
	c.data = c.data[:0]
	for _, s := range samples {
		c.data = binary.LittleEndian.AppendUint16(c.data, uint16(s))
	}
	return c.data
}

// read makes c.raw of stored samples.
func (c *Converter) read(data []byte) {
	if c.from.Law != "" {
		c.raw = slices.Grow(c.raw[:0], len(data))[:len(data)]
		if c.from.Law == media.PCMU {
			g711.DecodeMuLaw(c.raw, data)
		} else {
			g711.DecodeALaw(c.raw, data)
		}
		return
	}
	bytes := c.from.Bits / 8
	c.raw = c.raw[:0]
	for ; len(data) >= bytes; data = data[bytes:] {
		c.raw = append(c.raw, c.sample(data[:bytes]))
	}
}

// sample takes the upper 16 bits of a stored sample.
func (c *Converter) sample(b []byte) int16 {
	if c.from.Float {
		return c.float(b)
	}
	high, low := b[len(b)-1], byte(0)
	if c.from.Big {
		high = b[0]
	}
	if len(b) > 1 {
		low = b[len(b)-2]
		if c.from.Big {
			low = b[1]
		}
	}
	if c.from.Unsigned {
		high ^= 0x80
	}
	return int16(uint16(high)<<8 | uint16(low))
}

func (c *Converter) float(b []byte) int16 {
	var order binary.ByteOrder = binary.LittleEndian
	if c.from.Big {
		order = binary.BigEndian
	}
	var v float64
	if len(b) == 8 {
		v = math.Float64frombits(order.Uint64(b))
	} else {
		v = float64(math.Float32frombits(order.Uint32(b)))
	}
	if v != v { // not a number
		return 0
	}
	return int16(max(min(math.Round(v*32768), 32767), -32768))
}
