package aac

import (
	"errors"
	"fmt"
)

// Audio object types (ISO/IEC 14496-3 table 1.17) that this package knows.
const (
	objectLC  = 2
	objectSBR = 5
	objectPS  = 29
)

// objectTypes are names for the error when another type is asked for.
var objectTypes = map[int]string{
	1: "AAC Main", 3: "AAC SSR", 4: "AAC LTP", 6: "AAC Scalable", 7: "TwinVQ", 8: "CELP", 9: "HVXC",
	17: "ER AAC LC", 19: "ER AAC LTP", 20: "ER AAC Scalable", 22: "ER BSAC", 23: "ER AAC LD",
	32: "Layer-1", 33: "Layer-2", 34: "Layer-3", 36: "ALS", 37: "SLS", 39: "ER AAC ELD", 42: "USAC",
}

// errTruncated is for what ends before its syntax does.
var errTruncated = errors.New("aac: truncated")

// Config is what a stream is, as its AudioSpecificConfig or ADTS headers say.
type Config struct {
	SampleRate int // in Hz; of the core when there is spectral band replication
	Channels   int // 0 if only a program config element in the stream will tell
	// ChannelMask is the set of loudspeakers as in WAVE's dwChannelMask; samples
	// are in the order of its bits.
	ChannelMask uint32
	// SBR tells that the stream has spectral band replication: it sounds dull
	// without, and its extended rate is twice SampleRate.
	SBR bool

	rateIndex int
	channels  int // channelConfiguration
	slots     []slot
}

// ParseConfig reads an AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1). HE-AAC is
// taken as its core, AAC-LC at half the rate; every other object type is an
// error that names it.
func ParseConfig(b []byte) (Config, error) {
	r := bitReader{data: b}
	object := readObjectType(&r)
	var c Config
	rate := c.readRate(&r)
	c.channels = r.bits(4)
	if object == objectSBR || object == objectPS {
		c.SBR = true
		new(Config).readRate(&r) // extensionSamplingFrequency
		object = readObjectType(&r)
	}
	if r.overrun() {
		return Config{}, errTruncated
	}
	if object != objectLC {
		name, ok := objectTypes[object]
		if !ok {
			name = "unknown"
		}
		return Config{}, fmt.Errorf("aac: audio object type %d (%s) is not AAC LC", object, name)
	}
	if rate != nil {
		return Config{}, rate
	}

	// GASpecificConfig (§4.4.1).
	if r.flag() {
		return Config{}, errors.New("aac: frames of 960 samples")
	}
	if r.flag() { // dependsOnCoreCoder
		r.bits(14)
	}
	r.flag() // extensionFlag: nothing follows for this object type
	if c.channels == 0 {
		p, err := readProgramConfig(&r)
		if err != nil {
			return Config{}, err
		}
		c.slots = p
	}
	if r.overrun() {
		return Config{}, errTruncated
	}
	return c.finish()
}

// finish derives the channels from channelConfiguration or from the program.
func (c Config) finish() (Config, error) {
	if c.channels >= len(channelConfigurations) {
		return Config{}, fmt.Errorf("aac: channel configuration %d", c.channels)
	}
	if c.channels > 0 {
		c.slots = channelConfigurations[c.channels]
	}
	for _, s := range c.slots {
		c.ChannelMask |= s.first | s.second
	}
	c.Channels = channelsOf(c.ChannelMask)
	return c, nil
}

func readObjectType(r *bitReader) int {
	if object := r.bits(5); object != 31 {
		return object
	}
	return 32 + r.bits(6)
}

// readRate reads a samplingFrequencyIndex or the frequency itself, for which the
// tables of the nearest index hold (§4.5.1.1 table 4.82).
func (c *Config) readRate(r *bitReader) error {
	c.rateIndex = r.bits(4)
	if c.rateIndex < len(sampleRates) {
		c.SampleRate = sampleRates[c.rateIndex]
		return nil
	}
	if c.rateIndex != 15 {
		return fmt.Errorf("aac: sampling frequency index %d", c.rateIndex)
	}
	c.SampleRate = r.bits(24)
	if c.SampleRate < 7350 || c.SampleRate > 96000 {
		return fmt.Errorf("aac: sampling frequency %d", c.SampleRate)
	}
	borders := [...]int{92017, 75132, 55426, 46009, 37566, 27713, 23004, 18783, 13856, 11502, 9391}
	c.rateIndex = 0
	for c.rateIndex < len(borders) && c.SampleRate < borders[c.rateIndex] {
		c.rateIndex++
	}
	return nil
}
