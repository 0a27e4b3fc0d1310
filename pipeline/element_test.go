package pipeline_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/elements/passthrough"
	"github.com/rivero-media/rivero/pipeline"
)

func TestBitrates(t *testing.T) {
	w := newWorld(t)
	e := w.create("PassThrough", "mediaPipeline", w.create("MediaPipeline"))
	w.expect(`300000`, e, "getEncoderBitrate")
	w.expect(`0`, e, "getMinEncoderBitrate")
	w.expect(`1000000`, e, "getMaxEncoderBitrate")
	w.expect(`null`, e, "setMinOuputBitrate", "minOuputBitrate", 5) // as 6.x spells it
	w.expect(`5`, e, "getMinEncoderBitrate")
	w.expect(`null`, e, "setOutputBitrate", "bitrate", 7)
	w.expect(`7`, e, "getEncoderBitrate")
}

func TestLatencyStats(t *testing.T) {
	w := newWorld(t)
	p := w.create("MediaPipeline")
	w.expect(`false`, p, "getLatencyStats")
	w.expect(`null`, p, "setLatencyStats", "latencyStats", 1)
	w.expect(`true`, p, "getLatencyStats")
}

func TestDot(t *testing.T) {
	dir := t.TempDir()
	s := pipeline.NewServer(pipeline.Settings{DotDir: dir}, []*pipeline.Class{passthrough.Class}, zerolog.Nop())
	t.Cleanup(s.Close)
	w := &world{t, s}
	p := w.create("MediaPipeline")
	a, b, c := w.create("PassThrough", "mediaPipeline", p), w.create("PassThrough", "mediaPipeline", p), w.create("PassThrough", "mediaPipeline", p)
	w.invoke(a, "connect", "sink", b, "mediaType", "AUDIO")
	w.invoke(b, "connect", "sink", c, "mediaType", "VIDEO")
	link := func(from, to pipeline.Object, kind string) string {
		return `"` + from.ID() + `" -> "` + to.ID() + `" [label="` + kind + `"];`
	}
	whole := drawing(t, w, p)
	if !strings.HasPrefix(whole, "digraph ") || !strings.Contains(whole, link(a, b, "AUDIO")) || !strings.Contains(whole, link(b, c, "VIDEO")) {
		t.Errorf("pipeline: %s", whole)
	}
	one := drawing(t, w, a)
	if !strings.Contains(one, link(a, b, "AUDIO")) || strings.Contains(one, link(b, c, "VIDEO")) {
		t.Errorf("element: %s", one)
	}
	w.expect(`null`, p, "dumpGstreamerDot", "details", "SHOW_ALL")
	if text, err := os.ReadFile(filepath.Join(dir, p.ID()+".dot")); err != nil || string(text) != whole {
		t.Errorf("dumped: %s %v", text, err)
	}
	w.expect(`40001 MARSHALL_ERROR: Invalid value for 'GstreamerDotDetails'`, p, "getGstreamerDot", "details", "ALL")
}

func drawing(t *testing.T, w *world, o pipeline.Object) (dot string) {
	t.Helper()
	if err := json.Unmarshal([]byte(w.invoke(o, "getGstreamerDot")), &dot); err != nil {
		t.Fatal(err)
	}
	return dot
}
