package hub

import (
	"image"
	"slices"
	"sync"
	"time"

	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/codec/video"
	"github.com/rivero-media/rivero/pipeline/media"
)

// place is where the picture of a tile goes.
type place struct {
	tile  *tile
	where image.Rectangle // may reach beyond the canvas
}

// layout says how large the picture of all is and what is on it, the undermost first. tiles are those that have something to
// show, in the order of their ports. It is called for every picture, on the compositor's goroutine, and appends to places.
type layout func(places []place, tiles []*tile) (canvas image.Point, _ []place)

// compositor makes one picture out of those of many ports, at a steady rate from the first of them on. Only what has changed
// is drawn anew.
type compositor struct {
	out   *media.Output
	clock *metronome
	lay   layout

	mu    sync.Mutex
	tiles []*tile

	// Owned by the clock's goroutine.
	canvas  *i420.Picture
	places  []place
	next    []place // memory for the next ones
	visible []*tile
	overlap bool // some places do
	stale   bool // all of the canvas has to be drawn anew
	packet  media.Packet
}

// newCompositor returns one that begins with its first tile's first picture. wake is for the output, fail is told when it has
// broken down.
func newCompositor(rate int, lay layout, wake func(), fail func(v any)) *compositor {
	c := &compositor{lay: lay, out: media.NewOutput(media.NoUpstream{}, wake), canvas: &i420.Picture{}}
	c.packet.Format, c.packet.Key = c.out.SetFormat(video.Raw()), true
	interval := time.Second / time.Duration(rate)
	c.clock = newMetronome(interval, interval, c.turn, fail)
	return c
}

// add makes a tile for a port.
func (c *compositor) add(p *Port) *tile {
	t := &tile{port: p, begin: c.clock.Start}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tiles = append(c.tiles, t)
	return t
}

func (c *compositor) remove(t *tile) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tiles = slices.DeleteFunc(c.tiles, func(other *tile) bool { return other == t })
}

// close returns when no picture is made any more.
func (c *compositor) close() {
	c.clock.Stop()
	c.out.Close()
}

// turn makes one picture.
func (c *compositor) turn(at time.Duration, burst *media.Burst) {
	c.advance(at - latency)
	size, places := c.lay(c.next[:0], c.visible)
	if !slices.Equal(places, c.places) {
		c.stale, c.overlap = true, overlap(places)
	}
	c.places, c.next = places, c.places
	if image.Pt(c.canvas.Width, c.canvas.Height) != size {
		c.canvas.Resize(size.X, size.Y)
		c.stale = true
	}
	if len(c.out.Routes()) > 0 {
		c.draw()
	} else {
		c.stale = true // what changes meanwhile is drawn when somebody comes to see it
	}
	out := &c.packet
	out.Width, out.Height, out.PTS, out.Burst, out.Data = uint16(size.X), uint16(size.Y), at, burst, c.canvas.Data()
	c.out.Write(out)
	out.Burst, out.Data = nil, nil
}

// advance brings the tiles to a time, and finds those that have something to show.
func (c *compositor) advance(until time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.visible = c.visible[:0]
	for _, t := range c.tiles {
		t.fresh = t.advance(until) || t.fresh
		if t.shown != nil {
			c.visible = append(c.visible, t)
		}
	}
}

// draw brings the canvas up to date.
func (c *compositor) draw() {
	all := c.stale || c.overlap && slices.ContainsFunc(c.visible, func(t *tile) bool { return t.fresh })
	if c.stale {
		c.canvas.Fill(i420.Black)
	}
	for _, p := range c.places {
		if all || p.tile.fresh {
			p.tile.drawing.onto(c.canvas, p.tile.shown, p.where)
			p.tile.fresh = false
		}
	}
	c.stale = false
}

// overlap tells whether one of the places covers a part of another.
func overlap(places []place) bool {
	for i, a := range places {
		for _, b := range places[:i] {
			if a.where.Overlaps(b.where) {
				return true
			}
		}
	}
	return false
}
