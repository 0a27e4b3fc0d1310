package containers_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rivero-media/rivero/elements/player/containers"
	"github.com/rivero-media/rivero/elements/player/demux"
	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline/media"
)

func contents(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// stream is a source that cannot seek and gives little at a time.
type stream struct{ r io.Reader }

func (s stream) Read(b []byte) (int, error) { return s.r.Read(b[:min(len(b), 777)]) }

// A source that cannot seek gives the same frames, where the index is not behind them.
func TestStreams(t *testing.T) {
	for _, name := range []string{"fragments.mp4", "film.flv", "film.ts", "film.mkv", "film.ivf", "tone.ogg", "tone.opus", "tone.wav", "tone.mp3"} {
		t.Run(name, func(t *testing.T) {
			data := contents(t, "testdata/seeds/"+name)
			want := readAll(t, open(t, "testdata/seeds/"+name))
			r, err := containers.Open(stream{bytes.NewReader(data)})
			if err != nil {
				t.Fatal(err)
			}
			got := readAll(t, r)
			if !slices.EqualFunc(got, want, slices.Equal[[]shot]) {
				t.Errorf("got %v, want %v", got, want)
			}
			if r.Seekable() {
				t.Error("a stream says that it is seekable")
			}
		})
	}
	_, err := containers.Open(stream{bytes.NewReader(contents(t, "testdata/seeds/plain.mp4"))})
	if !errors.Is(err, demux.ErrFormat) {
		t.Errorf("an index behind the data: %v", err)
	}
}

// Bytes that nobody knows are an error, whatever their name.
func TestUnknown(t *testing.T) {
	for _, data := range []string{"", "x", "no film at all", strings.Repeat("no film ", 9000), "#EXTM3U\n#EXT-X-VERSION:3\n"} {
		if r, err := containers.Open(strings.NewReader(data)); err == nil {
			t.Errorf("%.20q is a %T", data, r)
		}
	}
}

// Picture that was turned, and a beginning that was cut off by an edit list: what is before it is there to be decoded, at times below 0.
func TestEdits(t *testing.T) {
	film := makeFile(t, "film.mp4", h264+" -g 25 -c:a aac")
	turned := fftest.Make(t, "turned.mp4", "-i", film, "-c", "copy", "-metadata:s:v", "rotate=90")
	if r := open(t, turned); r.Tracks()[0].Rotation != 90 && r.Tracks()[0].Rotation != 270 {
		t.Errorf("rotation %d", r.Tracks()[0].Rotation)
	}
	trimmed := fftest.Make(t, "trimmed.mp4", "-ss", "0.5", "-i", film, "-c", "copy")
	r := open(t, trimmed)
	all := readAll(t, r)
	if first := all[0][0]; first.pts > -400*time.Millisecond || !first.key {
		t.Errorf("the first frame of a trimmed film: %+v", first)
	}
	if off := r.Duration() - 1500*time.Millisecond; off.Abs() > 60*time.Millisecond {
		t.Errorf("duration %v", r.Duration())
	}
}

// Programs that write a WAV to a pipe do not know its size.
func TestEndlessWAV(t *testing.T) {
	data := contents(t, "testdata/seeds/tone.wav")
	size := bytes.Index(data, []byte("data")) + 4
	for _, v := range []uint32{0, 1<<32 - 1} {
		binary.LittleEndian.PutUint32(data[size:], v)
		r, err := containers.Open(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if n := len(readAll(t, r)[0]); n != 20 || r.Duration() != 400*time.Millisecond {
			t.Errorf("size %d: %d frames, duration %v", v, n, r.Duration())
		}
	}
}

// Ogg files that are put behind each other go on in time; of the second, the time stamps begin again.
func TestChainedOgg(t *testing.T) {
	for _, name := range []string{"tone.opus", "tone.ogg"} {
		one := contents(t, "testdata/seeds/"+name)
		r, err := containers.Open(bytes.NewReader(slices.Concat(one, one)))
		if err != nil {
			t.Fatal(err)
		}
		frames := readAll(t, r)[0]
		if last := frames[len(frames)-1].pts; last < 700*time.Millisecond || last > 850*time.Millisecond {
			t.Errorf("%s: the last of %d frames is at %v", name, len(frames), last)
		}
	}
}

// The length of a file of several chained streams is that of all which are played, on a disk.
func TestChainedOggHasALength(t *testing.T) {
	for _, codec := range []string{"libopus", "libvorbis"} {
		var all []byte
		for _, length := range []time.Duration{2 * time.Second, 30 * time.Second, time.Second} {
			name := fmt.Sprintf("%s%d.ogg", codec, length)
			all = append(all, contents(t, fftest.Make(t, name, append(fftest.Pattern(length, length, "16x16", 5), "-vn", "-c:a", codec, "-serial_offset", strconv.Itoa(len(all)+1))...))...)
		}
		for what, c := range map[string]struct {
			data []byte
			want time.Duration
		}{
			"whole":                {all, 33 * time.Second},
			"another codec behind": {slices.Concat(all, contents(t, "testdata/seeds/"+map[string]string{"libopus": "tone.ogg", "libvorbis": "tone.opus"}[codec])), 33 * time.Second},
		} {
			r := open(t, fftest.File(t, "chained.ogg", c.data))
			if d := r.Duration(); (d-c.want).Abs() > 100*time.Millisecond || r.Seekable() {
				t.Errorf("%s, %s: duration %v, seekable %v", codec, what, d, r.Seekable())
			}
			frames := readAll(t, r)[0]
			if last := frames[len(frames)-1].pts; (last - c.want).Abs() > 200*time.Millisecond {
				t.Errorf("%s, %s: the last frame is at %v", codec, what, last)
			}
		}
	}
}

// MP3 with junk between its frames.
func TestResync(t *testing.T) {
	data := contents(t, "testdata/seeds/tone.mp3")
	whole := len(readAll(t, open(t, "testdata/seeds/tone.mp3"))[0])
	half := len(data) / 2
	r, err := containers.Open(bytes.NewReader(slices.Concat(data[:half], bytes.Repeat([]byte{0xff, 0xfb, 0}, 500), data[half:])))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(readAll(t, r)[0]); n < whole-3 || n > whole {
		t.Errorf("%d frames of %d", n, whole)
	}
}

// Every key frame of H264 has its parameter sets, and every NAL unit a length of four bytes.
func TestParameterSets(t *testing.T) {
	for _, name := range []string{"plain.mp4", "film.flv", "film.ts", "film.mkv"} {
		r := open(t, "testdata/seeds/"+name)
		keys := 0
		for {
			f, err := r.Next()
			if err != nil {
				break
			}
			if r.Tracks()[f.Track].Format.Codec != media.H264 {
				continue
			}
			var types []byte
			for b := f.Data; len(b) > 4; {
				n := int(binary.BigEndian.Uint32(b))
				if n > len(b)-4 {
					t.Fatalf("%s: NAL unit of %d bytes", name, n)
				}
				types, b = append(types, b[4]&0x1f), b[4+n:]
			}
			if !f.Key {
				continue
			}
			if keys++; !slices.Contains(types, 7) || !slices.Contains(types, 8) || !slices.Contains(types, 5) {
				t.Errorf("%s: key frame of NAL units %v", name, types)
			}
		}
		if keys < 2 {
			t.Errorf("%s: %d key frames", name, keys)
		}
	}
}
