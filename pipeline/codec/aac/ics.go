package aac

import (
	"errors"
	"fmt"
)

// Codebooks that are none (ISO/IEC 14496-3 table 4.116).
const (
	zeroBook      = 0
	escapeBook    = 11
	reservedBook  = 12
	noiseBook     = 13
	intensityNeg  = 14 // INTENSITY_HCB2: out of phase
	intensityBook = 15
)

// maxBands is the most scale factor bands of a window, and of all groups together.
const (
	maxBands  = 51
	maxGroups = 8
)

// icsInfo is ics_info (table 4.6): how the spectrum of a channel is laid out.
type icsInfo struct {
	sequence, shape int
	maxSFB          int
	bands           []int // of one window
	groups          int
	lengths         [maxGroups]int // windows of each group
}

func (c *icsInfo) windows() int {
	if c.sequence == eightShort {
		return 8
	}
	return 1
}

func (c *icsInfo) read(r *bitReader, rateIndex int) error {
	r.flag() // ics_reserved_bit
	*c = icsInfo{sequence: r.bits(2), shape: r.bits(1), groups: 1}
	c.lengths[0] = 1
	if c.sequence == eightShort {
		c.bands = shortBands[rateIndex]
		c.maxSFB = r.bits(4)
		grouping := r.bits(7)
		for i := 6; i >= 0; i-- {
			if grouping>>i&1 == 0 {
				c.groups++
			}
			c.lengths[c.groups-1]++
		}
	} else {
		c.bands = longBands[rateIndex]
		c.maxSFB = r.bits(6)
		if r.flag() {
			return errors.New("aac: prediction, which AAC LC does not have")
		}
	}
	if c.maxSFB > len(c.bands)-1 {
		return fmt.Errorf("aac: %d scale factor bands of %d", c.maxSFB, len(c.bands)-1)
	}
	return nil
}

// channel is what is decoded of one channel, and what stays for its next frame.
type channel struct {
	icsInfo
	book   [maxGroups][maxBands]uint8
	factor [maxGroups][maxBands]int16 // scale factor, intensity position or noise energy
	pulse  pulseData
	tns    tnsData

	quantized [frameSize]int16
	spectrum  [frameSize]float32
	overlap   [frameSize]float32
	lastShape int
}

// readStream reads an individual_channel_stream (table 4.50) up to the spectrum,
// which it leaves quantized. With a common window the info is already there.
func (c *channel) readStream(r *bitReader, rateIndex int, common bool) error {
	globalGain := r.bits(8)
	if !common {
		if err := c.icsInfo.read(r, rateIndex); err != nil {
			return err
		}
	}
	if err := c.readSections(r); err != nil {
		return err
	}
	if err := c.readScaleFactors(r, globalGain); err != nil {
		return err
	}
	c.pulse.count = 0
	if r.flag() {
		if err := c.pulse.read(r, &c.icsInfo); err != nil {
			return err
		}
	}
	c.tns.present = r.flag()
	if c.tns.present {
		if err := c.tns.read(r, &c.icsInfo); err != nil {
			return err
		}
	}
	if r.flag() {
		return errors.New("aac: gain control, which AAC LC does not have")
	}
	return c.readSpectrum(r)
}

// readSections reads section_data (table 4.52): runs of bands with the same codebook.
func (c *channel) readSections(r *bitReader) error {
	n := 5
	if c.sequence == eightShort {
		n = 3
	}
	escape := 1<<n - 1
	for g := range c.groups {
		for sfb := 0; sfb < c.maxSFB; {
			book := r.bits(4)
			if book == reservedBook {
				return errors.New("aac: codebook 12")
			}
			end := sfb
			for {
				length := r.bits(n)
				end += length
				if length != escape {
					break
				}
			}
			if end > c.maxSFB || r.overrun() {
				return errors.New("aac: a section of wrong length")
			}
			for ; sfb < end; sfb++ {
				c.book[g][sfb] = uint8(book)
			}
		}
	}
	return nil
}

// readScaleFactors reads scale_factor_data (table 4.53). Scale factors, intensity
// positions and noise energies are differences, each from the last of its kind.
func (c *channel) readScaleFactors(r *bitReader, globalGain int) error {
	factor, position, noise := globalGain, 0, globalGain-90
	firstNoise := true
	for g := range c.groups {
		for sfb := range c.maxSFB {
			var value *int
			switch c.book[g][sfb] {
			case zeroBook:
				continue
			case intensityBook, intensityNeg:
				value = &position
			case noiseBook:
				value = &noise
				if firstNoise { // a plain number (§4.6.13.3)
					firstNoise = false
					noise += r.bits(9) - 256
					c.factor[g][sfb] = int16(noise)
					continue
				}
			default:
				value = &factor
			}
			number, err := scaleFactors.read(r)
			if err != nil {
				return err
			}
			*value += int(scaleFactorBook.values[number]) - 60
			if value == &factor && (factor < 0 || factor > 255) {
				return fmt.Errorf("aac: scale factor %d", factor)
			}
			if *value < -1000 || *value > 1000 {
				return fmt.Errorf("aac: noise or intensity %d", *value)
			}
			c.factor[g][sfb] = int16(*value)
		}
	}
	return nil
}

// pulseData is pulse_data (table 4.7): lines that stand out, coded apart.
type pulseData struct {
	count, start    int
	offsets, levels [4]int
}

func (p *pulseData) read(r *bitReader, info *icsInfo) error {
	if info.sequence == eightShort {
		return errors.New("aac: pulses in short windows")
	}
	p.count = r.bits(2) + 1
	band := r.bits(6)
	if band >= len(info.bands)-1 {
		return fmt.Errorf("aac: pulses from band %d on", band)
	}
	p.start = info.bands[band]
	for i := range p.count {
		p.offsets[i], p.levels[i] = r.bits(5), r.bits(4)
	}
	return nil
}

// apply adds the pulses to the quantized lines (§4.6.3.3).
func (p *pulseData) apply(quantized *[frameSize]int16) {
	line := p.start
	for i := range p.count {
		line += p.offsets[i]
		if line >= frameSize {
			return
		}
		if quantized[line] > 0 {
			quantized[line] += int16(p.levels[i])
		} else {
			quantized[line] -= int16(p.levels[i])
		}
	}
}
