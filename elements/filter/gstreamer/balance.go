package gstreamer

import (
	"math"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// curve gives each value another one.
type curve [256]byte

// bend fills a curve from a function of the value.
func (c *curve) bend(f func(v float64) float64) {
	for i := range c {
		c[i] = toByte(f(float64(i)))
	}
}

func toByte(v float64) byte { return byte(min(max(math.Round(v), 0), 255)) }

func (c *curve) apply(pix []byte) {
	for i, v := range pix {
		pix[i] = c[v]
	}
}

// videobalance changes brightness, contrast, hue and saturation.
type videobalance struct {
	Brightness float64 `gst:"brightness,0,-1,1"`
	Contrast   float64 `gst:"contrast,1,0,2"`
	Hue        float64 `gst:"hue,0,-1,1"`
	Saturation float64 `gst:"saturation,1,0,2"`

	luma     curve
	cos, sin int32 // with 16 bits behind the point, times the saturation
}

const one16 = 1 << 16

func (e *videobalance) update(string) {
	e.luma.bend(func(v float64) float64 { return math.Floor(16 + (v-16)*e.Contrast + e.Brightness*255) })
	sin, cos := math.Sincos(math.Pi * e.Hue)
	e.cos, e.sin = int32(math.Round(cos*e.Saturation*one16)), int32(math.Round(sin*e.Saturation*one16))
}

func (e *videobalance) picture(p *i420.Picture, _ filter.Moment) *i420.Picture {
	if e.Contrast != 1 || e.Brightness != 0 {
		e.luma.apply(p.Y)
	}
	if e.cos == one16 && e.sin == 0 {
		return p
	}
	us, vs := p.U, p.V[:len(p.U)]
	for i := range us {
		u, v := int32(us[i])-128, int32(vs[i])-128
		us[i] = turned(u*e.cos + v*e.sin)
		vs[i] = turned(v*e.cos - u*e.sin)
	}
	return p
}

func turned(sum int32) byte { return byte(min(max((sum+128*one16)>>16, 0), 255)) }

// gamma brightens or darkens the middle of luma.
type gamma struct {
	Gamma float64 `gst:"gamma,1,0.01,10"`

	luma curve
}

func (e *gamma) update(string) {
	e.luma.bend(func(v float64) float64 { return 255 * math.Pow(v/255, 1/e.Gamma) })
}

func (e *gamma) picture(p *i420.Picture, _ filter.Moment) *i420.Picture {
	if e.Gamma != 1 {
		e.luma.apply(p.Y)
	}
	return p
}
