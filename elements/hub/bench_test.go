package hub

import (
	"fmt"
	"image"
	"testing"
	"time"

	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/codec/pcm"
	"github.com/rivero-media/rivero/pipeline/codec/sound"
	"github.com/rivero-media/rivero/pipeline/codec/video"
	"github.com/rivero-media/rivero/pipeline/media"
)

// BenchmarkComposite makes one picture of several, of which all have changed, taking them in included.
func BenchmarkComposite(b *testing.B) {
	for _, bm := range []struct {
		members    int
		size, from image.Point
	}{
		{4, image.Pt(640, 480), image.Pt(640, 360)},
		{4, image.Pt(1280, 720), image.Pt(640, 360)},
		{4, image.Pt(1280, 720), image.Pt(1280, 720)},
		{9, image.Pt(1280, 720), image.Pt(640, 360)},
		{16, image.Pt(1280, 720), image.Pt(320, 180)},
	} {
		b.Run(fmt.Sprintf("%d of %dx%d in %dx%d", bm.members, bm.from.X, bm.from.Y, bm.size.X, bm.size.Y), func(b *testing.B) {
			c := newCompositor(25, (&composite{size: bm.size}).arrange, nil, nil)
			defer c.close()
			c.clock.Stop() // the benchmark is the clock
			c.out.SetRoutes([]media.Route{{Sink: nowhere{}}})
			picture, format := i420.New(bm.from.X, bm.from.Y), video.Raw()
			picture.Fill(i420.Black)
			p := media.Packet{Format: &format, Width: uint16(bm.from.X), Height: uint16(bm.from.Y), Data: picture.Data()}
			tiles := make([]*tile, bm.members)
			for i := range tiles {
				tiles[i] = c.add(nil)
				tiles[i].Bind(&format, nil)
			}
			at := media.Now()
			var burst media.Burst
			for b.Loop() {
				at += 40 * time.Millisecond
				p.PTS = at - latency
				for _, t := range tiles {
					t.Write(&p)
				}
				c.turn(at, &burst)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "ms/picture")
		})
	}
}

// BenchmarkSoundMixer mixes a second of sound for as many listeners as there are speakers, without their encoders.
func BenchmarkSoundMixer(b *testing.B) {
	for _, members := range []int{4, 16, 64} {
		b.Run(fmt.Sprint(members), func(b *testing.B) {
			m := newSoundMixer(nil, nil)
			defer m.close()
			m.clock.Stop()
			raw := sound.Raw(rate, channels)
			piece := media.Packet{Format: &raw, Data: pcm.AppendData(nil, ramp(1, pieceFrames))}
			speakers := make([]*speaker, members)
			for i := range speakers {
				speakers[i] = m.addSpeaker()
				speakers[i].Bind(&raw, nil)
				m.addListener(speakers[i]).out.SetRoutes([]media.Route{{Sink: nowhere{}}})
			}
			at := media.Now()
			var burst media.Burst
			for b.Loop() {
				for range time.Second / pieceLength {
					at += pieceLength
					piece.PTS = at - latency
					for _, s := range speakers {
						s.Write(&piece)
					}
					m.turn(at, &burst)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "ms/s")
		})
	}
}
