package hub_test

import (
	"math"
	"testing"
	"time"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/hub"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec/pcm"
	"github.com/rivero-media/rivero/pipeline/codec/sound"
	"github.com/rivero-media/rivero/pipeline/media"
)

var (
	tones  = []float64{400, 1000, 2500} // Hz
	stereo = sound.Raw(48000, 2)
)

// level is how loud a tone is in the left channel of samples (Goertzel's algorithm).
func level(samples []int16, hz float64) float64 {
	w := 2 * math.Pi * hz / 48000
	var a, b float64
	n := len(samples) / 2
	for i := range n {
		a, b = float64(samples[2*i])+2*math.Cos(w)*a-b, a
	}
	return 2 * math.Sqrt(max(a*a+b*b-2*math.Cos(w)*a*b, 0)) / float64(n)
}

// awaitSound waits until a second of what a listener hears has some of the tones and lacks the others.
func awaitSound(t *testing.T, listener *elementtest.Raw, what string, want [3]bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	var samples []int16
	var levels [3]float64
	for {
		select {
		case got := <-listener.Took:
			samples = pcm.AppendSamples(samples, got.Data)
		case <-deadline:
			t.Fatalf("%s: levels %.0f, want %v", what, levels, want)
		}
		const window = 2 * 4800 // of 100 ms
		if len(samples) < window {
			continue
		}
		good := true
		for i, hz := range tones {
			levels[i] = level(samples[:window], hz)
			heard, silent := levels[i] > 5500 && levels[i] < 6500, levels[i] < 60 // 40 dB less
			good = good && (want[i] && heard || !want[i] && silent)
		}
		if good {
			return
		}
		samples = samples[window:]
	}
}

func TestEverybodyHearsAllOthers(t *testing.T) {
	for _, class := range []string{"Composite", "AlphaBlending"} {
		t.Run(class, func(t *testing.T) {
			b := newBench(t, class, nil, hub.Settings{})
			crowd := b.viewer(b.port(), media.Audio)
			var ports []pipeline.Object
			var ears []*elementtest.Raw
			for _, hz := range tones {
				port := b.port()
				b.humming(b.source(port, stereo), hz)
				ports, ears = append(ports, port), append(ears, b.viewer(port, media.Audio))
			}
			awaitSound(t, crowd, "who says nothing", [3]bool{true, true, true})
			awaitSound(t, ears[0], "the first", [3]bool{false, true, true})
			awaitSound(t, ears[1], "the second", [3]bool{true, false, true})
			awaitSound(t, ears[2], "the third", [3]bool{true, true, false})
			b.s.Release(ports[2])
			awaitSound(t, crowd, "after one has left", [3]bool{true, true, false})
			awaitSound(t, ears[0], "the same", [3]bool{false, true, false})
		})
	}
}

func TestMonoIsMixedToo(t *testing.T) {
	b := newBench(t, "Composite", nil, hub.Settings{})
	out := b.source(b.port(), sound.Raw(48000, 1))
	phase := 0
	b.repeating(20*time.Millisecond, func(at time.Duration) {
		var samples [960]int16
		for i := range samples {
			samples[i] = int16(6000 * math.Sin(2*math.Pi*tones[1]*float64(phase)/48000))
			phase++
		}
		elementtest.WriteTo(out, media.Packet{PTS: at, Key: true, Data: pcm.AppendData(nil, samples[:])})
	})
	awaitSound(t, b.viewer(b.port(), media.Audio), "mono", [3]bool{false, true, false})
}

func TestMixerMixesWhatItIsTold(t *testing.T) {
	b := newBench(t, "Mixer", nil, hub.Settings{})
	var ports []pipeline.Object
	for _, hz := range tones {
		port := b.port()
		b.humming(b.source(port, stereo), hz)
		ports = append(ports, port)
	}
	sink := b.port()
	ear := b.viewer(sink, media.Audio)
	call := func(operation string, kind string, source, sink pipeline.Object) {
		t.Helper()
		elementtest.Must(t, b.hub, operation, map[string]any{"media": kind, "source": source.ID(), "sink": sink.ID()})
	}
	call("connect", "AUDIO", ports[0], sink)
	awaitSound(t, ear, "one", [3]bool{true, false, false})
	call("connect", "AUDIO", ports[1], sink)
	awaitSound(t, ear, "two", [3]bool{true, true, false})
	call("connect", "AUDIO", ports[2], sink)
	call("connect", "AUDIO", ports[2], sink)
	awaitSound(t, ear, "three", [3]bool{true, true, true})
	call("disconnect", "AUDIO", ports[1], sink)
	awaitSound(t, ear, "two others", [3]bool{true, false, true})
	b.s.Release(ports[0])
	awaitSound(t, ear, "the last", [3]bool{false, false, true})

	params := func(kind string, source, sink pipeline.Object) map[string]any {
		return map[string]any{"media": kind, "source": source.ID(), "sink": sink.ID()}
	}
	refused(t, b.hub, "connect", params("DATA", ports[1], sink), pipeline.UnsupportedMediaType)
	refused(t, b.hub, "disconnect", params("DATA", ports[1], sink), pipeline.UnsupportedMediaType)
	refused(t, b.hub, "disconnect", params("VIDEO", ports[1], sink), pipeline.UnsupportedMediaType)
	foreign := elementtest.Create(t, b.s, "HubPort", map[string]any{"hub": b.create("Mixer").ID()})
	refused(t, b.hub, "connect", params("AUDIO", foreign, sink), pipeline.ConnectError)
	refused(t, b.hub, "connect", params("VIDEO", ports[1], foreign), pipeline.ConnectError)
}

func TestMixerSwitchesVideo(t *testing.T) {
	b := newBench(t, "Mixer", nil, hub.Settings{})
	source, port, out := b.create("TestSource"), b.port(), b.port()
	other, sink := b.create("TestSink").(*elementtest.Sink), b.create("TestSink").(*elementtest.Sink)
	elementtest.Connect(t, source, other)
	elementtest.Connect(t, source, port)
	elementtest.Connect(t, out, sink)
	elementtest.Must(t, b.hub, "connect", map[string]any{"media": "VIDEO", "source": port.ID(), "sink": out.ID()})
	elementtest.Eventually(t, "video as it is", func() bool { return sink.Count(media.Video) > 5 })
	still(t, sink, media.Audio, other)
	elementtest.Must(t, b.hub, "connect", map[string]any{"media": "AUDIO", "source": port.ID(), "sink": out.ID()})
	flows(t, "sound as it is", sink)
	if f := sink.Last(media.Audio).Format; !f.Packed {
		t.Errorf("one source of sound is converted to %v", f)
	}
}

func TestMessagesReachEveryPort(t *testing.T) {
	b := newBench(t, "Composite", nil, hub.Settings{})
	message := media.Format{Kind: media.Data, Codec: media.Message}
	from, to := b.port(), b.port()
	out := b.source(from, message)
	near, far := b.viewer(from, media.Data), b.viewer(to, media.Data)
	elementtest.Connect(t, to, b.port()) // a circle: the message goes round a few times, not for ever
	elementtest.WriteTo(out, media.Packet{Text: true, Data: []byte("hello")})
	for _, ear := range []*elementtest.Raw{near, far} {
		select {
		case got := <-ear.Took:
			if string(got.Data) != "hello" || !got.Text {
				t.Errorf("got %q, text %v", got.Data, got.Text)
			}
		case <-time.After(30 * time.Second):
			t.Fatal("the message does not come")
		}
	}
	elementtest.WriteTo(out, media.Packet{Data: []byte("bye")})
	for round := 0; ; round++ {
		got := <-far.Took
		if string(got.Data) == "bye" {
			break
		}
		if round > 10 {
			t.Fatal("the first message goes round for ever")
		}
	}
}
