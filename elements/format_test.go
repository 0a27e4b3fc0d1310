package elements_test

import (
	"testing"

	"github.com/rivero-media/rivero/conf"
	"github.com/rivero-media/rivero/elements"
	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/pipeline/media"
)

// setAudioFormat has everything that an element gives made the codec and bitrate; what cannot be is told by name.
func TestSetAudioFormat(t *testing.T) {
	s := elementtest.Server(t, elements.Steps(conf.Default()))
	p := elementtest.Pipeline(t, s)
	source := elementtest.Create(t, s, "TestSource", elementtest.In(p))
	sink := elementtest.Create(t, s, "TestSink", elementtest.In(p)).(*elementtest.Sink)
	events := elementtest.Listen(t, source, "MediaTranscodingStateChanged")
	elementtest.Connect(t, source, sink)
	set := func(codec string, bitrate int) {
		t.Helper()
		elementtest.Must(t, source, "setAudioFormat", map[string]any{"caps": map[string]any{"codec": codec, "bitrate": bitrate}})
	}
	set("OPUS", 16000) // which it is: the bitrate is for what is encoded here
	elementtest.Eventually(t, "Opus as it comes", func() bool {
		f := sink.Last(media.Audio).Format
		return f != nil && f.Codec == media.Opus && f.Caps == ""
	})
	set("PCMU", 64000)
	elementtest.Eventually(t, "the event", func() bool {
		e := events.Await(t, "MediaTranscodingStateChanged")
		return e["state"] == "TRANSCODING" && e["mediaType"] == "AUDIO"
	})
	if _, err := elementtest.Invoke(source, "setAudioFormat", map[string]any{"caps": map[string]any{"codec": "PCMA", "bitrate": -1}}); err == nil {
		t.Error("a negative bitrate was taken")
	}

	browser := elementtest.Create(t, s, "TestSink", elementtest.In(p, "sound", media.Opus))
	errors := elementtest.Listen(t, browser, "Error")
	elementtest.Connect(t, source, browser)
	want := "AUDIO input gets no PCMU, which a client has asked for: it cannot take that"
	if e := errors.Await(t, "Error"); e["description"] != want {
		t.Errorf("told %q, want %q", e["description"], want)
	}
}

// Without conversions the error names what is asked for, too.
func TestSetAudioFormatWithoutConversions(t *testing.T) {
	c := conf.Default()
	c.MediaElement.Transcoding = conf.TranscodingForbid
	s := elementtest.Server(t, elements.Steps(c))
	p := elementtest.Pipeline(t, s)
	source, sink := elementtest.Create(t, s, "TestSource", elementtest.In(p)), elementtest.Create(t, s, "TestSink", elementtest.In(p))
	errors := elementtest.Listen(t, sink, "Error")
	elementtest.Connect(t, source, sink)
	elementtest.Must(t, source, "setAudioFormat", map[string]any{"caps": map[string]any{"codec": "PCMA", "bitrate": 0}})
	want := "AUDIO input gets no PCMA, which a client has asked for: there is no decoder of opus"
	if e := errors.Await(t, "Error"); e["description"] != want {
		t.Errorf("told %q, want %q", e["description"], want)
	}
}
