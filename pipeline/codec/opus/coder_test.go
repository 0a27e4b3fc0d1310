package opus

import (
	"fmt"
	"testing"
	"time"
)

func mustEncoder(t testing.TB, c EncoderConfig) *Encoder {
	t.Helper()
	e, err := NewEncoder(c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func mustDecoder(t testing.TB, rate, channels int) *Decoder {
	t.Helper()
	d, err := NewDecoder(rate, channels)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// packets encodes a signal.
func packets(t testing.TB, e *Encoder, signal []int16) (all [][]byte) {
	t.Helper()
	for ; len(signal) >= e.Samples(); signal = signal[e.Samples():] {
		packet, err := e.Encode(nil, signal[:e.Samples()])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, packet)
	}
	return all
}

// TestFrames tries every duration at every rate and both numbers of channels.
func TestFrames(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		for channels := 1; channels <= 2; channels++ {
			signal := speech(rate, channels, 0.12)
			for _, frame := range []time.Duration{10, 20, 40, 60} {
				frame *= time.Millisecond
				e := mustEncoder(t, EncoderConfig{SampleRate: rate, Channels: channels, Frame: frame, Bitrate: 32000 * channels})
				d := mustDecoder(t, rate, channels)
				var out []int16
				for _, p := range packets(t, e, signal) {
					if Duration(p) != frame {
						t.Fatalf("a packet of %v, want %v", Duration(p), frame)
					}
					var err error
					if out, err = d.Decode(out, p); err != nil {
						t.Fatal(err)
					}
				}
				if len(out) != len(signal) {
					t.Errorf("%d Hz, %d channels, %v: %d samples, want %d", rate, channels, frame, len(out), len(signal))
				}
				if l := loudness(out) - loudness(signal); l < -3 || l > 1.5 {
					t.Errorf("%d Hz, %d channels, %v: louder by %.1f dB", rate, channels, frame, l)
				}
			}
		}
	}
}

// TestLoss loses every fifth packet and compares what Recover and Conceal make
// of it with the undamaged stream.
func TestLoss(t *testing.T) {
	signal := speech(SampleRate, 1, 0.6)
	e := mustEncoder(t, EncoderConfig{Bitrate: 32000, FEC: true, Loss: 20})
	if !e.FEC() {
		t.Fatal("mono has no FEC")
	}
	all := packets(t, e, signal)
	play := func(lost func(d *Decoder, out []int16, next []byte) ([]int16, error)) (out []int16) {
		d := mustDecoder(t, SampleRate, 1)
		for i, p := range all {
			var err error
			if i%5 == 3 && i+1 < len(all) {
				if out, err = lost(d, out, all[i+1]); err != nil {
					t.Fatal(err)
				}
				if len(out) != (i+1)*e.Samples() {
					t.Fatalf("%d samples after the gap, want %d", len(out), (i+1)*e.Samples())
				}
			} else if out, err = d.Decode(out, p); err != nil {
				t.Fatal(err)
			}
		}
		return out
	}
	whole := play(func(d *Decoder, out []int16, _ []byte) ([]int16, error) {
		return d.Decode(out, all[len(out)/e.Samples()])
	})
	recovered := snr(play(func(d *Decoder, out []int16, next []byte) ([]int16, error) { return d.Recover(out, next, 0) }), whole)
	concealed := snr(play(func(d *Decoder, out []int16, _ []byte) ([]int16, error) { return d.Conceal(out, 0) }), whole)
	silent := snr(play(func(d *Decoder, out []int16, _ []byte) ([]int16, error) {
		return append(out, make([]int16, e.Samples())...), nil
	}), whole)
	t.Logf("every fifth packet lost: SNR %.1f dB recovered, %.1f dB concealed, %.1f dB silent", recovered, concealed, silent)
	if recovered < concealed+3 || concealed < silent+0.5 {
		t.Error("recovery should be better than concealment, and that better than silence")
	}
}

// TestConcealLengths asks for gaps of any length, before the first packet and after.
func TestConcealLengths(t *testing.T) {
	d := mustDecoder(t, SampleRate, 2)
	all := packets(t, mustEncoder(t, EncoderConfig{Channels: 2, Bitrate: 64000}), speech(SampleRate, 2, 0.1))
	for range 2 {
		for _, c := range []struct{ lost, want time.Duration }{
			{0, 20 * time.Millisecond}, {10 * time.Millisecond, 10 * time.Millisecond}, {60 * time.Millisecond, 60 * time.Millisecond},
			{time.Second, 120 * time.Millisecond}, {21 * time.Millisecond, 20 * time.Millisecond},
		} {
			for _, conceal := range []func() ([]int16, error){
				func() ([]int16, error) { return d.Conceal(nil, c.lost) },
				func() ([]int16, error) { return d.Recover(nil, all[1], c.lost) },
			} {
				out, err := conceal()
				if want := int(c.want.Milliseconds()) * 48 * 2; err != nil || len(out) != want {
					t.Errorf("%v: %d samples, %v, want %d", c.lost, len(out), err, want)
				}
			}
		}
		if _, err := d.Decode(nil, all[0]); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDTX encodes a second of silence.
func TestDTX(t *testing.T) {
	e := mustEncoder(t, EncoderConfig{Bitrate: 32000, DTX: true})
	d := mustDecoder(t, SampleRate, 1)
	small := 0
	var out []int16
	for _, p := range packets(t, e, append(speech(SampleRate, 1, 0.2), make([]int16, 2*SampleRate)...)) {
		if len(p) <= 2 {
			small++
		}
		var err error
		if out, err = d.Decode(out, p); err != nil {
			t.Fatal(err)
		}
	}
	if small < 60 || len(out) != SampleRate*11/5 {
		t.Errorf("%d of 100 packets of silence are empty; %d samples", small, len(out))
	}
}

// TestBitrate switches the rate in the middle of a stream.
func TestBitrate(t *testing.T) {
	e := mustEncoder(t, EncoderConfig{Channels: 2, Application: Audio})
	size := func() (n int) {
		for _, p := range packets(t, e, speech(SampleRate, 2, 0.5)) {
			n += 2 * 8 * len(p)
		}
		return n
	}
	for _, bitrate := range []int{128000, 32000} {
		if err := e.SetBitrate(bitrate); err != nil {
			t.Fatal(err)
		}
		if got := size(); got < bitrate*7/10 || got > bitrate*12/10 {
			t.Errorf("%d bit/s became %d", bitrate, got)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []EncoderConfig{
		{SampleRate: 44100}, {Channels: 3}, {Frame: 15 * time.Millisecond}, {Application: "loud"},
		{Bitrate: -5}, {Complexity: 11}, {Loss: 101},
	} {
		if _, err := NewEncoder(c); err == nil {
			t.Errorf("%+v is taken", c)
		} else {
			t.Log(err)
		}
	}
	if _, err := NewDecoder(44100, 1); err == nil {
		t.Error("a decoder to 44100 Hz")
	}
	if _, err := mustEncoder(t, EncoderConfig{}).Encode(nil, make([]int16, 959)); err == nil {
		t.Error("959 samples are taken")
	}
	d := mustDecoder(t, SampleRate, 1)
	for _, p := range [][]byte{nil, {0x03}, {0x01, 1}} {
		if out, err := d.Decode(nil, p); err == nil || len(out) != 0 {
			t.Errorf("%x: %d samples, %v", p, len(out), err)
		}
	}
	if e := mustEncoder(t, EncoderConfig{Channels: 2, FEC: true, Loss: 10}); e.FEC() {
		t.Error("stereo has FEC")
	}
}

func TestNoAllocation(t *testing.T) {
	for channels := 1; channels <= 2; channels++ {
		e, d := mustEncoder(t, EncoderConfig{Channels: channels, Bitrate: 32000 * channels}), mustDecoder(t, SampleRate, channels)
		signal := speech(SampleRate, channels, 0.02)
		packet, out := make([]byte, 0, maxPacket), make([]int16, 0, d.samples(maxDuration))
		step := func() {
			p, err := e.Encode(packet, signal)
			if err == nil {
				_, err = d.Decode(out, p)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for range 10 {
			step()
		}
		if n := testing.AllocsPerRun(20, step); n > 1 {
			t.Errorf("%d channels: %v allocations per frame", channels, n)
		}
	}
}

// FuzzDecode gives the decoder any packets: what Duration promises comes out, or an error.
func FuzzDecode(f *testing.F) {
	for _, c := range []EncoderConfig{{Bitrate: 16000}, {Bitrate: 32000, FEC: true, Loss: 20}, {Channels: 2, Bitrate: 64000, Application: Audio}} {
		e := mustEncoder(f, c)
		all := packets(f, e, speech(SampleRate, max(c.Channels, 1), 0.06))
		f.Add(all[1], all[2])
	}
	f.Add([]byte{0xfb, 0x03}, []byte{0x00})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		d := mustDecoder(t, 16000, 2)
		for _, p := range [][]byte{a, b} {
			want := int(Duration(p) * 16000 / time.Second * 2)
			for name, got := range map[string]func() ([]int16, error){
				"recovered": func() ([]int16, error) { return d.Recover(nil, p, Duration(p)) },
				"decoded":   func() ([]int16, error) { return d.Decode(nil, p) },
			} {
				if out, err := got(); err == nil && len(out) != want {
					t.Errorf("%s %d samples, want %d", name, len(out), want)
				}
			}
			if _, err := d.Conceal(nil, 0); err != nil {
				t.Error(err)
			}
		}
	})
}

func ExampleEncoder() {
	e, err := NewEncoder(EncoderConfig{Channels: 2, Bitrate: 64000, Application: Audio})
	if err != nil {
		fmt.Println(err)
		return
	}
	packet, err := e.Encode(nil, make([]int16, e.Samples()))
	fmt.Println(Duration(packet), err)
	// Output: 20ms <nil>
}
