package passthrough_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/passthrough"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSuite(t *testing.T) {
	s := elementtest.Server(t, nil, passthrough.Class)
	elementtest.Suite(t, s, func(p *pipeline.MediaPipeline) pipeline.Object {
		return elementtest.Create(t, s, "PassThrough", elementtest.In(p))
	})
}

func TestMediaPassesThroughChains(t *testing.T) {
	s := elementtest.Server(t, nil, passthrough.Class)
	p := elementtest.Pipeline(t, s)
	source := elementtest.Create(t, s, "TestSource", elementtest.In(p))
	sink := elementtest.Create(t, s, "TestSink", elementtest.In(p)).(*elementtest.Sink)
	last := source
	for range 5 {
		next := elementtest.Create(t, s, "PassThrough", elementtest.In(p))
		elementtest.Connect(t, last, next)
		last = next
	}
	elementtest.Connect(t, last, sink)
	elementtest.Eventually(t, "audio and video through five elements", func() bool {
		return sink.Count(media.Audio) > 10 && sink.Count(media.Video) > 10
	})
	elementtest.Eventually(t, "the flow into the last is reported", func() bool {
		return elementtest.Must(t, sink, "isMediaFlowingIn", map[string]any{"mediaType": "VIDEO"}) == "true"
	})
}
