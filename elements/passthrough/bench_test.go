package passthrough_test

import (
	"testing"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/passthrough"
	"github.com/rivero-media/rivero/pipeline"
)

// BenchmarkRelease releases one pipeline with many elements: unlinked ones, and those of a conference in which one
// feeds all others. It reports what making them cost too.
func BenchmarkRelease(b *testing.B) {
	for _, bm := range []struct {
		name   string
		n      int
		linked bool
	}{{"10000 elements", 10000, false}, {"1000 viewers", 1000, true}} {
		b.Run(bm.name, func(b *testing.B) {
			s := elementtest.Server(b, nil, passthrough.Class)
			for b.Loop() {
				b.StopTimer()
				p := elementtest.Pipeline(b, s)
				publisher := elementtest.Create(b, s, "PassThrough", elementtest.In(p))
				for range bm.n {
					var e pipeline.Object = elementtest.Create(b, s, "PassThrough", elementtest.In(p))
					if bm.linked {
						elementtest.Connect(b, publisher, e)
					}
				}
				b.StartTimer()
				s.Release(p)
			}
		})
	}
}
