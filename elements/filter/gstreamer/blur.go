package gstreamer

import (
	"math"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// gaussianblur blurs, or sharpens where sigma is negative: then what blurring would take is added.
type gaussianblur struct {
	Sigma float64 `gst:"sigma,1.2,-20,20"`

	blur *i420.Scaler
	out  i420.Picture // of the size that blur is made for
}

// faintest is a sigma by which no pixel changes.
const faintest = 0.1

func (e *gaussianblur) update(string) { e.blur = nil }

func (e *gaussianblur) picture(p *i420.Picture, _ filter.Moment) *i420.Picture {
	sigma := math.Abs(e.Sigma)
	if sigma < faintest {
		return p
	}
	if e.blur == nil || e.out.Width != p.Width || e.out.Height != p.Height {
		e.blur = i420.NewBlur(p.Width, p.Height, sigma)
		e.out.Resize(p.Width, p.Height)
	}
	e.blur.Scale(&e.out, p)
	if e.Sigma < 0 {
		from, to := p.Data(), e.out.Data()
		for i, v := range from[:len(to)] {
			to[i] = byte(min(max(2*int(v)-int(to[i]), 0), 255))
		}
	}
	return &e.out
}
