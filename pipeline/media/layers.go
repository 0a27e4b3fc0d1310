package media

import (
	"sync/atomic"
	"time"
)

// MaxLayers is how many layers of a simulcast a source may have. They have the numbers from 1 on, in no
// particular order: what tells them apart is their bitrate. A source that sends one stream has layer 0.
const MaxLayers = 3

// LayerBitrates are the bit/s of each layer, by its number; 0: it does not flow, or not long enough to
// know.
type LayerBitrates [MaxLayers + 1]int

// Highest is the layer with the highest bitrate, 0 when none flows.
func (r *LayerBitrates) Highest() uint8 {
	best := uint8(0)
	for layer := uint8(1); layer <= MaxLayers; layer++ {
		if r[layer] > r[best] {
			best = layer
		}
	}
	return best
}

// LayeredSink is a Sink that wants every layer of a simulcast. Any other gets exactly one, which
// changes at key frames only, and with it SSRC, numbers and timestamps.
type LayeredSink interface {
	Sink
	TakesLayers()
}

// LayeredSource is the Source of an Output that may have layers. Layer 0 stands for what a sink that
// knows no layers gets.
type LayeredSource interface {
	Source
	LayerBitrates() LayerBitrates
	RequestLayerKeyFrame(layer uint8)
	ResendLayer(layer uint8, seq uint16, f func(*Packet)) bool
}

// LayeredUpstream is implemented by an Upstream that may have layers. Its other methods speak of any one
// layer then.
type LayeredUpstream interface {
	Upstream
	LayerBitrates() LayerBitrates
	RequestLayerKeyFrame(layer uint8)
	ResendLayer(layer uint8, seq uint16, f func(*Packet)) bool
}

const (
	// layerInterval is how often the layer for sinks that know none is chosen anew.
	layerInterval = 500 * time.Millisecond
	// layerMargin, in per cent, is how much higher a layer's bitrate is than that of the one written when
	// it replaces it.
	layerMargin = 120
)

// oneLayer chooses what sinks get that know no layers: the highest layer that flows. Only the producer's
// goroutine calls its methods; current may be read by anyone.
type oneLayer struct {
	current atomic.Uint32 // 0: none yet
	wanted  uint8
	next    time.Duration // when to choose again
}

// takes tells whether p belongs to the chosen layer, and asks for a key frame where that has to change.
func (c *oneLayer) takes(p *Packet, o *Output) bool {
	if p.At >= c.next {
		c.next = p.At + layerInterval
		c.choose(o)
	}
	current := uint8(c.current.Load())
	if p.Layer == current {
		return true
	}
	if !p.Key || current != 0 && p.Layer != c.wanted {
		return false
	}
	c.current.Store(uint32(p.Layer))
	return true
}

func (c *oneLayer) choose(o *Output) {
	up, ok := o.up.(LayeredUpstream)
	if !ok {
		return
	}
	rates, current := up.LayerBitrates(), uint8(c.current.Load())
	best := rates.Highest()
	if best == 0 || best == current || 100*rates[best] < layerMargin*rates[current] {
		c.wanted = current
		return
	}
	c.wanted = best
	o.requestKeyFrame(best)
}
