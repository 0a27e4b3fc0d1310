package recorder

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

// script is a writer that notes what it gets, as "a20" or "v40*" with * for a key frame.
type script struct {
	tracks []Track
	log    []string
	end    time.Duration
	closed bool
}

func (s *script) WriteFrame(track int, pts time.Duration, key bool, _ []byte) error {
	name := strings.ToLower(s.tracks[track].Format.Kind.String()[:1])
	if key && name == "v" {
		s.log = append(s.log, fmt.Sprintf("v%d*", pts.Milliseconds()))
	} else {
		s.log = append(s.log, fmt.Sprintf("%s%d", name, pts.Milliseconds()))
	}
	s.end = max(s.end, pts+20*time.Millisecond)
	return nil
}

func (s *script) Duration() time.Duration { return s.end }

func (s *script) Close() error {
	s.closed = true
	return nil
}

var (
	vp8Format  = &media.Format{Kind: media.Video, Codec: media.VP8, ClockRate: 90000}
	vp8Again   = &media.Format{Kind: media.Video, Codec: media.VP8, ClockRate: 90000} // another source
	vp9Format  = &media.Format{Kind: media.Video, Codec: media.VP9, ClockRate: 90000}
	opusFormat = &media.Format{Kind: media.Audio, Codec: media.Opus, ClockRate: 48000, Channels: 2}
)

var (
	vp8Key   = []byte{0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01}
	vp8Inter = []byte{0x11, 0x02, 0x00}
	vp9Key   = []byte{0x82, 0x49, 0x83, 0x42, 0x00, 0x13, 0xf0, 0x0b, 0x36, 0x00}
	opus20   = []byte{0x78}
)

// frameOf reads "a20" (sound at 20 ms), "v40" (video), "k40" (a key frame), "V", "K" (of
// another source), "9" (a VP9 key frame), "b" (a broken key frame).
func frameOf(word string) *media.Packet {
	var ms int
	fmt.Sscan(word[1:], &ms)
	p := &media.Packet{PTS: time.Hour + time.Duration(ms)*time.Millisecond} // no matter when the clock began
	switch word[0] {
	case 'a':
		p.Format, p.Key, p.Data = opusFormat, true, opus20
	case 'v':
		p.Format, p.Data = vp8Format, vp8Inter
	case 'k':
		p.Format, p.Key, p.Data = vp8Format, true, vp8Key
	case 'V':
		p.Format, p.Data = vp8Again, vp8Inter
	case 'K':
		p.Format, p.Key, p.Data = vp8Again, true, vp8Key
	case '9':
		p.Format, p.Key, p.Data = vp9Format, true, vp9Key
	case 'b':
		p.Format, p.Key, p.Data = vp8Format, true, []byte{0}
	}
	return p
}

// TestMuxer plays scripts: frames as in frameOf, "record", "pause", "expect:av", and settings. In the
// result "?" is a request for a key frame, "!" the beginning of the file.
func TestMuxer(t *testing.T) {
	tests := []struct {
		name, in, want string
		err            error
	}{
		{"the file begins with the key frame that comes after sound",
			"expect:av record a0 a20 v25 k40 a40 v60 a60 a39", "! v0* a0 v20 a20", nil},
		{"the picture was there first",
			"expect:av record k0 v20 v40 a50 v60 v80 k100 a100 v120", "? ! v0* a0 v20", nil},
		{"nothing before all kinds have come",
			"expect:av record a0 a20 a40 a1000 a2000 a3000", "", nil},
		{"no key frames asked for while sound is missing",
			"expect:av record k0 v20 v600 v1200", "", nil},
		{"asked for again and again while the picture is missing",
			"expect:av record a0 v100 v300 v499 v500 v999 v1000", "? ?", nil},
		{"only sound is expected",
			"expect:a record a0 a20", "! a0 a20", nil},
		{"only video is expected",
			"expect:v record v0 k20 v40", "! v0* v20", nil},
		{"nothing is expected",
			"expect: record a0 a20", "! a0 a20", nil},
		{"what is expected changes",
			"expect:av record k0 v20 expect:v v600 k700", "? ! v0*", nil},
		{"a kind that comes when the file has begun",
			"expect:a record a0 k10 a20", "! a0 a20", nil},
		{"nothing before record",
			"expect:av k0 a0 v20 record a30 k40", "! v0*", nil},
		{"a pause is closed up and goes on with a key frame",
			"expect:av record a0 k0 a0 v20 a20 pause v40 a40 record a5000 v5000 k5010 a5010 v5030", "! v0* a0 v20 a20 v40* a40 v60", nil},
		{"two pauses",
			"expect:a record a0 a20 pause record a1000 pause record a2000 a2020", "! a0 a20 a40 a60 a80", nil},
		{"after a pause sound does not wait for ever",
			"expect:av record a0 k0 a0 pause record a1000 a2000 a2999 a3000 a3020 v3030 k3040", "! v0* a0 a20 a40 ? v60*", nil},
		{"pause before anything came",
			"expect:av record a0 pause k10 a20 record a100 k120", "! v0*", nil},
		{"record twice",
			"expect:a record a0 record a20", "! a0 a20", nil},
		{"another source goes on with its key frame",
			"expect:v record k0 v20 V1000 V1200 V1600 K1700 V1720", "! v0* v20 ? ? v1700* v1720", nil},
		{"a gap stays a gap",
			"expect:a record a0 a1000", "! a0 a1000", nil},
		{"a broken first frame",
			"expect:v record b0 k20 v40", "! v0* v20", nil},
		{"a camera that is off holds up nothing for ever",
			"patience expect:av record a0 a20 a4980 a5000 a5020 v5040 k5060 a5060", "a0 a20 ? ! v60* a60", nil},
		{"a muted microphone neither",
			"patience expect:av record k0 v40 v5000 v5010 k5040 v5080 a5090 a5110", "? v0* v40 ! a50 a70", nil},
		{"nobody has announced the sound",
			"patience unbound expect:av record k0 v40 v5000 v5010 k5040 v5080", "", nil},
		{"gaps of sound are closed",
			"gapless expect:av record a0 k0 a0 v40 a20 a140 a160 v160 a400 pause a500 record a5000 k5010 a5020 a5200", "! v0* a0 v40 a20 a40 a60 v160 a80 v180* a190 a210", nil},
		{"another codec is refused, once, and the rest goes on",
			"expect:av record a0 k0 a0 920 940 a20", "! v0* a0 a20", ErrCodec},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := &script{}
			m := &muxer{
				create: func(tracks []Track, _ time.Time) (Writer, error) {
					file.tracks = tracks
					return file, nil
				},
				wantKey: func() { file.log = append(file.log, "?") },
				began:   func() { file.log = append(file.log, "!") },
			}
			var errs []error
			for word := range strings.FieldsSeq(tt.in) {
				kinds, expect := strings.CutPrefix(word, "expect:")
				switch {
				case expect:
					m.expected[media.Audio] = strings.Contains(kinds, "a")
					m.expected[media.Video] = strings.Contains(kinds, "v")
				case word == "patience":
					m.patience = 5 * time.Second
					m.bound = func(k media.Kind) *media.Format {
						return map[media.Kind]*media.Format{media.Audio: opusFormat, media.Video: vp8Format}[k]
					}
				case word == "unbound":
					m.bound = nil
				case word == "gapless":
					m.closesGaps = true
				case word == "record":
					m.record()
				case word == "pause":
					m.pause()
				default:
					if err := m.write(frameOf(word)); err != nil {
						errs = append(errs, err)
					}
				}
			}
			if !slices.Equal(file.log, strings.Fields(tt.want)) {
				t.Errorf("%s, want %s", strings.Join(file.log, " "), tt.want)
			}
			if (tt.err == nil) != (len(errs) == 0) || tt.err != nil && (len(errs) != 1 || !errors.Is(errs[0], tt.err)) {
				t.Errorf("errors %v, want %v", errs, tt.err)
			}
			began := slices.Contains(file.log, "!")
			if m.close(); file.closed != began {
				t.Error("the file was not closed")
			}
		})
	}
}

func TestMuxerDescribesTracks(t *testing.T) {
	var tracks []Track
	var date time.Time
	m := &muxer{
		create: func(ts []Track, d time.Time) (Writer, error) {
			tracks, date = ts, d
			return &script{tracks: ts}, nil
		},
		wantKey: func() {}, began: func() {},
	}
	m.expected = [...]bool{media.Audio: true, media.Video: true, media.Data: false}
	m.record()
	for _, word := range []string{"a0", "k20"} {
		if err := m.write(frameOf(word)); err != nil {
			t.Fatal(err)
		}
	}
	if len(tracks) != 2 || tracks[0].Format != *opusFormat || string(tracks[0].Private[:8]) != "OpusHead" {
		t.Fatalf("%+v", tracks)
	}
	if v := tracks[1]; v.Format != *vp8Format || v.Width != 640 || v.Height != 480 {
		t.Errorf("%+v", v)
	}
	if want := media.Wall(time.Hour + 20*time.Millisecond); !date.Equal(want) {
		t.Errorf("date %v, want %v", date, want)
	}
}
