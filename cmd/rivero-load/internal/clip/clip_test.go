package clip

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/at-wat/ebml-go"
	"github.com/at-wat/ebml-go/webm"

	"github.com/rivero-media/rivero/internal/fftest"
)

// Contents of the test clips: one key frame in front of every three frames, Opus of 20 ms.
func testVideo(i int) []byte {
	return append([]byte{byte(min(i%3, 1)), 2, 3}, bytes.Repeat([]byte{byte(i)}, 100+i)...)
}

func testAudio(i int) []byte {
	return append([]byte{synthOpusTOC}, fmt.Sprintf("opus %04d padding", i)...)
}

// makeWebM writes a file with frames video frames at 25 per second, each followed by two Opus packets, in one cluster
// per second. Every third frame sits in a BlockGroup. live leaves the cluster sizes unknown.
func makeWebM(t testing.TB, frames int, live bool) []byte {
	t.Helper()
	type segment struct {
		Info    webm.Info      `ebml:"Info"`
		Tracks  webm.Tracks    `ebml:"Tracks"`
		Cluster []webm.Cluster `ebml:"Cluster"`
	}
	type liveSegment struct {
		Info    webm.Info      `ebml:"Info"`
		Tracks  webm.Tracks    `ebml:"Tracks"`
		Cluster []webm.Cluster `ebml:"Cluster,size=unknown"`
	}
	s := segment{
		Info: webm.Info{TimecodeScale: 1e6},
		Tracks: webm.Tracks{TrackEntry: []webm.TrackEntry{
			{TrackNumber: 1, TrackUID: 1, CodecID: "S_TEXT/UTF8", TrackType: 17},
			{TrackNumber: 2, TrackUID: 2, CodecID: "V_VP8", TrackType: 1, Video: &webm.Video{PixelWidth: 16, PixelHeight: 16}},
			{TrackNumber: 3, TrackUID: 3, CodecID: "A_OPUS", TrackType: 2, Audio: &webm.Audio{SamplingFrequency: 48000, Channels: 2}},
		}},
	}
	for i := range frames {
		if i%25 == 0 {
			s.Cluster = append(s.Cluster, webm.Cluster{Timecode: uint64(i) * 40})
		}
		c := &s.Cluster[len(s.Cluster)-1]
		at := int16(i % 25 * 40)
		block := ebml.Block{TrackNumber: 2, Timecode: at, Data: [][]byte{testVideo(i)}}
		if i%3 == 2 {
			c.BlockGroup = append(c.BlockGroup, webm.BlockGroup{Block: block})
		} else {
			c.SimpleBlock = append(c.SimpleBlock, block)
		}
		for j := range 2 {
			c.SimpleBlock = append(c.SimpleBlock, ebml.Block{
				TrackNumber: 3, Timecode: at + int16(j)*20, Keyframe: true, Data: [][]byte{testAudio(2*i + j)},
			})
		}
	}
	var out bytes.Buffer
	var document any = &struct {
		Header  webm.EBMLHeader `ebml:"EBML"`
		Segment segment         `ebml:"Segment"`
	}{webm.EBMLHeader{DocType: "webm"}, s}
	if live {
		document = &struct {
			Header  webm.EBMLHeader `ebml:"EBML"`
			Segment liveSegment     `ebml:"Segment,size=unknown"`
		}{webm.EBMLHeader{DocType: "webm"}, liveSegment(s)}
	}
	if err := ebml.Marshal(document, &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func makeIVF(frames int) []byte {
	out := append([]byte("DKIF\x00\x00\x20\x00VP80"), 16, 0, 16, 0)
	out = binary.LittleEndian.AppendUint32(out, 25)
	out = binary.LittleEndian.AppendUint32(out, 1)
	out = binary.LittleEndian.AppendUint64(out, uint64(frames))
	for i := range frames {
		out = binary.LittleEndian.AppendUint32(out, uint32(len(testVideo(i))))
		out = binary.LittleEndian.AppendUint64(out, uint64(i))
		out = append(out, testVideo(i)...)
	}
	return out
}

func TestParse(t *testing.T) {
	const frames = 60
	for name, data := range map[string][]byte{
		"webm": makeWebM(t, frames, false), "live webm": makeWebM(t, frames, true), "ivf": makeIVF(frames),
	} {
		t.Run(name, func(t *testing.T) {
			c, err := Parse(data)
			if err != nil {
				t.Fatal(err)
			}
			if len(c.Video.Frames) != frames || c.Video.Period != frames*40*time.Millisecond {
				t.Fatalf("got %d frames, period %v", len(c.Video.Frames), c.Video.Period)
			}
			for i, f := range c.Video.Frames {
				if !bytes.Equal(f.Data, testVideo(i)) || f.Key != (i%3 == 0) || f.Time != time.Duration(i)*40*time.Millisecond {
					t.Fatalf("frame %d: key %v, at %v, %d bytes", i, f.Key, f.Time, len(f.Data))
				}
			}
			if name == "ivf" {
				return
			}
			if len(c.Audio.Frames) != 2*frames || c.Audio.Period != frames*40*time.Millisecond {
				t.Fatalf("got %d audio packets, period %v", len(c.Audio.Frames), c.Audio.Period)
			}
			for i, f := range c.Audio.Frames {
				if !bytes.Equal(f.Data, testAudio(i)) || f.Time != time.Duration(i)*20*time.Millisecond {
					t.Fatalf("audio packet %d: at %v, %q", i, f.Time, f.Data)
				}
			}
		})
	}
}

func TestParseStartsAtAKeyFrame(t *testing.T) {
	data := makeIVF(6)
	data[ivfFileHeader+ivfFrameHeader] = 1 // the first frame is no key frame any more
	c, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Video.Frames) != 3 || !c.Video.Frames[0].Key || c.Video.Frames[0].Time != 0 {
		t.Fatalf("got %+v", c.Video.Frames)
	}
}

func TestParseTruncated(t *testing.T) {
	for name, whole := range map[string][]byte{"webm": makeWebM(t, 10, false), "ivf": makeIVF(10)} {
		c, err := Parse(whole[:len(whole)-5])
		if err != nil || len(c.Video.Frames) < 9 {
			t.Errorf("%s cut in its last frame: %v", name, err)
		}
		for n := range whole {
			if c, err := Parse(whole[:n]); err == nil && len(c.Video.Frames) == 0 {
				t.Fatalf("%s cut after %d bytes: no frame and no error", name, n)
			}
		}
	}
}

func TestParseErrors(t *testing.T) {
	noKey := makeIVF(1)
	noKey[ivfFileHeader+ivfFrameHeader] = 1
	vp9 := makeIVF(1)
	copy(vp9[8:], "VP90")
	noRate := makeIVF(1)
	binary.LittleEndian.PutUint32(noRate[16:], 0)
	for name, test := range map[string]struct {
		data []byte
		want error
	}{
		"empty":        {nil, ErrNotAClip},
		"text":         {[]byte("hello"), ErrNotAClip},
		"no key frame": {noKey, ErrNoKeyFrame},
		"vp9 ivf":      {vp9, ErrCodec},
		"no rate":      {noRate, ErrMalformed},
		"short ivf":    {[]byte("DKIF"), ErrMalformed},
		"vp9 webm":     {bytes.Replace(makeWebM(t, 3, false), []byte("V_VP8"), []byte("V_VP9"), 1), ErrCodec},
	} {
		if _, err := Parse(test.data); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "missing.webm")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: got %v", err)
	}
}

// TestOpenFFmpegClip reads a clip that ffmpeg made: 6 s of VP8 at 15 frames per second with Opus.
func TestOpenFFmpegClip(t *testing.T) {
	path := fftest.Shared(t, "media/av6.webm")
	c, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	keys := 0
	for _, f := range c.Video.Frames {
		if f.Key {
			keys++
		}
	}
	if len(c.Video.Frames) != 90 || keys != 3 || len(c.Audio.Frames) < 299 {
		t.Errorf("got %d frames, %d key frames, %d audio packets", len(c.Video.Frames), keys, len(c.Audio.Frames))
	}
	if p := c.Video.Period; p < 5900*time.Millisecond || p > 6100*time.Millisecond {
		t.Errorf("period %v", p)
	}
}

// TestSynthesise checks what the tool promises of a clip made without a file: rate, packets per second, key frames.
func TestSynthesise(t *testing.T) {
	c := Synthesise(1_500_000)
	bytes, keys := 0, 0
	for _, f := range c.Video.Frames {
		bytes += len(f.Data)
		if f.Key {
			keys++
			if f.Data[0]&1 != 0 || f.Data[3] != 0x9d || f.Data[4] != 0x01 || f.Data[5] != 0x2a {
				t.Fatalf("key frame begins %x", f.Data[:10])
			}
		}
	}
	seconds := c.Video.Period.Seconds()
	if rate := float64(bytes) * 8 / seconds; rate < 1.4e6 || rate > 1.6e6 {
		t.Errorf("bit rate %.0f", rate)
	}
	r := Cut(c, 1200)
	if rate := float64(r.Slots) / seconds; rate < 215 || rate > 230 {
		t.Errorf("%.1f packets/s", rate)
	}
	if keys != 5 || !c.Video.Frames[0].Key {
		t.Errorf("%d key frames", keys)
	}
}

func TestCut(t *testing.T) {
	c, err := Parse(makeWebM(t, 30, false))
	if err != nil {
		t.Fatal(err)
	}
	r := Cut(c, 50)
	slot := 0
	for s, stream := range []Stream{r.Video, r.Audio} {
		track := []Track{c.Video, c.Audio}[s]
		for i, u := range stream.Units {
			var whole []byte
			for _, p := range u.Packets {
				if len(p.Payload) > 50 || len(p.Payload) == 0 || p.Slot != slot {
					t.Fatalf("unit %d: packet of %d bytes in slot %d", i, len(p.Payload), p.Slot)
				}
				slot++
				whole = append(whole, p.Payload...)
			}
			if !bytes.Equal(whole, track.Frames[i].Data) || u.Key != track.Frames[i].Key || u.Time != track.Frames[i].Time {
				t.Fatalf("unit %d differs from its frame", i)
			}
		}
	}
	if slot != r.Slots {
		t.Errorf("%d packets, %d slots", slot, r.Slots)
	}
	audio := r.Audio.Units[7].Packets[0]
	if slot, unique, ok := r.Find(audio.Payload); !ok || !unique || slot != audio.Slot {
		t.Errorf("audio packet found as %d %v %v, want %d", slot, unique, ok, audio.Slot)
	}
	video := r.Video.Units[20].Packets
	if _, unique, ok := r.Find(video[1].Payload); !ok || unique { // frames of one repeated byte
		t.Errorf("repeated payload: unique %v, found %v", unique, ok)
	}
	if _, _, ok := r.Find([]byte("something else altogether")); ok {
		t.Error("found a packet that is not in the reel")
	}
	if n := testing.AllocsPerRun(100, func() { r.Find(audio.Payload) }); n != 0 {
		t.Errorf("Find allocates %v times", n)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(makeWebM(f, 4, false))
	f.Add(makeWebM(f, 4, true))
	f.Add(makeIVF(4))
	f.Add([]byte("DKIF"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data)
		if err != nil {
			return
		}
		if len(c.Video.Frames) == 0 || !c.Video.Frames[0].Key || c.Video.Period <= 0 {
			t.Fatalf("accepted a clip that cannot be looped: %d frames, period %v", len(c.Video.Frames), c.Video.Period)
		}
		for _, track := range []Track{c.Video, c.Audio} {
			last := time.Duration(0)
			for _, frame := range track.Frames {
				if frame.Time < last || frame.Time >= track.Period {
					t.Fatalf("frame at %v after %v, period %v", frame.Time, last, track.Period)
				}
				last = frame.Time
			}
		}
		if r := Cut(c, 1200); r.Slots < len(c.Video.Frames) {
			t.Fatalf("%d packets for %d frames", r.Slots, len(c.Video.Frames))
		}
	})
}
