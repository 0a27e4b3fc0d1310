package aac

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/rivero-media/rivero/internal/fftest"
)

// The sources that are encoded: FFmpeg's filters, for one or two channels.
const (
	tones      = "aevalsrc='0.3*sin(2*PI*(300+200*t)*t)+0.1*sin(2*PI*3100*t)|0.25*sin(2*PI*(500-100*t)*t)+0.1*sin(2*PI*2500*t)'"
	transients = "aevalsrc='0.6*sin(2*PI*900*t)*exp(-60*mod(t,0.17))|0.6*sin(2*PI*1300*t)*exp(-40*mod(t+0.05,0.23))'"
	noise      = "aevalsrc='0.2*(random(0)-0.5)+0.2*sin(2*PI*440*t)|0.2*(random(1)-0.5)+0.2*sin(2*PI*440*t)'"
	centred    = "aevalsrc='0.3*sin(2*PI*440*t)+0.1*sin(2*PI*7000*t)+0.03*(random(0)-0.5)|0.29*sin(2*PI*440*t)+0.08*sin(2*PI*7000*t)+0.03*(random(0)-0.5)'"
	surround   = "aevalsrc='0.3*sin(2*PI*300*t)|0.3*sin(2*PI*500*t)|0.2*sin(2*PI*700*t)|0.3*sin(2*PI*60*t)|0.1*sin(2*PI*900*t)*exp(-60*mod(t,0.17))|0.1*(random(0)-0.5)':c=5.1"
)

var materials = []struct {
	name, source   string
	rate, channels int
	options        []string
}{
	{"mono 8 kHz 32k", tones, 8000, 1, []string{"-b:a", "32k"}},
	{"mono 16 kHz 32k transients", transients, 16000, 1, []string{"-b:a", "32k"}},
	{"stereo 22.05 kHz 48k noise", noise, 22050, 2, []string{"-b:a", "48k"}},
	{"stereo 24 kHz 32k noise", noise, 24000, 2, []string{"-b:a", "32k"}},
	{"stereo 44.1 kHz 128k", tones, 44100, 2, []string{"-b:a", "128k"}},
	{"stereo 48 kHz 256k transients", transients, 48000, 2, []string{"-b:a", "256k"}},
	{"stereo 48 kHz 64k transients", transients, 48000, 2, []string{"-b:a", "64k"}},
	{"stereo 44.1 kHz 64k noise", noise, 44100, 2, []string{"-b:a", "64k", "-aac_pns", "1"}},
	{"stereo 48 kHz 32k intensity", centred, 48000, 2, []string{"-b:a", "32k", "-aac_is", "1"}},
	{"stereo 48 kHz 64k m/s", centred, 48000, 2, []string{"-b:a", "64k", "-aac_ms", "1", "-aac_is", "0"}},
	{"stereo 48 kHz 96k no tools", centred, 48000, 2, []string{"-b:a", "96k", "-aac_ms", "0", "-aac_is", "0", "-aac_pns", "0", "-aac_tns", "0"}},
	{"stereo 48 kHz 256k fast", noise, 48000, 2, []string{"-b:a", "256k", "-aac_coder", "fast"}},
	{"stereo 32 kHz anmr", transients, 32000, 2, []string{"-b:a", "96k", "-aac_coder", "anmr", "-strict", "-2"}},
	{"5.1 48 kHz 256k", surround, 48000, 6, []string{"-b:a", "256k"}},
	{"mono 96 kHz 128k", tones, 96000, 1, []string{"-b:a", "128k"}},
	{"mono 11.025 kHz 16k", noise, 11025, 1, []string{"-b:a", "16k"}},
}

// encode has FFmpeg make an ADTS file, with the channels of the source if 0.
func encode(t testing.TB, source string, rate, channels int, seconds float64, options ...string) string {
	args := []string{"-f", "lavfi", "-i", fmt.Sprintf("%s:s=%d:d=%g", source, rate, seconds)}
	if channels > 0 {
		args = append(args, "-ac", fmt.Sprint(channels))
	}
	args = append(append(args, "-c:a", "aac"), options...)
	return fftest.Make(t, "made.aac", append(args, "-f", "adts")...)
}

// frames cuts an ADTS file.
func frames(t testing.TB, path string) (c Config, all [][]byte) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for len(data) > 0 {
		h, err := ParseADTS(data)
		if err != nil {
			t.Fatal(err)
		}
		c, all, data = h.Config, append(all, data[h.Size:h.Length]), data[h.Length:]
	}
	return c, all
}

// encodeAll has FFmpeg make a file of each material in one go: starting it takes longer.
func encodeAll(t *testing.T) (paths []string) {
	dir := t.TempDir()
	var inputs, outputs []string
	for i, m := range materials {
		inputs = append(inputs, "-f", "lavfi", "-i", fmt.Sprintf("%s:s=%d:d=0.5", m.source, m.rate))
		outputs = append(outputs, "-map", fmt.Sprint(i), "-ac", fmt.Sprint(m.channels), "-c:a", "aac")
		outputs = append(append(outputs, m.options...), "-f", "adts")
		paths = append(paths, filepath.Join(dir, fmt.Sprint(i, ".aac")))
		if i < len(materials)-1 {
			outputs = append(outputs, paths[i])
		}
	}
	paths[len(paths)-1] = fftest.Make(t, "last.aac", append(inputs, outputs...)...)
	return paths
}

// snr compares 16 bit samples with FFmpeg's floating point ones.
func snr(got []int16, want []float32) float64 {
	signal, wrong := 1e-9, 1e-9
	for i, w := range want {
		x := float64(w) * 32768
		d := float64(got[i]) - max(-32768, min(32767, x))
		signal, wrong = signal+x*x, wrong+d*d
	}
	return 10 * math.Log10(signal/wrong)
}

// reference has FFmpeg decode files, all in one go.
func reference(t testing.TB, paths ...string) (all [][]float32) {
	t.Helper()
	dir := t.TempDir()
	var inputs, outputs, decoded []string
	for i, path := range paths {
		inputs = append(inputs, "-i", path)
		outputs = append(outputs, "-map", fmt.Sprint(i), "-f", "f32le", "-c:a", "pcm_f32le")
		decoded = append(decoded, filepath.Join(dir, fmt.Sprint(i, ".f32")))
		if i < len(paths)-1 {
			outputs = append(outputs, decoded[i])
		}
	}
	decoded[len(decoded)-1] = fftest.Make(t, "last.f32", append(inputs, outputs...)...)
	for _, path := range decoded {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		samples := make([]float32, len(raw)/4)
		for i := range samples {
			samples[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
		all = append(all, samples)
	}
	return all
}

// TestAgainstFFmpeg decodes what FFmpeg's encoder makes and compares with its
// decoder, and counts the tools of the standard that the files used.
func TestAgainstFFmpeg(t *testing.T) {
	fftest.Need(t)
	used := map[string]int{}
	paths := encodeAll(t)
	references := reference(t, paths...)
	for i, m := range materials {
		want := references[i]
		c, all := frames(t, paths[i])
		if c.SampleRate != m.rate || c.Channels != m.channels {
			t.Errorf("%s: %+v", m.name, c)
		}
		d, err := NewDecoder(c)
		if err != nil {
			t.Fatal(err)
		}
		var got []int16
		for i, f := range all {
			if got, err = d.Decode(got, f); err != nil {
				t.Fatalf("%s: frame %d of %d: %v", m.name, i, len(all), err)
			}
			count(used, d)
		}
		if len(got) != len(all)*frameSize*m.channels || len(got) != len(want) {
			t.Errorf("%s: %d samples of %d frames, FFmpeg has %d", m.name, len(got), len(all), len(want))
			continue
		}
		quality := snr(got, want)
		t.Logf("%-32s %3d frames, SNR %.1f dB", m.name, len(all), quality)
		if quality < 60 {
			t.Errorf("%s: SNR %.1f dB", m.name, quality)
		}
	}
	t.Log("used:", used)
	for _, tool := range []string{"short windows", "grouped", "noise", "intensity", "m/s", "tns", "escape book"} {
		if used[tool] == 0 {
			t.Errorf("no file has %s", tool)
		}
	}
}

// count notes which tools the last frame used.
func count(used map[string]int, d *Decoder) {
	note := func(tool string, is bool) {
		if is {
			used[tool]++
		}
	}
	for i, s := range d.config.slots {
		for j := range 2 {
			c := d.channels[2*i+j]
			if j == 1 && s.second == 0 {
				continue
			}
			note("short windows", c.sequence == eightShort)
			note("grouped", c.sequence == eightShort && c.groups < 8)
			note("kaiser", c.shape == 1)
			note("pulses", c.pulse.count > 0)
			note("tns", c.tns.present)
			for g := range c.groups {
				for sfb := range c.maxSFB {
					switch c.book[g][sfb] {
					case noiseBook:
						note("noise", true)
					case intensityBook, intensityNeg:
						note("intensity", true)
					case escapeBook:
						note("escape book", true)
					}
					note("m/s", j == 1 && d.pair.present != 0 && d.pair.used[g][sfb])
				}
			}
		}
	}
}

// TestBadFrame damages and drops frames in the middle of a stream: each gives an
// error and keeps time, and two frames later everything is as it was.
func TestBadFrame(t *testing.T) {
	c, all := frames(t, encode(t, transients, 48000, 2, 0.4, "-b:a", "96k", "-aac_pns", "0"))
	play := func(bad int) (out []int16, failed int) {
		d, err := NewDecoder(c)
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range all {
			if i == bad {
				f = f[:len(f)/3]
			}
			if out, err = d.Decode(out, f); err != nil {
				failed++
				if !errors.Is(err, errTruncated) {
					t.Error(err)
				}
			}
		}
		return out, failed
	}
	want, failed := play(-1)
	if failed != 0 {
		t.Fatal("the whole stream fails")
	}
	got, failed := play(10)
	if failed != 1 || len(got) != len(want) {
		t.Fatalf("%d errors, %d samples, want %d", failed, len(got), len(want))
	}
	for i := range got {
		if frame := i / 2 / frameSize; got[i] != want[i] && frame != 10 && frame != 11 {
			t.Fatalf("frame %d is damaged, too", frame)
		}
	}
}

func BenchmarkDecodeSecond(b *testing.B) {
	for _, channels := range []int{1, 2} {
		b.Run(fmt.Sprint(channels), func(b *testing.B) {
			c, all := frames(b, encode(b, noise, 48000, channels, 1, "-b:a", fmt.Sprint(64000*channels)))
			d, err := NewDecoder(c)
			if err != nil {
				b.Fatal(err)
			}
			out := make([]int16, 0, d.Samples())
			b.ReportAllocs()
			for b.Loop() {
				for _, f := range all[:min(47, len(all))] {
					if _, err := d.Decode(out, f); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
