package vorbis

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/rivero-media/rivero/internal/fftest"
)

// packets takes the packets out of an Ogg file (RFC 3533 §6).
func packets(t testing.TB, path string) (all [][]byte) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var packet []byte
	for len(data) >= 27 && string(data[:4]) == "OggS" {
		lacing := data[27 : 27+int(data[26])]
		data = data[27+len(lacing):]
		for _, n := range lacing {
			packet, data = append(packet, data[:n]...), data[n:]
			if n < 255 {
				all, packet = append(all, packet), nil
			}
		}
	}
	if len(all) < 4 {
		t.Fatal("too few packets")
	}
	return all
}

const source = "aevalsrc='0.3*sin(2*PI*(300+200*t)*t)+0.5*sin(2*PI*900*t)*exp(-60*mod(t,0.17))|0.2*(random(0)-0.5)+0.2*sin(2*PI*440*t)"

// TestAgainstFFmpeg decodes what libvorbis makes and compares with FFmpeg's decoder.
func TestAgainstFFmpeg(t *testing.T) {
	fftest.Need(t)
	for _, c := range []struct {
		source         string
		rate, channels int
		quality        string
		mask           uint32
	}{
		{source + "'", 44100, 2, "5", 3}, {source + "'", 48000, 1, "1", 4}, {source + "'", 22050, 2, "10", 3}, {source + "'", 8000, 1, "3", 4},
		{source + "|0.2*sin(2*PI*700*t)|0.2*sin(2*PI*60*t)|0.1*sin(2*PI*1500*t)|0.1*sin(2*PI*2500*t)':c=5.1", 48000, 6, "5", 0x3f},
	} {
		name := fmt.Sprintf("%d Hz, %d channels, quality %s", c.rate, c.channels, c.quality)
		path := fftest.Make(t, "made.ogg", "-f", "lavfi", "-i", fmt.Sprintf("%s:s=%d:d=1", c.source, c.rate),
			"-ac", fmt.Sprint(c.channels), "-c:a", "libvorbis", "-q:a", c.quality)
		all := packets(t, path)
		d, err := NewDecoder(all[0], all[2])
		if err != nil {
			t.Fatal(name, err)
		}
		if d.SampleRate() != c.rate || d.Channels() != c.channels || d.ChannelMask() != c.mask {
			t.Errorf("%s: %d Hz, %d channels, %#x", name, d.SampleRate(), d.Channels(), d.ChannelMask())
		}
		var got []int16
		for _, p := range all[3:] {
			if got, err = d.Decode(got, p); err != nil {
				t.Fatal(name, err)
			}
		}
		raw, err := os.ReadFile(fftest.Make(t, "decoded.f32", "-i", path, "-f", "f32le", "-c:a", "pcm_f32le"))
		if err != nil {
			t.Fatal(err)
		}
		want := len(raw) / 4 // the end is cut by the last page's granule position
		if len(got) < want || len(got) > want+8192*c.channels {
			t.Errorf("%s: %d samples, FFmpeg has %d", name, len(got), want)
			continue
		}
		signal, wrong := 1e-9, 1e-9
		for i := range want {
			x := 32768 * float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])))
			signal, wrong = signal+x*x, wrong+(x-float64(got[i]))*(x-float64(got[i]))
		}
		snr := 10 * math.Log10(signal/wrong)
		t.Logf("%s: %d packets, SNR %.1f dB", name, len(all)-3, snr)
		if snr < 70 {
			t.Errorf("%s: SNR %.1f dB", name, snr)
		}
	}
}

// headers are the smallest headers that pass: one codebook of two words, and no more.
func headers(change func(identification, setup []byte)) (identification, setup []byte) {
	identification = []byte("\x01vorbis\x00\x00\x00\x00\x02\x80\xbb\x00\x00" + strings.Repeat("\x00", 12) + "\xb8\x01")
	setup = []byte("\x05vorbis\x00BCV\x01\x00\x02\x00\x00")
	// unordered, not sparse, two lengths of 1, lookup type 0.
	setup = append(setup, 0, 0, 0, 0)
	if change != nil {
		change(identification, setup)
	}
	return identification, setup
}

func TestHeadersRefused(t *testing.T) {
	for _, c := range []struct {
		name, want string
		change     func(id, setup []byte)
	}{
		{"no setup behind the codebooks", "", func(_, _ []byte) {}},
		{"nine channels", "9 channels", func(id, _ []byte) { id[11] = 9 }},
		{"no rate", "sample rate 0", func(id, _ []byte) { id[12], id[13] = 0, 0 }},
		{"blocks of 1", "blocks of 1", func(id, _ []byte) { id[28] = 0xb0 }},
		{"blocks the wrong way round", "blocks of 2048", func(id, _ []byte) { id[28] = 0x8b }},
		{"no dimensions", "of 2 times 0", func(_, s []byte) { s[11] = 0 }},
		{"16 million entries", "times", func(_, s []byte) { s[12], s[15] = 0xff, 0xff }},
		{"incomplete", "", func(_, s []byte) { s[16] = 0x04 }},
		{"no codebook", "not a setup", func(_, s []byte) { s[8] = 'X' }},
	} {
		if _, err := NewDecoder(headers(c.change)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestSplitPrivate(t *testing.T) {
	long := strings.Repeat("c", 300)
	id, setup, err := SplitPrivate([]byte("\x02\x03\xff\x2d" + "abc" + long + "setup"))
	if string(id) != "abc" || string(setup) != "setup" || err != nil {
		t.Errorf("%q, %q, %v", id, setup, err)
	}
	for _, bad := range []string{"", "\x01\x01a", "\x02\xff", "\x02\x05\x05abc"} {
		if _, _, err := SplitPrivate([]byte(bad)); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// FuzzDecode gives the decoder any headers and packets.
func FuzzDecode(f *testing.F) {
	id, setup := headers(nil)
	f.Add(id, setup, []byte{0}, []byte{1, 2})
	f.Fuzz(func(t *testing.T, id, setup, a, b []byte) {
		d, err := NewDecoder(id, setup)
		if err != nil {
			return
		}
		var out []int16
		for _, p := range [][]byte{a, b, a} {
			out, _ = d.Decode(out[:0], p)
			if len(out) > 4096*d.Channels() {
				t.Fatalf("%d samples of a packet", len(out))
			}
		}
	})
}

func BenchmarkDecodeSecond(b *testing.B) {
	all := packets(b, fftest.Make(b, "made.ogg", "-f", "lavfi", "-i", source+"':s=48000:d=1", "-c:a", "libvorbis", "-q:a", "5"))
	d, err := NewDecoder(all[0], all[2])
	if err != nil {
		b.Fatal(err)
	}
	out := make([]int16, 0, 2*8192)
	b.ReportAllocs()
	for b.Loop() {
		for _, p := range all[3:] {
			if _, err := d.Decode(out, p); err != nil {
				b.Fatal(err)
			}
		}
	}
}
