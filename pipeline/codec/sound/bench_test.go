package sound

import (
	"testing"
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

// BenchmarkSecond is the time for one second of sound through a whole chain of steps, on one core.
func BenchmarkSecond(b *testing.B) {
	for _, pair := range [][2]string{{media.PCMU, media.PCMA}, {media.Opus, media.PCMU}, {media.PCMU, media.Opus}} {
		b.Run(pair[0]+" to "+pair[1], func(b *testing.B) {
			c := newChain(b, frames(pair[0]), frames(pair[1]))
			c.nodes[len(c.nodes)-1].Output().SetRoutes([]media.Route{{Sink: drain{}}})
			tone := encodeTone(b, pair[0], 500, 50)
			p := &media.Packet{Format: c.out.Format(), Burst: &c.burst}
			b.ReportAllocs()
			for n := 0; b.Loop(); n += len(tone) {
				for i, data := range tone {
					p.Data, p.PTS = data, time.Duration(n+i)*frameTime
					c.nodes[0].(*decoding).handle(p) // what the queue's goroutine does
				}
			}
		})
	}
}
