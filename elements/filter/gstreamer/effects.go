package gstreamer

import (
	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// coloreffects gives pictures the colours of a preset.
type coloreffects struct {
	Preset colorPreset `gst:"preset,none"`

	byLuma           bool // every pixel gets the colour of its brightness
	y, u, v          curve
	red, green, blue curve // of its own channels otherwise
}

type colorPreset int32

func (colorPreset) choices() []choice {
	return nicks("none", "heat", "sepia", "xray", "xpro", "yellowblue")
}

// tones are points at 0, 16, 32, … 240, 255 of the curves for red, green and blue that GStreamer's element was measured to have.
type tones [3][17]byte

// colorPresets are those of colorPreset from 1 on. The first three look at the brightness alone.
var colorPresets = [...]tones{
	{
		{0, 1, 3, 6, 10, 17, 25, 36, 50, 67, 112, 188, 244, 239, 237, 245, 254},
		{0, 5, 12, 23, 40, 64, 96, 129, 178, 226, 252, 242, 208, 160, 106, 46, 3},
		{0, 5, 18, 48, 126, 216, 254, 193, 119, 67, 31, 16, 8, 3, 0, 0, 0},
	},
	{
		{0, 6, 22, 45, 68, 94, 117, 139, 160, 178, 197, 213, 227, 238, 246, 251, 255},
		{0, 4, 14, 32, 51, 71, 93, 113, 134, 154, 175, 194, 212, 230, 242, 249, 255},
		{0, 2, 6, 12, 24, 35, 50, 65, 81, 101, 120, 141, 162, 182, 205, 225, 239},
	},
	{
		{255, 240, 224, 208, 192, 175, 160, 144, 128, 112, 96, 80, 64, 48, 32, 17, 1},
		{255, 247, 239, 231, 222, 213, 202, 193, 182, 170, 156, 142, 128, 106, 75, 39, 2},
		{255, 246, 237, 228, 217, 207, 197, 185, 173, 160, 146, 131, 113, 92, 63, 32, 2},
	},
	{
		{0, 1, 3, 8, 15, 32, 56, 88, 122, 154, 184, 211, 238, 252, 255, 255, 255},
		{0, 10, 23, 43, 68, 98, 131, 157, 184, 209, 228, 242, 248, 251, 253, 254, 255},
		{31, 44, 61, 78, 96, 112, 129, 143, 157, 171, 185, 198, 211, 222, 234, 242, 248},
	},
	{
		{0, 16, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 255},
		{0, 16, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 255},
		{255, 239, 223, 207, 191, 175, 159, 143, 127, 111, 95, 79, 63, 47, 31, 15, 0},
	},
}

// through draws a line from point to point.
func (c *curve) through(points *[17]byte) {
	c.bend(func(v float64) float64 {
		at := int(v) / 16
		from, to, width := float64(points[at]), float64(points[at+1]), 16.0
		if at == 15 {
			width = 15
		}
		return from + (to-from)*(v-float64(16*at))/width
	})
}

func (e *coloreffects) update(string) {
	if e.Preset == 0 {
		return
	}
	t := &colorPresets[e.Preset-1]
	e.red.through(&t[0])
	e.green.through(&t[1])
	e.blue.through(&t[2])
	e.byLuma = e.Preset <= 3
	for i := range 256 {
		c := i420.FromRGB(e.red[i], e.green[i], e.blue[i]) // by luma as it is, from 16 to 235
		e.y[i], e.u[i], e.v[i] = c.Y, c.U, c.V
	}
}

func (e *coloreffects) picture(p *i420.Picture, _ filter.Moment) *i420.Picture {
	if e.Preset == 0 {
		return p
	}
	for y := 0; y < p.Height; y += 2 {
		upper := p.Y[y*p.YStride:][:p.Width]
		lower := p.Y[min(y+1, p.Height-1)*p.YStride:][:p.Width]
		us, vs := p.U[y/2*p.CStride:][:(p.Width+1)/2], p.V[y/2*p.CStride:][:(p.Width+1)/2]
		if e.byLuma {
			e.tone(upper, lower, us, vs)
		} else {
			e.cross(upper, lower, us, vs, y+1 < p.Height)
		}
	}
	return p
}

// tone works on two rows. Chroma comes first: it needs luma as it was.
func (e *coloreffects) tone(upper, lower, us, vs []byte) {
	for i := range us {
		left, right := 2*i, min(2*i+1, len(upper)-1)
		mean := (int(upper[left]) + int(upper[right]) + int(lower[left]) + int(lower[right]) + 2) / 4
		us[i], vs[i] = e.u[mean], e.v[mean]
	}
	e.y.apply(upper)
	if &upper[0] != &lower[0] {
		e.y.apply(lower)
	}
}

// cross works on two rows, or on the last one alone.
func (e *coloreffects) cross(upper, lower, us, vs []byte, both bool) {
	rows := [2][]byte{upper, lower}
	n := 1
	if both {
		n = 2
	}
	for i := range us {
		u, v := us[i], vs[i]
		var sumU, sumV, count int
		for _, row := range rows[:n] {
			for x := 2 * i; x < min(2*i+2, len(row)); x++ {
				r, g, b := i420.Color{Y: row[x], U: u, V: v}.RGB()
				c := i420.FromRGB(e.red[r], e.green[g], e.blue[b])
				row[x] = c.Y
				sumU, sumV, count = sumU+int(c.U), sumV+int(c.V), count+1
			}
		}
		us[i], vs[i] = byte((sumU+count/2)/count), byte((sumV+count/2)/count)
	}
}
