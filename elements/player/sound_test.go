package player_test

import (
	"os"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/conf"
	"github.com/rivero-media/rivero/elements"
	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/player"
	"github.com/rivero-media/rivero/elements/player/rtsp/rtsptest"
	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline/codec/aac"
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

// What a camera says in AAC reaches who takes Opus alone.
func TestSoundOfACameraIsConverted(t *testing.T) {
	data, err := os.ReadFile(fftest.Make(t, "tone.aac", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=16000:duration=2", "-c:a", "aac", "-f", "adts"))
	if err != nil {
		t.Fatal(err)
	}
	camera := rtsptest.Start(t, rtsptest.Options{Formats: []format.Format{&format.MPEG4Audio{
		PayloadTyp: 97, SizeLength: 13, IndexLength: 3, IndexDeltaLength: 3,
		Config: &mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 16000, ChannelConfig: 1, ChannelCount: 1},
	}}})
	s := elementtest.Server(t, elements.Steps(conf.Default()), player.Class(func() player.Settings { return player.Settings{} }))
	p := elementtest.Pipeline(t, s)
	played := elementtest.Create(t, s, "PlayerEndpoint", elementtest.In(p, "uri", camera.URI()))
	sink := elementtest.Create(t, s, "TestSink", elementtest.In(p, "sound", media.Opus)).(*elementtest.Sink)
	events := elementtest.Listen(t, played, "MediaTranscodingStateChanged", "Error")
	elementtest.Connect(t, played, sink)
	elementtest.Must(t, played, "play", nil)

	stop, ended := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(stop); <-ended })
	go func() {
		defer close(ended)
		tick := time.NewTicker(64 * time.Millisecond)
		defer tick.Stop()
		for n, left := uint16(0), data; ; n++ {
			if len(left) == 0 {
				left = data
			}
			h, err := aac.ParseADTS(left)
			if err != nil {
				t.Error(err)
				return
			}
			size := h.Length - h.Size
			payload := append([]byte{0, 16, byte(size >> 5), byte(size << 3)}, left[h.Size:h.Length]...)
			left = left[h.Length:]
			_ = camera.Write(0, &rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 97, Marker: true, SequenceNumber: n, Timestamp: uint32(n) * 1024}, Payload: payload})
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	}()
	if told := events.Await(t, "MediaTranscodingStateChanged"); told["state"] != "TRANSCODING" || told["mediaType"] != "AUDIO" {
		t.Errorf("told %v", told)
	}
	elementtest.Eventually(t, "a second of sound", func() bool { return sink.Count(media.Audio) >= 50 })
	if f := sink.Last(media.Audio).Format; f.Codec != media.Opus {
		t.Errorf("format %+v", f)
	}
	if types := events.Types(); len(types) != 0 {
		t.Errorf("other events: %v", types)
	}
}
