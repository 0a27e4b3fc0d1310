package gstreamer

import (
	"math"

	"github.com/rivero-media/rivero/elements/filter"
)

// pitch makes sound higher or lower without making it faster or slower. The sound is read from a ring at another speed than it is
// written. When the reader comes too near to the writer, or falls too far behind, it goes on at a place where the sound looks the
// same, and fades from the one to the other: the idea of WSOLA (W. Verhelst and M. Roelands, "An overlap-add technique based on
// waveform similarity", ICASSP 1993). It delays sound by 10 to 50 ms.
type pitch struct {
	Pitch float32 `gst:"pitch,1,0.1,10"`
	// The speed of a live stream cannot be changed.
	Tempo float32 `gst:"tempo,1,1,1"`
	Rate  float32 `gst:"rate,1,1,1"`

	sides   [2][]float32 // rings, left and right
	mono    []float32    // their sum
	written int          // frames since the beginning
	at      float64      // what is read next, in frames since the beginning
	next    float64      // where the reader goes to, while it fades
	fading  int          // frames of the fade that are left
	fade    int          // of how many
}

// All in frames.
const (
	ringFrames = 8192 // a power of two
	ringMask   = ringFrames - 1

	nearest  = filter.SampleRate * 5 / 1000  // the reader goes so far, at least
	farthest = filter.SampleRate * 30 / 1000 // at most: 25 ms more have a period of every voice and instrument in them
	alike    = filter.SampleRate * 10 / 1000 // over which places are compared
	coarsely = 4                             // steps of the first comparison
	longFade = 256
	margin   = 4 // what reading between frames needs around them
)

func (e *pitch) update(property string) {
	if property == "" {
		e.sides = [2][]float32{make([]float32, ringFrames), make([]float32, ringFrames)}
		e.mono = make([]float32, ringFrames)
	}
}

func (e *pitch) sound(samples []int16) {
	if e.Pitch == 1 && e.at == float64(e.written) {
		e.skip(samples)
		return
	}
	speed := float64(e.Pitch)
	for i := 0; i+1 < len(samples); i += 2 {
		e.write(float32(samples[i]), float32(samples[i+1]))
		if e.fading == 0 {
			e.move(speed)
		}
		left, right := e.read(e.at)
		if e.fading > 0 {
			share := float32(e.fading) / float32(e.fade+1)
			nextLeft, nextRight := e.read(e.next)
			left, right = left*share+nextLeft*(1-share), right*share+nextRight*(1-share)
			e.next += speed
			if e.fading--; e.fading == 0 {
				e.at = e.next - speed
			}
		}
		e.at += speed
		samples[i], samples[i+1] = round16(left), round16(right)
	}
}

// skip keeps up with sound that needs no work.
func (e *pitch) skip(samples []int16) {
	for i := 0; i+1 < len(samples); i += 2 {
		e.write(float32(samples[i]), float32(samples[i+1]))
	}
	e.at = float64(e.written)
}

func (e *pitch) write(left, right float32) {
	i := e.written & ringMask
	e.sides[0][i], e.sides[1][i], e.mono[i] = left, right, left+right
	e.written++
}

// move has the reader go elsewhere when it has to.
func (e *pitch) move(speed float64) {
	drift := speed - 1 // frames by which the reader gains on the writer with each one
	e.fade = int(min(longFade, nearest/max(math.Abs(drift), 1e-3)))
	ahead := float64(e.written) - e.at
	switch {
	case ahead < max(drift, 0)*float64(e.fade)+margin+alike:
		e.next = e.at - float64(e.best(-1))
	case ahead > farthest+alike+margin+max(-drift, 0)*float64(e.fade)+1:
		e.next = e.at + float64(e.best(1))
	default:
		return
	}
	e.fading = e.fade
}

// best is how far the place is away that is most like the one where the reader is, forward or backward.
func (e *pitch) best(direction int) int {
	here := int(e.at)
	best, most := nearest, float32(math.Inf(-1))
	for d := nearest; d <= farthest; d += coarsely {
		if like := e.likeness(here, here+direction*d, coarsely); like > most {
			best, most = d, like
		}
	}
	center := best
	most = float32(math.Inf(-1))
	for d := max(center-coarsely, nearest); d <= min(center+coarsely, farthest); d++ {
		if like := e.likeness(here, here+direction*d, 1); like > most {
			best, most = d, like
		}
	}
	return best
}

// likeness is the correlation of what follows two places, by the energy of the second.
func (e *pitch) likeness(a, b, step int) float32 {
	var product, energy float32 = 0, 1
	for i := 0; i < alike; i += step {
		x, y := e.mono[(a+i)&ringMask], e.mono[(b+i)&ringMask]
		product += x * y
		energy += y * y
	}
	return product / float32(math.Sqrt(float64(energy)))
}

// read interpolates between frames by a cubic through the four around (Catmull–Rom).
func (e *pitch) read(at float64) (left, right float32) {
	i := int(math.Floor(at))
	f := float32(at - float64(i))
	a, b := -0.5*f*(1-f)*(1-f), 1+f*f*(1.5*f-2.5)
	d := -0.5 * f * f * (1 - f)
	c := 1 - a - b - d
	i0, i1, i2, i3 := (i-1)&ringMask, i&ringMask, (i+1)&ringMask, (i+2)&ringMask
	l, r := e.sides[0], e.sides[1]
	return a*l[i0] + b*l[i1] + c*l[i2] + d*l[i3], a*r[i0] + b*r[i1] + c*r[i2] + d*r[i3]
}
