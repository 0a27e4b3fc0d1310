package sound

import (
	"sync"
	"time"

	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/codec/pcm"
	"github.com/rivero-media/rivero/pipeline/media"
)

// conversion is the step to another rate and fewer channels. It runs on its producer's goroutine.
type conversion struct {
	codec.Link
	out   *media.Output
	from  media.Format
	mono  *pcm.Mapper    // nil: the channels stay
	rates *pcm.Resampler // nil: the rate stays

	mu      sync.Mutex // of what follows: when a route is swapped two producers may call
	samples []int16
	mapped  []int16
	result  []int16
	data    []byte
	next    time.Duration // when the next samples should begin
	begun   bool
	packet  media.Packet
}

var _ codec.Node = (*conversion)(nil)

func newConversion(have, to media.Format) *conversion {
	c := &conversion{from: have}
	c.out = media.NewOutput(c, nil)
	c.packet.Format = c.out.SetFormat(to)
	var err error
	if have.Channels != to.Channels {
		if c.mono, err = pcm.NewMapper(pcm.Stereo, pcm.Mono); err != nil {
			panic(err) // the only ones in this package's own table
		}
	}
	if have.ClockRate != to.ClockRate {
		if c.rates, err = pcm.NewResampler(int(have.ClockRate), int(to.ClockRate), int(to.Channels)); err != nil {
			panic(err) // a rate that stands in this package's own table
		}
	}
	return c
}

// Output is part of codec.Node.
func (c *conversion) Output() *media.Output { return c.out }

// Close is part of codec.Node.
func (c *conversion) Close() { c.out.Close() }

// Resend is part of media.Upstream: samples are not kept.
func (c *conversion) Resend(uint16, func(*media.Packet)) bool { return false }

// SetMaxBitrate is part of media.Upstream.
func (c *conversion) SetMaxBitrate(int) {}

// End is part of media.Ender.
func (c *conversion) End() { c.out.End() }

// Write is part of media.Sink.
func (c *conversion) Write(p *media.Packet) {
	passes := c.Passes(p)
	if !passes && !c.Takes(p) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if passes {
		c.out.Write(p)
		return
	}
	c.samples = pcm.AppendSamples(c.samples[:0], p.Data)
	channels, pts := int(c.from.Channels), p.PTS
	if off := pts - c.next; c.begun && (off > drift || off < -drift) && c.rates != nil {
		c.rates.Reset() // what it remembers belongs to something else
	}
	c.next, c.begun = pts+duration(len(c.samples)/channels, c.from.ClockRate), true
	result := c.samples
	if c.mono != nil {
		c.mapped = c.mono.Map(c.mapped[:0], result)
		result = c.mapped
	}
	if c.rates != nil {
		c.result = c.rates.Resample(c.result[:0], result)
		_, delay := c.rates.Delay()
		result, pts = c.result, pts-delay
	}
	if len(result) == 0 {
		return
	}
	c.data = pcm.AppendData(c.data[:0], result)
	c.packet.PTS, c.packet.At, c.packet.Burst, c.packet.Data, c.packet.Level = pts, p.At, p.Burst, c.data, p.Level
	c.out.Write(&c.packet)
	c.packet.Burst, c.packet.Data = nil, nil
}
