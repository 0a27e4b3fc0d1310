package pipeline_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/elements/passthrough"
	"github.com/rivero-media/rivero/internal/fftest"
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
	w.expect(`null`, e, "setMaxEncoderBitrate", "maxEncoderBitrate", 1)
	w.expect(`5`, e, "getMaxEncoderBitrate") // not below the minimum
	w.expect(`null`, e, "setMinEncoderBitrate", "minEncoderBitrate", 9)
	w.expect(`5`, e, "getMinEncoderBitrate") // not above the maximum
}

func TestFormats(t *testing.T) {
	w := newWorld(t)
	e := w.create("PassThrough", "mediaPipeline", w.create("MediaPipeline"))
	vp8 := map[string]any{"codec": "VP8", "framerate": map[string]any{"numerator": 30, "denominator": 1}}
	w.expect(`null`, e, "setVideoFormat", "caps", vp8)
	w.expect(`null`, e, "setAudioFormat", "caps", map[string]any{"codec": "OPUS", "bitrate": 32000})
	w.expect(`40001 MARSHALL_ERROR: Invalid value for 'VideoCodec'`, e, "setVideoFormat", "caps", map[string]any{"codec": "FOO"})
	w.expect(`40001 MARSHALL_ERROR: 'codec' property should be a string`, e, "setVideoFormat", "caps", map[string]any{})
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

// TestDotIsValid has Graphviz read a drawing whose names could break it.
func TestDotIsValid(t *testing.T) {
	fftest.Need(t, "dot")
	w := newWorld(t)
	p := w.create("MediaPipeline")
	a, b := w.create("PassThrough", "mediaPipeline", p), w.create("PassThrough", "mediaPipeline", p)
	w.invoke(a, "connect", "sink", b)
	w.invoke(a, "setName", "name", `a "quoted" \ name -> {with} everything; ñ €`+"\n\x01")
	w.invoke(p, "setName", "name", `}`)
	for _, o := range []pipeline.Object{p, a} {
		cmd := exec.Command("dot", "-Tplain")
		cmd.Stdin = strings.NewReader(drawing(t, w, o))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if n := strings.Count(string(out), "\nedge "); n != 3 {
			t.Errorf("graphviz sees %d links, wanted 3:\n%s", n, out)
		}
	}
}

func drawing(t *testing.T, w *world, o pipeline.Object) (dot string) {
	t.Helper()
	if err := json.Unmarshal([]byte(w.invoke(o, "getGstreamerDot")), &dot); err != nil {
		t.Fatal(err)
	}
	return dot
}
