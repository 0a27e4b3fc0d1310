package mp3

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"testing"

	"github.com/rivero-media/rivero/internal/fftest"
)

const source = "aevalsrc='0.3*sin(2*PI*(300+200*t)*t)+0.5*sin(2*PI*900*t)*exp(-60*mod(t,0.17))|0.2*(random(0)-0.5)+0.2*sin(2*PI*440*t)'"

func encode(t testing.TB, rate, channels int, bitrate string, options ...string) string {
	args := append([]string{"-f", "lavfi", "-i", fmt.Sprintf("%s:s=%d:d=0.5", source, rate),
		"-ac", fmt.Sprint(channels), "-c:a", "libmp3lame", "-b:a", bitrate}, options...)
	return fftest.Make(t, "made.mp3", args...)
}

// decode reads a whole stream in pieces of odd size.
func decode(d *Decoder) (all []int16, err error) {
	piece := make([]int16, 1001)
	for {
		n, err := d.Read(piece)
		all = append(all, piece[:n]...)
		if err != nil {
			if err == io.EOF {
				err = nil
			}
			return all, err
		}
	}
}

// TestAgainstFFmpeg decodes what LAME makes and compares with FFmpeg's decoder.
func TestAgainstFFmpeg(t *testing.T) {
	fftest.Need(t)
	for _, c := range []struct {
		rate, channels int
		bitrate        string
		options        []string
	}{
		{44100, 2, "128k", nil}, {48000, 2, "320k", []string{"-joint_stereo", "0"}}, {32000, 1, "48k", nil}, {22050, 2, "64k", nil},
	} {
		name := fmt.Sprintf("%d Hz, %d channels, %s", c.rate, c.channels, c.bitrate)
		// Without its Xing header LAME's file has no frame that FFmpeg leaves out.
		path := encode(t, c.rate, c.channels, c.bitrate, append(c.options, "-write_xing", "0")...)
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		d, err := NewDecoder(file)
		if err != nil {
			t.Fatal(name, err)
		}
		if d.SampleRate() != c.rate {
			t.Errorf("%s: %d Hz", name, d.SampleRate())
		}
		got, err := decode(d)
		if err != nil {
			t.Fatal(name, err)
		}
		raw, err := os.ReadFile(fftest.Make(t, "decoded.f32", "-i", path, "-f", "f32le", "-c:a", "pcm_f32le", "-ac", "2"))
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(raw)/4 {
			t.Errorf("%s: %d samples, FFmpeg has %d", name, len(got), len(raw)/4)
		}
		gain := 1.0
		if c.channels == 1 {
			gain = math.Sqrt2 // FFmpeg spreads mono over two channels at the same power
		}
		signal, wrong := 1e-9, 1e-9
		for i := range min(len(got), len(raw)/4) {
			x := 32768 * gain * float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])))
			signal, wrong = signal+x*x, wrong+(x-float64(got[i]))*(x-float64(got[i]))
		}
		snr := 10 * math.Log10(signal/wrong)
		t.Logf("%s: SNR %.1f dB", name, snr)
		if snr < 60 {
			t.Errorf("%s: SNR %.1f dB", name, snr)
		}
	}
}

// TestTag passes over a tag whose size is a lie, and over two that are true.
func TestTag(t *testing.T) {
	fftest.Need(t)
	data, err := os.ReadFile(encode(t, 44100, 2, "128k", "-id3v2_version", "0", "-write_xing", "0"))
	if err != nil {
		t.Fatal(err)
	}
	lengths := map[string]int{}
	for name, tag := range map[string]string{
		"none": "", "empty": "ID3\x04\x00\x00\x00\x00\x00\x00", "two": "ID3\x04\x00\x00\x00\x00\x00\x02abID3\x04\x00\x10\x00\x00\x00\x010123456789x",
	} {
		d, err := NewDecoder(io.MultiReader(bytes.NewReader([]byte(tag)), bytes.NewReader(data)))
		if err != nil {
			t.Fatal(name, err)
		}
		all, err := decode(d)
		if err != nil {
			t.Fatal(name, err)
		}
		lengths[name] = len(all)
	}
	if lengths["none"] == 0 || lengths["none"] != lengths["empty"] || lengths["none"] != lengths["two"] {
		t.Error(lengths)
	}
	if _, err := NewDecoder(bytes.NewReader([]byte("ID3\x04\x00\x00\x7f\x7f\x7f\x7f"))); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("a tag that never ends:", err)
	}
	if _, err := NewDecoder(bytes.NewReader(nil)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("nothing:", err)
	}
}

// FuzzDecode reads any bytes: no more comes out than the most that each frame of
// at least 24 bytes can give.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("ID3\x04\x00\x00\x00\x00\x00\x00\xff\xfb\x90\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := NewDecoder(bytes.NewReader(data))
		if err != nil {
			return
		}
		all, err := decode(d)
		if len(all) > (len(data)/4+1)*2304 {
			t.Errorf("%d samples of %d bytes", len(all), len(data))
		}
		if _, again := d.Read(make([]int16, 2)); again == nil || err != nil && again != err {
			t.Errorf("after %v: %v", err, again)
		}
	})
}

// BenchmarkDecodeHalf measures half a second of stereo.
func BenchmarkDecodeHalf(b *testing.B) {
	data, err := os.ReadFile(encode(b, 48000, 2, "128k"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		d, err := NewDecoder(bytes.NewReader(data))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := decode(d); err != nil {
			b.Fatal(err)
		}
	}
}
