package video

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/media"
)

var h264Frames = media.Format{Kind: media.Video, Codec: media.H264, ClockRate: clockRate}

// h264Film is frames of H264 in decoding order, with the times when they are shown, and these pictures as FFmpeg decodes them.
// The arguments are for libx264.
func h264Film(t testing.TB, width, height, count int, args ...string) (frames []packet, times []time.Duration, pictures []byte) {
	t.Helper()
	source := fmt.Sprintf("testsrc2=size=%dx%d:rate=25", width, height)
	all := []string{"-f", "lavfi", "-i", source, "-frames:v", fmt.Sprint(count), "-c:v", "libx264", "-pix_fmt", "yuv420p"}
	path := fftest.Make(t, "film.mkv", append(all, args...)...)
	stream := filepath.Join(t.TempDir(), "film.h264")
	for _, args := range [][]string{
		{"-i", path, "-c", "copy", "-bsf:v", "h264_mp4toannexb", stream}, {"-i", path, "-f", "rawvideo", "-pix_fmt", "yuv420p", stream + ".yuv"},
	} {
		if out, err := exec.Command("ffmpeg", append([]string{"-v", "error"}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	units := accessUnits(t, stream)
	for i, p := range fftest.Inspect(t, path).Streams[0].Packets {
		frames = append(frames, packet{pts: p.PTS, key: p.Key, data: units[i]})
		times = append(times, p.PTS)
	}
	slices.Sort(times)
	return frames, times, readFile(t, stream+".yuv")
}

// TestH264InOrder decodes frames that are not in the order of their pictures: these come out in order, each with the time of
// its own frame, and the last ones at the end.
func TestH264InOrder(t *testing.T) {
	const width, height, count = 96, 64, 40
	frames, times, pictures := h264Film(t, width, height, count, "-bf", "3", "-b_strategy", "0", "-g", "15")
	c := newChain(t, h264Frames, codec.Want{Codec: media.I420})
	for i, f := range frames {
		c.send(f.pts, f)
		if i%10 == 9 {
			c.wait(i - 5)
		}
	}
	c.out.End()
	size := width * height * 3 / 2
	for i, p := range c.wait(count) {
		if p.pts != times[i] || p.width != width || p.height != height {
			t.Errorf("picture %d: %v, %dx%d, want %v", i, p.pts, p.width, p.height, times[i])
		}
		if !slices.Equal(p.data, pictures[i*size:(i+1)*size]) {
			t.Errorf("picture %d differs", i)
		}
	}
}

// TestH264Loss asks for a key frame when a frame is missing, and shows nothing wrong until then.
func TestH264Loss(t *testing.T) {
	const width, height = 64, 64
	frames, _, pictures := h264Film(t, width, height, 30, "-bf", "0", "-g", "10", "-tune", "zerolatency")
	c := newChain(t, h264Frames, codec.Want{Codec: media.I420})
	for i, f := range frames {
		if i != 13 {
			c.send(f.pts, f)
		}
	}
	select {
	case <-c.up.asked:
	case <-time.After(limit):
		t.Fatal("no key frame was asked for")
	}
	size := width * height * 3 / 2
	for i, p := range c.wait(23) {
		if i >= 13 {
			i += 7 // the next key frame is number 20
		}
		if !slices.Equal(p.data, pictures[i*size:(i+1)*size]) {
			t.Errorf("picture %d differs", i)
		}
	}
}

// TestH264Refused tells why a stream is not decoded.
func TestH264Refused(t *testing.T) {
	frames, _, _ := h264Film(t, 64, 64, 20, "-vf", "format=yuv444p", "-pix_fmt", "yuv444p", "-profile:v", "high444")
	failed := make(chan any, 1)
	d := newDecoding(&h264Decoder{}, codec.NewArgs{Fail: func(v any) { failed <- v }})
	defer d.Close()
	for _, f := range frames {
		d.handle(&media.Packet{Format: &h264Frames, PTS: f.pts, Data: f.data, Burst: &media.Burst{}})
	}
	select {
	case v := <-failed:
		if text := fmt.Sprint(v); !strings.Contains(text, "chroma_format_idc 3") {
			t.Errorf("failed with %q", text)
		}
	default:
		t.Error("did not fail")
	}
}

// accessUnits takes a byte stream (Annex B) apart into frames as steps pass them on: each NAL unit with its length before it.
func accessUnits(t testing.TB, path string) (units [][]byte) {
	t.Helper()
	const slice, idr = 1, 5
	var unit []byte
	slices := false
	for _, n := range bytes.Split(readFile(t, path), []byte{0, 0, 1}) {
		n = bytes.TrimRight(n, "\x00")
		if len(n) == 0 {
			continue
		}
		kind := n[0] & 31
		picture := kind == slice || kind == idr
		if slices && (!picture || n[1]&0x80 != 0) { // first_mb_in_slice 0
			units = append(units, unit)
			unit, slices = nil, false
		}
		slices = slices || picture
		unit = append(binary.BigEndian.AppendUint32(unit, uint32(len(n))), n...)
	}
	return append(units, unit)
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
