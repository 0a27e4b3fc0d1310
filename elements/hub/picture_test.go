package hub_test

import (
	"image"
	"testing"
	"time"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/hub"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/codec/sound"
	"github.com/rivero-media/rivero/pipeline/codec/video"
	"github.com/rivero-media/rivero/pipeline/media"
)

var composite320 = map[string]any{"width": 320, "height": 240, "framerate": 25}

func TestCompositeFollowsItsMembers(t *testing.T) {
	b := newBench(t, "Composite", composite320, hub.Settings{})
	watching := b.port()
	viewer := b.viewer(watching, media.Video)
	colours := []i420.Color{red, green, blue, yellow}
	var ports []pipeline.Object
	var stops []func()
	for i, c := range colours {
		port := b.port()
		ports = append(ports, port)
		stops = append(stops, b.showing(b.source(port, video.Raw()), image.Pt(160+2*i, 120), c))
	}
	awaitPicture(t, viewer, "four tiles", func(p *i420.Picture) bool {
		return p.Width == 320 && p.Height == 240 && shows(p, map[image.Point]i420.Color{
			{X: 0, Y: 0}: red, {X: 159, Y: 119}: red, {X: 161, Y: 0}: green, {X: 319, Y: 119}: green,
			{X: 80, Y: 121}: blue, {X: 240, Y: 239}: yellow,
		})
	})
	stops[0]() // it freezes, and stays
	awaitPicture(t, viewer, "a frozen member", func(p *i420.Picture) bool {
		return shows(p, map[image.Point]i420.Color{{X: 80, Y: 60}: red, {X: 240, Y: 60}: green})
	})
	b.s.Release(ports[1])
	awaitPicture(t, viewer, "three tiles", func(p *i420.Picture) bool {
		return shows(p, map[image.Point]i420.Color{
			{X: 80, Y: 60}: red, {X: 240, Y: 60}: blue, {X: 80, Y: 180}: yellow, {X: 240, Y: 180}: black,
		})
	})
	b.s.Release(ports[3])
	awaitPicture(t, viewer, "two tiles of full height", func(p *i420.Picture) bool {
		return shows(p, map[image.Point]i420.Color{{X: 80, Y: 0}: red, {X: 80, Y: 239}: red, {X: 240, Y: 239}: blue})
	})
	b.s.Release(ports[0])
	b.s.Release(ports[2])
	awaitPicture(t, viewer, "nobody", func(p *i420.Picture) bool {
		return shows(p, map[image.Point]i420.Color{{X: 80, Y: 60}: black, {X: 300, Y: 200}: black})
	})
}

func TestCompositeKeepsShapesAndCentres(t *testing.T) {
	b := newBench(t, "Composite", composite320, hub.Settings{KeepAspectRatio: true, CenterLastRow: true})
	for _, c := range []i420.Color{red, green, blue} {
		b.showing(b.source(b.port(), video.Raw()), image.Pt(120, 120), c)
	}
	awaitPicture(t, b.viewer(b.port(), media.Video), "three squares, the last in the middle", func(p *i420.Picture) bool {
		return shows(p, map[image.Point]i420.Color{
			{X: 10, Y: 60}: black, {X: 80, Y: 60}: red, {X: 150, Y: 60}: black, {X: 240, Y: 60}: green,
			{X: 80, Y: 180}: black, {X: 160, Y: 180}: blue, {X: 240, Y: 180}: black,
		})
	})
}

func TestAMemberWithoutPictureTakesNoTile(t *testing.T) {
	b := newBench(t, "Composite", composite320, hub.Settings{})
	b.humming(b.source(b.port(), sound.Raw(48000, 2)), 440)
	out := b.source(b.port(), video.Raw())
	stop := b.showing(out, image.Pt(64, 48), red)
	viewer := b.viewer(b.port(), media.Video)
	whole := func(c i420.Color) func(p *i420.Picture) bool {
		return func(p *i420.Picture) bool {
			return shows(p, map[image.Point]i420.Color{{X: 0, Y: 0}: c, {X: 319, Y: 239}: c})
		}
	}
	awaitPicture(t, viewer, "one tile", whole(red))
	stop()
	b.showing(out, image.Pt(128, 48), green)
	awaitPicture(t, viewer, "another size", whole(green))
}

func TestCompositeParameters(t *testing.T) {
	b := newBench(t, "Composite", map[string]any{"width": 0, "framerate": 0}, hub.Settings{})
	b.showing(b.source(b.port(), video.Raw()), image.Pt(64, 48), red)
	awaitPicture(t, b.viewer(b.port(), media.Video), "the default size for 0", func(p *i420.Picture) bool {
		return p.Width == 800 && p.Height == 600
	})
	for _, bad := range []map[string]any{{"width": -1}, {"height": 5000}, {"framerate": 1000}} {
		bad["mediaPipeline"] = b.pipe.ID()
		if _, err := b.tryCreate("Composite", bad); err == nil {
			t.Errorf("%v is accepted", bad)
		}
	}
}

func TestEncodedMediaIsDecodedForAComposite(t *testing.T) {
	b := newBench(t, "Composite", composite320, hub.Settings{})
	b.showing(b.source(b.port(), video.Raw()), image.Pt(64, 48), green)
	watching := b.port()
	sink := elementtest.Create(t, b.s, "TestSink", map[string]any{"mediaPipeline": b.pipe.ID()}).(*elementtest.Sink)
	elementtest.Connect(t, watching, sink)
	elementtest.Eventually(t, "pictures for whom takes anything", func() bool { return sink.Count(media.Video) > 2 })
	if f := sink.Last(media.Video).Format; f.Codec != media.I420 {
		t.Errorf("they are %v", f)
	}
}

func TestAlphaBlendingPlacesPorts(t *testing.T) {
	b := newBench(t, "AlphaBlending", nil, hub.Settings{})
	master, inset, cropped := b.port(), b.port(), b.port()
	viewer := b.viewer(b.port(), media.Video)
	b.showing(b.source(master, video.Raw()), image.Pt(200, 100), red)
	awaitPicture(t, viewer, "640x480 without a master", func(p *i420.Picture) bool { return p.Width == 640 && p.Height == 480 })
	elementtest.Must(t, b.hub, "setMaster", map[string]any{"source": master.ID(), "zOrder": 0})
	place := func(port pipeline.Object, x, y, w, h float64, z int) {
		elementtest.Must(t, b.hub, "setPortProperties", map[string]any{
			"relativeX": x, "relativeY": y, "relativeWidth": w, "relativeHeight": h, "zOrder": z, "port": port.ID(),
		})
	}
	place(inset, 0.5, 0.5, 0.3, 0.3, 5)
	place(cropped, -0.1, 0, 0.2, 0.2, 3)
	b.showing(b.source(inset, video.Raw()), image.Pt(64, 64), green)
	b.showing(b.source(cropped, video.Raw()), image.Pt(64, 64), blue)
	awaitPicture(t, viewer, "green in red, blue at the edge", func(p *i420.Picture) bool {
		return p.Width == 200 && p.Height == 100 && shows(p, map[image.Point]i420.Color{
			{X: 50, Y: 50}: red, {X: 120, Y: 60}: green, {X: 170, Y: 60}: red, {X: 4, Y: 4}: blue, {X: 24, Y: 4}: red,
		})
	})
	place(inset, 0, 0, 1, 1, -1) // under the master
	awaitPicture(t, viewer, "red covers green", func(p *i420.Picture) bool {
		return shows(p, map[image.Point]i420.Color{{X: 120, Y: 60}: red})
	})
	place(inset, 2.5, -1, 0.3, 0.3, 9) // out of sight, as the original lets it be
	b.s.Release(master)
	awaitPicture(t, viewer, "the default size, the rest on black", func(p *i420.Picture) bool {
		return p.Width == 640 && shows(p, map[image.Point]i420.Color{{X: 20, Y: 20}: blue, {X: 320, Y: 240}: black})
	})
}

// TestPicturesAreSteady has members come and go; the times of the pictures stay those of the rate.
func TestPicturesAreSteady(t *testing.T) {
	b := newBench(t, "Composite", composite320, hub.Settings{})
	b.showing(b.source(b.port(), video.Raw()), image.Pt(64, 48), red)
	viewer := b.viewer(b.port(), media.Video)
	const interval = 40 * time.Millisecond
	var last time.Duration
	for i := range 40 {
		if i%10 == 5 {
			guest := b.port()
			b.showing(b.source(guest, video.Raw()), image.Pt(64, 48), green)
			defer b.s.Release(guest)
		}
		got := <-viewer.Took
		if step := got.PTS - last; last != 0 && step%interval != 0 {
			t.Fatalf("%v after the picture before", step)
		}
		last = got.PTS
	}
}
