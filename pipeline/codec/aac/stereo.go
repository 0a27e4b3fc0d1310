package aac

import (
	"errors"
	"math"
)

// pairTools is what a channel_pair_element says about its two channels together.
type pairTools struct {
	present int // ms_mask_present
	used    [maxGroups][maxBands]bool
}

// read reads the mask (ISO/IEC 14496-3 table 4.5).
func (p *pairTools) read(r *bitReader, info *icsInfo) error {
	p.present = r.bits(2)
	if p.present == 3 {
		return errors.New("aac: ms_mask_present is 3")
	}
	for g := range info.groups {
		for sfb := range info.maxSFB {
			p.used[g][sfb] = p.present == 2 || p.present == 1 && r.flag()
		}
	}
	return nil
}

// apply makes left and right of middle and side (§4.6.8.1), and the right
// channel of the left where only its intensity is coded (§4.6.8.2).
func (p *pairTools) apply(left, right *channel) {
	window := 0
	for g := range right.groups {
		for sfb := range right.maxSFB {
			number := right.book[g][sfb]
			intensity := number == intensityBook || number == intensityNeg
			ms := p.present != 0 && p.used[g][sfb] && number < noiseBook && left.book[g][sfb] < noiseBook
			if !intensity && !ms {
				continue
			}
			gain := float32(0)
			if intensity {
				gain = float32(math.Pow(2, -float64(right.factor[g][sfb])/4))
				if (number == intensityNeg) != (p.present == 1 && p.used[g][sfb]) {
					gain = -gain
				}
			}
			for w := range right.lengths[g] {
				from := (window+w)*shortSize + right.bands[sfb]
				to := (window+w)*shortSize + right.bands[sfb+1]
				l, r := left.spectrum[from:to], right.spectrum[from:to]
				for i, middle := range l {
					if intensity {
						r[i] = middle * gain
					} else {
						l[i], r[i] = middle+r[i], middle-r[i]
					}
				}
			}
		}
		window += right.lengths[g]
	}
}
