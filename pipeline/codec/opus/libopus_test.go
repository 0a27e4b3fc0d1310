package opus

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/thesyncim/gopus/container/ogg"

	"github.com/rivero-media/rivero/internal/fftest"
)

// samplesOf has libopus, through ffmpeg, decode a file.
func samplesOf(t *testing.T, path string, channels int) []int16 {
	t.Helper()
	raw, err := os.ReadFile(fftest.Make(t, "decoded.s16", "-c:a", "libopus", "-i", path, "-f", "s16le", "-ac", fmt.Sprint(channels)))
	if err != nil {
		t.Fatal(err)
	}
	samples := make([]int16, len(raw)/2)
	for i := range samples {
		samples[i] = int16(binary.LittleEndian.Uint16(raw[2*i:]))
	}
	return samples
}

// rawFile writes samples for ffmpeg.
func rawFile(t *testing.T, samples []int16) string {
	raw := make([]byte, 0, 2*len(samples))
	for _, s := range samples {
		raw = binary.LittleEndian.AppendUint16(raw, uint16(s))
	}
	return fftest.File(t, "signal.s16", raw)
}

// TestLibopusDecodesOurs lets libopus and our decoder decode the same packets.
func TestLibopusDecodesOurs(t *testing.T) {
	fftest.Need(t)
	for _, c := range []EncoderConfig{
		{Channels: 1, Bitrate: 32000, FEC: true, Loss: 20},
		{Channels: 2, Bitrate: 32000}, {Channels: 2, Bitrate: 96000, Application: Audio},
	} {
		signal := speech(SampleRate, c.Channels, 0.5)
		d := mustDecoder(t, SampleRate, c.Channels)
		var file bytes.Buffer
		w, err := ogg.NewWriter(&file, SampleRate, uint8(c.Channels))
		if err != nil {
			t.Fatal(err)
		}
		var ours []int16
		for _, p := range packets(t, mustEncoder(t, c), signal) {
			if err := w.WritePacket(p, 960); err != nil {
				t.Fatal(err)
			}
			if ours, err = d.Decode(ours, p); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		theirs := samplesOf(t, fftest.File(t, "ours.opus", file.Bytes()), c.Channels)
		ours = ours[len(ours)-len(theirs):] // without the pre-skip of the header
		quality, level := snr(ours, theirs), loudness(theirs)-loudness(signal)
		t.Logf("%d channels, %d bit/s: our decoder against libopus %.1f dB", c.Channels, c.Bitrate, quality)
		if quality < 70 || level > 1.5 || level < -2.5 {
			t.Errorf("%+v: our decoder against libopus %.1f dB, louder by %.1f dB", c, quality, level)
		}
	}
}

// TestOursDecodesLibopus decodes what libopus has encoded.
func TestOursDecodesLibopus(t *testing.T) {
	fftest.Need(t)
	for _, c := range []struct {
		channels int
		options  string
		bitrate  string
	}{{1, "voip", "16k"}, {2, "audio", "48k"}, {2, "lowdelay", "128k"}} {
		channels := fmt.Sprint(c.channels)
		path := fftest.Make(t, "theirs.opus", "-f", "s16le", "-ar", "48000", "-ac", channels,
			"-i", rawFile(t, speech(SampleRate, c.channels, 0.5)),
			"-c:a", "libopus", "-b:a", c.bitrate, "-application", c.options)
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		r, err := ogg.NewReader(file)
		if err != nil {
			t.Fatal(err)
		}
		d := mustDecoder(t, SampleRate, c.channels)
		var ours []int16
		for {
			packet, _, err := r.ReadPacket()
			if err == io.EOF {
				break
			}
			if err == nil {
				ours, err = d.Decode(ours, packet)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		ours = ours[int(r.Header.PreSkip)*c.channels:]
		quality := snr(ours, samplesOf(t, path, c.channels))
		t.Logf("%s, %s, %s channels: %.1f dB", c.options, c.bitrate, channels, quality)
		if quality < 70 {
			t.Errorf("%+v: %.1f dB", c, quality)
		}
	}
}
