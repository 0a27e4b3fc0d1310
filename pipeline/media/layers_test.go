package media_test

import (
	"slices"
	"testing"
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

// layeredUpstream has two layers whose bitrates a test sets.
type layeredUpstream struct {
	media.NoUpstream
	rates media.LayerBitrates
	asked []uint8
}

func (u *layeredUpstream) LayerBitrates() media.LayerBitrates { return u.rates }
func (u *layeredUpstream) RequestLayerKeyFrame(layer uint8)   { u.asked = append(u.asked, layer) }
func (u *layeredUpstream) RequestKeyFrame()                   { u.asked = append(u.asked, 0) }
func (u *layeredUpstream) ResendLayer(layer uint8, seq uint16, f func(*media.Packet)) bool {
	f(&media.Packet{Layer: layer})
	return true
}

// layers notes of which layer each packet is.
type layers struct{ got []uint8 }

func (l *layers) Write(p *media.Packet) { l.got = append(l.got, p.Layer) }

func (l *layers) take() []uint8 {
	got := l.got
	l.got = nil
	return got
}

// allLayers takes every layer.
type allLayers struct{ layers }

func (*allLayers) TakesLayers() {}

func TestSinksThatKnowNoLayersGetOne(t *testing.T) {
	up := &layeredUpstream{}
	out := media.NewOutput(up, nil)
	defer out.Close()
	one, all := new(layers), new(allLayers)
	out.SetRoutes([]media.Route{{Sink: one}, {Sink: all}})
	from := out.Open().(media.LayeredSource)
	burst := new(media.Burst)
	at := time.Hour
	write := func(layer uint8, key bool) {
		at += 100 * time.Millisecond
		out.Write(&media.Packet{Layer: layer, Key: key, At: at, Burst: burst})
	}
	write(1, false)
	write(1, true) // begins
	write(2, true)
	write(1, false)
	if got := one.take(); !slices.Equal(got, []uint8{1, 1}) {
		t.Errorf("got layers %v at first", got)
	}
	up.rates = media.LayerBitrates{1: 100, 2: 500}
	for range 6 {
		write(2, false)
		write(1, false)
	}
	if got := one.take(); slices.Contains(got, 2) || !slices.Equal(up.asked, []uint8{2}) {
		t.Errorf("got %v before a key frame of layer 2, asked for those of %v", got, up.asked)
	}
	write(2, true)
	write(1, true)
	write(2, false)
	if got := one.take(); !slices.Equal(got, []uint8{2, 2}) {
		t.Errorf("got layers %v after it", got)
	}
	up.rates = media.LayerBitrates{1: 100} // the higher one ends
	for range 6 {
		write(1, false)
	}
	write(1, true)
	if got := one.take(); !slices.Equal(got, []uint8{1}) {
		t.Errorf("got layers %v after the higher one ended", got)
	}
	if got := all.take(); len(got) != 26 {
		t.Errorf("who takes all got %d packets, want 26", len(got))
	}
	from.Resend(7, func(p *media.Packet) {
		if p.Layer != 1 {
			t.Errorf("a packet of layer %d is sent again", p.Layer)
		}
	})
	from.ResendLayer(2, 7, func(p *media.Packet) {
		if p.Layer != 2 {
			t.Errorf("a packet of layer %d is sent again for layer 2", p.Layer)
		}
	})
}
