package opus

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// matrixSeconds of signal are enough for each combination of the matrix.
const matrixSeconds = 0.3

// matrix calls a function with every combination of settings that is to be tried.
func matrix(try func(EncoderConfig)) {
	for channels := 1; channels <= 2; channels++ {
		for _, bitrate := range []int{16000, 24000, 32000, 48000, 64000, 128000} {
			for _, application := range []Application{VoIP, Audio, LowDelay} {
				for _, f := range []struct {
					fec  bool
					loss int
				}{{false, 0}, {false, 20}, {true, 0}, {true, 20}} {
					try(EncoderConfig{Channels: channels, Bitrate: bitrate, Application: application, FEC: f.fec, Loss: f.loss})
				}
			}
		}
	}
}

// louder encodes and decodes the signal and returns by how many dB it has become
// louder, as a whole and in the piece of 100 ms in which it is worst.
func louder(t *testing.T, c EncoderConfig, newEncoder func(EncoderConfig) (*Encoder, error), signal []int16) (whole, worst float64) {
	t.Helper()
	e, err := newEncoder(c.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDecoder(SampleRate, c.Channels)
	if err != nil {
		t.Fatal(err)
	}
	var packet []byte
	var out []int16
	for in := signal; len(in) >= e.Samples(); in = in[e.Samples():] {
		if packet, err = e.Encode(packet[:0], in[:e.Samples()]); err != nil {
			t.Fatal(c, err)
		}
		if out, err = d.Decode(out, packet); err != nil {
			t.Fatal(c, err)
		}
	}
	out = out[e.Lookahead()*c.Channels:]
	in := signal[:len(out)]
	piece := SampleRate / 10 * c.Channels
	for i := 0; i+piece <= len(in); i += piece {
		if l := loudness(out[i:i+piece]) - loudness(in[i:i+piece]); math.Abs(l) > math.Abs(worst) {
			worst = l
		}
	}
	return loudness(out) - loudness(in), worst
}

// quieter is how much a combination may come out quieter: 16 kbit/s do not hold
// everything when redundancy takes a part of them, and libopus loses 2.1 dB there, too.
func quieter(c EncoderConfig) float64 {
	if c.Bitrate <= 16000 {
		return 2.5
	}
	return 1.5
}

// TestLoudness encodes the signal with every combination of settings: none may
// come out louder by 1.5 dB, or quieter.
func TestLoudness(t *testing.T) {
	signals := [][]int16{nil, speech(SampleRate, 1, matrixSeconds), speech(SampleRate, 2, matrixSeconds)}
	n, most, mostPiece := 0, 0.0, 0.0
	matrix(func(c EncoderConfig) {
		// With the race detector all is ten times slower, and this is not about races.
		if raceDetector && (c.Application == LowDelay || c.Bitrate != 32000 && c.Bitrate != 64000) {
			return
		}
		whole, worst := louder(t, c, NewEncoder, signals[c.Channels])
		if whole > 1.5 || whole < -quieter(c) || worst > 2.5 || worst < -quieter(c)-1 {
			t.Errorf("%+v: louder by %.1f dB, for 100 ms by %.1f dB", c, whole, worst)
		}
		n, most, mostPiece = n+1, max(most, math.Abs(whole)), max(mostPiece, math.Abs(worst))
	})
	t.Logf("%d combinations, at most %.2f dB, for 100 ms %.2f dB", n, most, mostPiece)
}

// TestGuardIsNeeded does without the guard. When it fails, the library has been
// repaired: take the guard away.
func TestGuardIsNeeded(t *testing.T) {
	signal := speech(SampleRate, 2, matrixSeconds)
	var broken []string
	for _, bitrate := range []int{32000, 48000} {
		c := EncoderConfig{Channels: 2, Bitrate: bitrate, FEC: true, Loss: 20}
		if whole, worst := louder(t, c, newEncoder, signal); math.Abs(whole) > 1.5 {
			broken = append(broken, fmt.Sprintf("%d kbit/s: louder by %.1f dB, for 100 ms by %.1f dB", bitrate/1000, whole, worst))
		}
	}
	if broken == nil {
		t.Error("stereo with FEC is as loud as it should be: the guard may go")
	}
	t.Log("without the guard:", strings.Join(broken, "; "))
}

// BenchmarkSecond measures one second of stereo music at 64 and of mono speech at 32 kbit/s.
func BenchmarkSecond(b *testing.B) {
	for _, c := range []EncoderConfig{
		{Channels: 1, Bitrate: 32000, FEC: true, Loss: 5},
		{Channels: 2, Bitrate: 64000, Application: Audio},
	} {
		e, err := NewEncoder(c)
		if err != nil {
			b.Fatal(err)
		}
		signal := speech(SampleRate, c.Channels, 1)
		var packets [][]byte
		for in := signal; len(in) >= e.Samples(); in = in[e.Samples():] {
			packet, err := e.Encode(nil, in[:e.Samples()])
			if err != nil {
				b.Fatal(err)
			}
			packets = append(packets, packet)
		}
		b.Run(fmt.Sprint("encode/", c.Channels), func(b *testing.B) {
			packet := make([]byte, 0, maxPacket)
			b.ReportAllocs()
			for b.Loop() {
				for in := signal; len(in) >= e.Samples(); in = in[e.Samples():] {
					if _, err := e.Encode(packet, in[:e.Samples()]); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
		b.Run(fmt.Sprint("decode/", c.Channels), func(b *testing.B) {
			d, err := NewDecoder(SampleRate, c.Channels)
			if err != nil {
				b.Fatal(err)
			}
			out := make([]int16, 0, d.samples(60*time.Millisecond))
			b.ReportAllocs()
			for b.Loop() {
				for _, p := range packets {
					if _, err := d.Decode(out, p); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
