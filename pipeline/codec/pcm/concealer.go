package pcm

import (
	"math"
	"time"
)

// What the concealment remembers and how it fades, as in ITU-T G.711 Appendix I.
const (
	minPitch    = 200                   // Hz; its period is the shortest that is repeated
	maxPitch    = 66                    // Hz; the longest
	compared    = 20 * time.Millisecond // of signal for the search of the period
	fadeFrom    = 10 * time.Millisecond // of loss are at full level,
	fadeTo      = 60 * time.Millisecond // and here the fade has ended
	longestJoin = 10 * time.Millisecond // crossfade into what comes after the loss
	decimated   = 4000                  // Hz: the rate of the search
	lossPerJoin = 5                     // the join grows by a fifth of the loss
)

// Concealer bridges lost pieces of a stream whose codec does not do it itself
// (G.711, L16): it repeats the last period of the voice, fades out from 10 to
// 60 ms of loss, and crossfades into what comes after it. Unlike Appendix I it
// adds no delay: the signal before the loss is out already, so its end is not
// crossfaded; the jump to the repeated period is spread over a quarter of it.
type Concealer struct {
	rate, channels int
	history        []int16 // the last frames, interleaved, of fixed length
	period         []int16 // what is repeated
	at             int     // the next frame of it
	lost           int     // frames concealed since the last good one
	jump           []float32
}

// NewConcealer returns a concealer for a stream of this rate in Hz.
func NewConcealer(rate, channels int) *Concealer {
	c := &Concealer{rate: rate, channels: channels}
	frames := c.frames(compared) + 2*rate/maxPitch
	c.history = make([]int16, frames*channels)
	c.period = make([]int16, 0, rate/maxPitch*channels)
	c.jump = make([]float32, channels)
	return c
}

func (c *Concealer) frames(d time.Duration) int { return int(d * time.Duration(c.rate) / time.Second) }

// Good takes a piece that has arrived, and after a loss changes its beginning in
// place to follow smoothly what was invented.
func (c *Concealer) Good(piece []int16) {
	if c.lost > 0 {
		join := min(len(piece)/c.channels, c.frames(longestJoin),
			len(c.period)/c.channels/4+c.lost/lossPerJoin)
		for i := range join {
			weight := float32(i+1) / float32(join+1)
			for ch := range c.channels {
				s := &piece[i*c.channels+ch]
				*s = saturate(float32(*s)*weight + c.invent(ch)*(1-weight))
			}
			c.advance()
		}
		c.lost = 0
	}
	c.remember(piece)
}

// Lost fills a piece that has not arrived.
func (c *Concealer) Lost(piece []int16) {
	if c.lost == 0 {
		c.begin()
	}
	frames := len(piece) / c.channels
	for i := range frames {
		for ch := range c.channels {
			piece[i*c.channels+ch] = saturate(c.invent(ch))
		}
		c.advance()
	}
	// The history keeps the signal before the loss until there is a new one:
	// what was invented is no source for more of it.
}

// invent is the present frame's sample of a channel.
func (c *Concealer) invent(ch int) float32 {
	from, to := c.frames(fadeFrom), c.frames(fadeTo)
	level := float32(to-c.lost) / float32(to-from)
	if level <= 0 {
		return 0
	}
	v := float32(c.period[c.at*c.channels+ch])
	if quarter := len(c.period) / c.channels / 4; c.lost < quarter {
		v += c.jump[ch] * float32(quarter-c.lost) / float32(quarter+1)
	}
	return v * min(level, 1)
}

// advance goes on to the next frame.
func (c *Concealer) advance() {
	c.lost = min(c.lost+1, c.frames(fadeTo))
	if c.at++; c.at*c.channels >= len(c.period) {
		c.at = 0
	}
}

// begin cuts the last period out of the history. Its last quarter is crossfaded
// to what came before it, so that the end leads to the beginning.
func (c *Concealer) begin() {
	n := c.findPeriod()
	end := len(c.history)
	first := end - n*c.channels
	c.at = 0
	c.period = append(c.period[:0], c.history[first:]...)
	quarter := n / 4
	for i := n - quarter; i < n; i++ {
		weight := float32(i-(n-quarter)+1) / float32(quarter+1)
		for ch := range c.channels {
			k := i*c.channels + ch
			before := float32(c.history[first-n*c.channels+k])
			c.period[k] = saturate(float32(c.period[k])*(1-weight) + before*weight)
		}
	}
	for ch := range c.channels {
		c.jump[ch] = float32(c.history[end-c.channels+ch]) - float32(c.history[first-c.channels+ch])
	}
}

// findPeriod returns the period of the voice in frames: the distance at which
// the last 20 ms look most like themselves, sought with every n-th frame first
// and then around the best one with all.
func (c *Concealer) findPeriod() int {
	shortest, longest := c.rate/minPitch, c.rate/maxPitch
	step := max(1, c.rate/decimated)
	best := c.mostAlike(shortest, longest, step)
	return c.mostAlike(max(shortest, best-step), min(longest, best+step), 1)
}

// mostAlike returns the distance with the highest normalised correlation.
func (c *Concealer) mostAlike(from, to, step int) int {
	window := c.frames(compared)
	best, highest := from, math.Inf(-1)
	last := c.history[len(c.history)-window*c.channels:]
	for distance := from; distance <= to; distance += step {
		earlier := c.history[len(c.history)-(window+distance)*c.channels:][:len(last)]
		var product, energy float64
		for i := 0; i < len(last); i += step * c.channels {
			for ch := range c.channels {
				a, b := float64(last[i+ch]), float64(earlier[i+ch])
				product += a * b
				energy += b * b
			}
		}
		if alike := product / math.Sqrt(energy+1); alike > highest {
			best, highest = distance, alike
		}
	}
	return best
}

// remember keeps the end of a piece that has arrived.
func (c *Concealer) remember(piece []int16) {
	piece = piece[len(piece)%c.channels:]
	if n := len(piece); n < len(c.history) {
		copy(c.history, c.history[n:])
		copy(c.history[len(c.history)-n:], piece)
	} else {
		copy(c.history, piece[n-len(c.history):])
	}
}
