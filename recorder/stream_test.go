package recorder

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"os"
	"testing"
	"time"

	"github.com/at-wat/ebml-go"
	"github.com/at-wat/ebml-go/webm"

	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline/media"
)

// stream is one kind of media as it flows through a pipeline: frames of some codec that FFmpeg has made.
type stream struct {
	format media.Format
	source *media.Format // nil: a new one each time it is played
	frames []streamFrame
}

type streamFrame struct {
	pts  time.Duration
	key  bool
	data []byte
}

// encoders are the arguments for FFmpeg by codec, with a key frame each second.
var encoders = map[string][]string{
	media.VP8:  {"-c:v", "libvpx", "-g", "25", "-deadline", "realtime", "-cpu-used", "8"},
	media.VP9:  {"-c:v", "libvpx-vp9", "-g", "25", "-deadline", "realtime", "-cpu-used", "8"},
	media.AV1:  {"-c:v", "libaom-av1", "-g", "25", "-usage", "realtime", "-cpu-used", "8"},
	media.H264: {"-c:v", "libx264", "-g", "25", "-preset", "veryfast", "-bf", "0"},
	"H264+B":   {"-c:v", "libx264", "-g", "25", "-preset", "veryfast", "-bf", "2"},

	media.Opus:   {"-c:a", "libopus"},
	media.Vorbis: {"-c:a", "libvorbis"},
	media.AAC:    {"-c:a", "aac", "-ac", "2"},
	media.PCMU:   {"-c:a", "pcm_mulaw", "-ar", "8000"},
	media.PCMA:   {"-c:a", "pcm_alaw", "-ar", "8000"},
}

// formatsOf are what the tracks of a Matroska file are in a pipeline.
var formatsOf = map[string]media.Format{
	"V_VP8":           *vp8Format,
	"V_VP9":           *vp9Format,
	"V_AV1":           {Kind: media.Video, Codec: media.AV1, ClockRate: 90000},
	"V_MPEG4/ISO/AVC": {Kind: media.Video, Codec: media.H264, ClockRate: 90000},
	"A_OPUS":          *opusFormat,
	"A_VORBIS":        {Kind: media.Audio, Codec: media.Vorbis, ClockRate: 48000, Channels: 1},
	"A_AAC":           {Kind: media.Audio, Codec: media.AAC, ClockRate: 48000, Channels: 2},
	"A_MS/ACM":        {Kind: media.Audio, Codec: media.PCMU, ClockRate: 8000, Channels: 1},
}

// streams remembers what was made: encoding takes most of the time of these tests.
var streams = map[string]stream{}

const streamTime = 3 * time.Second

// makeStream returns three seconds of a codec at 25 frames a second.
func makeStream(t testing.TB, codec, size string) stream {
	t.Helper()
	if s, ok := streams[codec+size]; ok {
		return s
	}
	video, audio := streamTime, time.Duration(0)
	if encoders[codec][0] == "-c:a" {
		video, audio = 0, streamTime
	}
	args := append(fftest.Pattern(video, audio, size, 25), encoders[codec]...)
	s := readStream(t, fftest.Make(t, "stream.mkv", args...))
	if codec == media.PCMA {
		s.format.Codec = codec
	}
	streams[codec+size] = s
	return s
}

// readStream reads a file with one track.
func readStream(t testing.TB, path string) (s stream) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var file struct {
		Header  webm.EBMLHeader `ebml:"EBML"`
		Segment webm.Segment    `ebml:"Segment"`
	}
	if err := ebml.Unmarshal(f, &file, ebml.WithIgnoreUnknown(true)); err != nil {
		t.Fatal(err)
	}
	track := file.Segment.Tracks.TrackEntry[0]
	s.format = formatsOf[track.CodecID]
	private := track.CodecPrivate
	switch s.format.Codec {
	case media.Vorbis:
		s.format.Params = "configuration=" + base64.StdEncoding.EncodeToString(private)
	case media.AAC:
		s.format.Params = "config=" + hex.EncodeToString(private)
	}
	for _, c := range file.Segment.Cluster {
		blocks := c.SimpleBlock
		for _, g := range c.BlockGroup {
			g.Block.Keyframe = s.format.Kind == media.Audio
			blocks = append(blocks, g.Block)
		}
		for _, b := range blocks {
			frame := streamFrame{time.Duration(int64(c.Timecode)+int64(b.Timecode)) * time.Millisecond, b.Keyframe, b.Data[0]}
			if s.format.Codec == media.H264 && frame.key {
				frame.data = append(setsOf(private), frame.data...)
			}
			frame.pts = max(frame.pts, 0)
			s.frames = append(s.frames, frame)
		}
	}
	if len(s.frames) == 0 {
		t.Fatalf("no frames of %s in %s", track.CodecID, path)
	}
	return s
}

// setsOf are the parameter sets of an AVCDecoderConfigurationRecord as a frame has them.
func setsOf(record []byte) (sets []byte) {
	at := 5
	for _, mask := range []byte{0x1f, 0xff} {
		count := record[at] & mask
		at++
		for range count {
			n := int(binary.BigEndian.Uint16(record[at:]))
			sets = binary.BigEndian.AppendUint32(sets, uint32(n))
			sets = append(sets, record[at+2:at+2+n]...)
			at += 2 + n
		}
	}
	return sets
}
