package player_test

import (
	"testing"

	"github.com/rivero-media/rivero/conf"
	"github.com/rivero-media/rivero/elements"
	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/player"
	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline/media"
)

// The sound of a file reaches who takes Opus alone, as a browser, whatever its codec.
func TestSoundOfFilesIsConverted(t *testing.T) {
	for _, c := range []struct{ name, file, codec string }{
		{"Vorbis", "tone.webm", "libvorbis"}, {"AAC", "tone.mkv", "aac"}, {"MP3", "tone.mkv", "libmp3lame"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := fftest.Make(t, c.file, "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100:duration=1", "-ac", "2", "-c:a", c.codec)
			s := elementtest.Server(t, elements.Steps(conf.Default()), player.Class(func() player.Settings { return player.Settings{} }))
			p := elementtest.Pipeline(t, s)
			played := elementtest.Create(t, s, "PlayerEndpoint", elementtest.In(p, "uri", "file://"+path))
			sink := elementtest.Create(t, s, "TestSink", elementtest.In(p, "sound", media.Opus)).(*elementtest.Sink)
			events := elementtest.Listen(t, played, "MediaTranscodingStateChanged", "EndOfStream", "Error")
			elementtest.Connect(t, played, sink)
			elementtest.Must(t, played, "play", nil)
			told := events.Await(t, "MediaTranscodingStateChanged")
			if told["state"] != "TRANSCODING" || told["mediaType"] != "AUDIO" {
				t.Errorf("told %v", told)
			}
			events.Await(t, "EndOfStream")
			elementtest.Eventually(t, "the end of the sound", func() bool { return sink.Ends() > 0 })
			if n := sink.Count(media.Audio); n < 47 || n > 55 {
				t.Errorf("%d frames of 20 ms came for a second", n)
			}
			if f := sink.Last(media.Audio).Format; f.Codec != media.Opus || f.ClockRate != 48000 || f.Channels != 2 {
				t.Errorf("format %+v", f)
			}
			if types := events.Types(); len(types) != 0 {
				t.Errorf("other events: %v", types)
			}
		})
	}
}
