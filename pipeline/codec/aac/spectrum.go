package aac

import (
	"errors"
	"math"
)

// maxQuantized is the largest absolute value of a line (ISO/IEC 14496-3 §4.6.3.3).
const maxQuantized = 8191

var (
	powers = func() (p [maxQuantized + 1]float32) { // q^(4/3)
		for i := range p {
			p[i] = float32(math.Pow(float64(i), 4.0/3))
		}
		return p
	}()
	gains = func() (g [256]float32) { // 2^((scale factor-100)/4), §4.6.2.3.3
		for i := range g {
			g[i] = float32(math.Pow(2, float64(i-100)/4))
		}
		return g
	}()
)

// readSpectrum reads spectral_data (table 4.56). In a group the windows of a band
// follow each other; here every window has its lines together.
func (c *channel) readSpectrum(r *bitReader) error {
	clear(c.quantized[:])
	window := 0
	for g := range c.groups {
		for sfb := range c.maxSFB {
			number := c.book[g][sfb]
			if number == zeroBook || number > escapeBook {
				continue
			}
			for w := range c.lengths[g] {
				offset := (window + w) * shortSize
				if err := readBand(r, int(number), c.quantized[offset+c.bands[sfb]:offset+c.bands[sfb+1]]); err != nil {
					return err
				}
			}
		}
		window += c.lengths[g]
	}
	if r.overrun() {
		return errTruncated
	}
	c.pulse.apply(&c.quantized)
	return nil
}

// readBand reads the lines of one band of one window.
func readBand(r *bitReader, number int, lines []int16) error {
	b := books[number]
	for len(lines) >= b.dimension {
		word, err := b.read(r)
		if err != nil {
			return err
		}
		values := &b.values[word]
		for i := range b.dimension {
			v := int16(values[i])
			if !b.signed && v != 0 && r.flag() {
				v = -v
			}
			lines[i] = v
		}
		if number == escapeBook {
			for i := range 2 {
				if err := readEscape(r, &lines[i]); err != nil {
					return err
				}
			}
		}
		lines = lines[b.dimension:]
	}
	return nil
}

// readEscape replaces a value of ±16 by the one that follows (§4.6.3.3): N ones, a
// zero, and the N+4 bits below the leading one.
func readEscape(r *bitReader, line *int16) error {
	if *line != 16 && *line != -16 {
		return nil
	}
	n := 4
	for r.flag() {
		if n++; n > 12 {
			return errors.New("aac: an escape of more than 8191")
		}
	}
	v := int16(1<<n | r.bits(n))
	if *line < 0 {
		v = -v
	}
	*line = v
	return nil
}

// dequantize makes the spectrum of the quantized lines (§4.6.3.3) and fills the
// noise bands. Intensity bands stay zero for now.
func (c *channel) dequantize(noise *noiseSource) {
	clear(c.spectrum[:])
	window := 0
	for g := range c.groups {
		for sfb := range c.maxSFB {
			number := c.book[g][sfb]
			for w := range c.lengths[g] {
				from := (window+w)*shortSize + c.bands[sfb]
				to := (window+w)*shortSize + c.bands[sfb+1]
				switch {
				case number == noiseBook:
					noise.fill(c.spectrum[from:to], int(c.factor[g][sfb]))
				case number != zeroBook && number <= escapeBook:
					gain := gains[c.factor[g][sfb]]
					lines := c.spectrum[from:to]
					for i, q := range c.quantized[from:to] {
						if q > 0 {
							lines[i] = powers[min(q, maxQuantized)] * gain
						} else if q < 0 {
							lines[i] = -powers[min(-q, maxQuantized)] * gain
						}
					}
				}
			}
		}
		window += c.lengths[g]
	}
}

// noiseSource makes the noise of perceptual noise substitution (§4.6.13). The
// standard leaves the generator free; this one and its seed are those of FFmpeg's decoder,
// so that the two can be compared.
type noiseSource uint32

const noiseSeed = 0x1f2e3d4c

func (n *noiseSource) next() float32 {
	*n = *n*1664525 + 1013904223
	return float32(int32(*n))
}

// fill fills a band with noise of energy 2^(factor/2).
func (n *noiseSource) fill(lines []float32, factor int) {
	energy := float32(0)
	for i := range lines {
		lines[i] = n.next()
		energy += lines[i] * lines[i]
	}
	factor = max(-100, min(factor, 155)) // as far as a float32 and FFmpeg go
	gain := float32(math.Pow(2, float64(factor)/4) / math.Sqrt(float64(energy)))
	for i := range lines {
		lines[i] *= gain
	}
}
