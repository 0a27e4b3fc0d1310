package sound

import (
	"encoding/base64"
	"encoding/hex"
	"os"
	"testing"
	"time"

	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/codec/aac"
	"github.com/rivero-media/rivero/pipeline/media"
)

// These tests decode what FFmpeg has encoded: there are no encoders for these codecs here.

// made is a stream of a tone at half of full level in both channels.
type made struct {
	format media.Format
	frames [][]byte
	pts    []time.Duration
}

const madeLength = 2 * time.Second

// makeTone has FFmpeg make a file and looks up the times of its packets there.
func makeTone(t testing.TB, name string, args ...string) (data []byte, pts []time.Duration) {
	t.Helper()
	args = append([]string{"-f", "lavfi", "-i", "aevalsrc='0.5*sin(2*PI*500*t)|0.5*sin(2*PI*500*t)':s=44100:d=2"}, args...)
	path := fftest.Make(t, name, args...)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range fftest.Inspect(t, path).Streams[0].Packets {
		pts = append(pts, p.PTS)
	}
	return data, pts
}

func makeAAC(t testing.TB) (m made) {
	data, _ := makeTone(t, "tone.aac", "-c:a", "aac", "-b:a", "128k", "-f", "adts")
	for len(data) > 0 {
		h, err := aac.ParseADTS(data)
		if err != nil {
			t.Fatal(err)
		}
		m.pts = append(m.pts, duration(1024*len(m.frames), 44100))
		m.frames, data = append(m.frames, data[h.Size:h.Length]), data[h.Length:]
	}
	config := []byte{2<<3 | 4>>1, 4<<7&0xff | 2<<3} // AAC-LC, 44.1 kHz, stereo
	m.format = media.Format{Kind: media.Audio, Codec: media.AAC, ClockRate: 44100, Channels: 2, Params: "config=" + hex.EncodeToString(config)}
	return m
}

func makeVorbis(t testing.TB) (m made) {
	data, pts := makeTone(t, "tone.ogg", "-c:a", "libvorbis", "-q:a", "5")
	var all [][]byte
	var packet []byte
	for len(data) >= 27 && string(data[:4]) == "OggS" { // RFC 3533 §6
		lacing := data[27 : 27+int(data[26])]
		data = data[27+len(lacing):]
		for _, n := range lacing {
			packet, data = append(packet, data[:n]...), data[n:]
			if n < 255 {
				all, packet = append(all, packet), nil
			}
		}
	}
	private := []byte{2}
	for _, header := range all[:2] {
		n := len(header)
		for ; n >= 255; n -= 255 {
			private = append(private, 255)
		}
		private = append(private, byte(n))
	}
	for _, header := range all[:3] {
		private = append(private, header...)
	}
	m.frames, m.pts = all[3:], pts
	m.format = media.Format{Kind: media.Audio, Codec: media.Vorbis, ClockRate: 44100, Channels: 2,
		Params: "configuration=" + base64.StdEncoding.EncodeToString(private)}
	return m
}

func makeMP3(t testing.TB) (m made) {
	data, _ := makeTone(t, "tone.mp3", "-c:a", "libmp3lame", "-b:a", "128k", "-id3v2_version", "0", "-write_xing", "0")
	for len(data) >= 4 {
		size := 144*128000/44100 + int(data[2]>>1&1) // MPEG-1 layer III with or without padding
		m.pts = append(m.pts, duration(1152*len(m.frames), 44100))
		m.frames, data = append(m.frames, data[:size]), data[size:]
	}
	m.format = media.Format{Kind: media.Audio, Codec: media.MP3, ClockRate: 44100, Channels: 2}
	return m
}

var makers = map[string]func(t testing.TB) made{media.AAC: makeAAC, media.Vorbis: makeVorbis, media.MP3: makeMP3}

// The tone of each codec comes out as Opus at its level, in frames at even distances.
func TestFilesComeThrough(t *testing.T) {
	for name, make := range makers {
		t.Run(name, func(t *testing.T) {
			m := make(t)
			c := newChain(t, m.format, frames(media.Opus))
			for i, data := range m.frames {
				c.send(time.Second+m.pts[i], data)
				if i%(waiting/2) == 0 {
					c.finish() // nobody sends faster than in real time, but this test
				}
			}
			got := c.finish()
			if n := int(madeLength / frameTime); len(got) < n-3 || len(got) > n+5 {
				t.Fatalf("%d frames came for %d", len(got), n)
			}
			for i, f := range got[1:] {
				if d := f.pts - got[i].pts; d != frameTime {
					t.Errorf("frame %d comes %v after the one before", i+1, d)
				}
			}
			if off := got[0].pts - time.Second; off < -60*time.Millisecond || off > 60*time.Millisecond {
				t.Errorf("the first frame is at %v, which is %v off", got[0].pts, off)
			}
			samples := decodeAll(t, media.Opus, got)
			middle := samples[len(samples)/4 : 3*len(samples)/4]
			if l := level(middle, 500, opusRate); l < 0.45 || l > 0.55 {
				t.Errorf("the tone has level %.3f, want 0.5", l)
			}
			if l := level(middle, 1500, opusRate); l > 0.02 {
				t.Errorf("there is another tone of level %.3f", l)
			}
		})
	}
}

// What is lost is filled, what is broken does not end the conversion, and goes on at its time.
func TestBrokenFiles(t *testing.T) {
	for name, make := range makers {
		t.Run(name, func(t *testing.T) {
			m := make(t)
			c := newChain(t, m.format, frames(media.PCMU))
			for i, data := range m.frames {
				switch i {
				case 20:
					continue
				case 30:
					data = []byte{0xff, 0xff, 0xff}
				case 35:
					data = data[:len(data)/2]
				}
				c.send(m.pts[i], data)
				if i%(waiting/2) == 0 {
					c.finish()
				}
			}
			got := c.finish()
			if n := int(madeLength / frameTime); len(got) < n-3 {
				t.Errorf("%d frames came for %d", len(got), n)
			}
			if last := got[len(got)-1].pts; last < madeLength-100*time.Millisecond || last > madeLength+100*time.Millisecond {
				t.Errorf("the last frame is at %v", last)
			}
		})
	}
}

// Without its configuration a stream cannot be decoded, and there is no way that begins and then breaks down.
func TestNoConfiguration(t *testing.T) {
	for _, f := range []media.Format{
		{Kind: media.Audio, Codec: media.AAC, ClockRate: 44100, Channels: 2},
		{Kind: media.Audio, Codec: media.AAC, ClockRate: 44100, Channels: 2, Params: "config=12"},
		{Kind: media.Audio, Codec: media.AAC, ClockRate: 44100, Channels: 2, Params: "config=xyz"},
		{Kind: media.Audio, Codec: media.Vorbis, ClockRate: 44100, Channels: 2},
		{Kind: media.Audio, Codec: media.Vorbis, ClockRate: 44100, Channels: 2, Params: "configuration=AgEB"},
		{Kind: media.Audio, Codec: media.MP3, Channels: 2},
	} {
		if _, ok := codec.Plan(f, codec.Want{}, func(f media.Format) (int, bool) { return 0, f.Codec == media.Opus }, codec.Steps{Steps}); ok {
			t.Errorf("a way from %+v", f)
		}
	}
}

// In steady state a frame costs no allocation, but for what the libraries allocate.
func TestFilesAllocateNothing(t *testing.T) {
	m := makeAAC(t)
	c := newChain(t, m.format, frames(media.PCMU))
	c.nodes[len(c.nodes)-1].Output().SetRoutes([]media.Route{{Sink: drain{}}})
	p := &media.Packet{Format: c.out.Format(), Burst: &c.burst}
	i := 0
	turn := func() {
		p.Data, p.PTS = m.frames[i%len(m.frames)], duration(1024*i, 44100)
		i++
		c.nodes[0].(*decoding).handle(p)
	}
	for range len(m.frames) {
		turn()
	}
	if n := testing.AllocsPerRun(100, turn); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkFiles is the time for one second of sound to Opus, on one core.
func BenchmarkFiles(b *testing.B) {
	for name, make := range makers {
		b.Run(name, func(b *testing.B) {
			m := make(b)
			c := newChain(b, m.format, frames(media.Opus))
			c.nodes[len(c.nodes)-1].Output().SetRoutes([]media.Route{{Sink: drain{}}})
			p := &media.Packet{Format: c.out.Format(), Burst: &c.burst}
			for n := time.Duration(0); b.Loop(); n++ {
				for i, data := range m.frames[:len(m.frames)/2] {
					p.Data, p.PTS = data, n*madeLength/2+m.pts[i]
					c.nodes[0].(*decoding).handle(p)
				}
			}
		})
	}
}

// Files have several frames in a block, with one time for all of them.
func TestLacedFrames(t *testing.T) {
	m := makeVorbis(t)
	c := newChain(t, m.format, frames(media.Opus))
	for i, data := range m.frames {
		c.send(m.pts[i&^7], data)
		if i%(waiting/2) == 0 {
			c.finish()
		}
	}
	got := c.finish()
	if n := int(madeLength / frameTime); len(got) < n-3 {
		t.Errorf("%d frames came for %d", len(got), n)
	}
	samples := decodeAll(t, media.Opus, got)
	if l := level(samples[len(samples)/4:3*len(samples)/4], 500, opusRate); l < 0.45 || l > 0.55 {
		t.Errorf("the tone has level %.3f, want 0.5", l)
	}
}
