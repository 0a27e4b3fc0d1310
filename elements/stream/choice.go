package stream

import (
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

const (
	// choiceInterval is how often a sender looks for a better layer.
	choiceInterval = 500 * time.Millisecond
	// roomTime is how long there has to be room for a higher layer before it is sent, and room how much,
	// in per cent of its bitrate: to go up and down all the time is worse than to stay.
	roomTime = time.Second
	room     = 120
)

// choice is which layer of a simulcast a sender sends on. The zero value is that of a source without
// layers. The sender's mutex guards it.
type choice struct {
	source    media.LayeredSource // nil: it has no layers
	current   uint8               // what is sent, 0: nothing yet
	wanted    uint8               // what will be, from its next key frame on
	next      time.Duration       // when to choose again, on the clock of Packet.At
	roomSince time.Duration       // since when there is room for a higher one, never: there is none
	rates     media.LayerBitrates // as of the last choice
	probe     probe
}

// best is the layer that fits into target bit/s, 0: no limit. When none fits it is the lowest, when none
// flows 0. extra is the room it has to leave, in per cent of its bitrate.
func best(rates *media.LayerBitrates, target, extra int) uint8 {
	fits, lowest := uint8(0), uint8(0)
	for layer := uint8(1); layer <= media.MaxLayers; layer++ {
		bps := rates[layer]
		if bps == 0 {
			continue
		}
		if lowest == 0 || bps < rates[lowest] {
			lowest = layer
		}
		if (target == 0 || bps*extra <= target*100) && bps > rates[fits] {
			fits = layer
		}
	}
	if fits == 0 {
		return lowest
	}
	return fits
}

// choose looks again at the layers, now, and tells whether another one is wanted than is sent.
func (c *choice) choose(target int, now time.Duration) bool {
	c.next = now + choiceInterval
	c.rates = c.source.LayerBitrates()
	fits := best(&c.rates, target, 100)
	switch {
	case fits == 0: // nothing is known
	case c.current == 0 || c.rates[c.current] == 0 || c.rates[fits] < c.rates[c.current]:
		c.wanted, c.roomSince = fits, never
	case target > 0:
		c.climb(target, now)
	case 100*c.rates[fits] > room*c.rates[c.current]:
		c.wanted = fits
	default:
		c.wanted = c.current
	}
	return c.wanted != c.current
}

// limited has the choice made at once that a lower target needs.
func (c *choice) limited(target int) {
	if target > 0 && target < c.rates[c.current] {
		c.next = 0
	}
}

// spills tells whether the layer that is sent is so much more than target that nothing is better until the key frame
// of another one: the queue on the way would hold that up.
func (c *choice) spills(target int) bool {
	return c.wanted != c.current && target > 0 && c.rates[c.current] > 2*target && c.rates[c.wanted] < c.rates[c.current]
}

// climb wants a higher layer when there was room for it long enough.
func (c *choice) climb(target int, now time.Duration) {
	c.wanted = c.current
	higher := best(&c.rates, target, room)
	switch {
	case c.rates[higher] <= c.rates[c.current]:
		c.roomSince = never
	case c.roomSince == never:
		c.roomSince = now
	case now-c.roomSince >= roomTime:
		c.wanted = higher
	}
}

// above is the bitrate of the layer above the one that is sent, 0: there is none.
func (c *choice) above() int {
	bps := 0
	for _, r := range c.rates {
		if r > c.rates[c.current] && (bps == 0 || r < bps) {
			bps = r
		}
	}
	return bps
}

// layerView is one layer of a source, as a source without layers.
type layerView struct {
	media.LayeredSource
	layer uint8
}

func (v layerView) RequestKeyFrame() { v.RequestLayerKeyFrame(v.layer) }

func (v layerView) Resend(seq uint16, f func(*media.Packet)) bool {
	return v.ResendLayer(v.layer, seq, f)
}

// TakesLayers is part of media.LayeredSink.
func (s *Sender) TakesLayers() {}

// beginChoice chooses a layer of a source that was just bound, if it has layers. Called locked.
func (s *Sender) beginChoice(from media.Source) {
	s.choice = choice{roomSince: never}
	source, ok := from.(media.LayeredSource)
	if !ok {
		return
	}
	s.choice.source = source
	if s.choice.choose(s.target(), 0) {
		s.from = layerView{source, s.choice.wanted}
	}
	s.choice.next = 0
}

// endChoice notes that the source sends one stream from now on. Called locked.
func (s *Sender) endChoice() {
	s.from = s.choice.source
	s.choice = choice{source: s.choice.source, roomSince: never}
}

// forwardLayer sends p, a packet of some layer, if that is the one to send. It returns the source that has to be
// asked for a key frame, or nil. Called locked.
func (s *Sender) forwardLayer(p *media.Packet) (ask media.Source) {
	c := &s.choice
	if p.Format != s.format || c.source == nil || s.session == nil {
		return nil
	}
	if p.At >= c.next {
		other := c.choose(s.target(), p.At)
		if other && c.current != 0 {
			ask = layerView{c.source, c.wanted}
		}
		s.planProbe(p.At)
	}
	switch {
	case p.Layer == c.current && c.spills(s.target()):
		return ask
	case p.Layer == c.current:
	case c.current == 0 && (p.Layer == c.wanted || c.wanted == 0 && p.Key), p.Layer == c.wanted && p.Key:
		// Where nothing is sent yet, forward sees to the key frame.
		if c.rates[p.Layer] < c.rates[c.current] {
			s.splice.forget() // what is lost of the higher layer is not worth the room that there is
			c.probe.fail(p.At, s.probing())
		}
		c.current, c.wanted, c.roomSince = p.Layer, p.Layer, never
		s.from, s.behind, ask = layerView{c.source, p.Layer}, false, nil
	default:
		return ask
	}
	if first := s.forward(p); first != nil {
		return first
	}
	return ask
}
