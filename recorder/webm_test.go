package recorder

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/rivero-media/rivero/elements/player/webm"
	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline/media"
)

// TestWebM has FFmpeg judge what we write: it must see and decode exactly what was in the clip.
func TestWebM(t *testing.T) {
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			c := makeClip(t, s)
			path := writeFile(t, c)
			fftest.Decode(t, path)
			got, want := fftest.Inspect(t, path), fftest.Inspect(t, c.path)
			if off := got.Duration - max(s.video, s.audio); off.Abs() > 20*time.Millisecond {
				t.Errorf("duration %v, want %v", got.Duration, max(s.video, s.audio))
			}
			if date := got.Tags["creation_time"]; date != "2026-11-20T12:00:00.123000Z" {
				t.Errorf("date %q", date)
			}
			for i, stream := range got.Streams {
				other := want.Streams[i]
				if stream.Codec != other.Codec || stream.Width != other.Width || stream.Height != other.Height {
					t.Errorf("stream %d is %s %dx%d, want %s %dx%d", i, stream.Codec, stream.Width, stream.Height, other.Codec, other.Width, other.Height)
				}
				comparePackets(t, stream, other)
			}
			if s.video > 0 {
				if got, want := fftest.Hashes(t, path, "v"), fftest.Hashes(t, c.path, "v"); len(want) < 50 || !slices.Equal(got, want) {
					t.Errorf("%d pictures are not the %d that were written", len(got), len(want))
				}
			}
			checkSeeks(t, path, s, c)
		})
	}
}

func comparePackets(t *testing.T, got, want fftest.Stream) {
	t.Helper()
	if len(got.Packets) != len(want.Packets) {
		t.Errorf("%s: %d packets, want %d", got.Codec, len(got.Packets), len(want.Packets))
		return
	}
	for i, p := range got.Packets {
		w := want.Packets[i]
		if off := p.PTS - max(w.PTS, 0); off.Abs() > 2*time.Millisecond || p.Size != w.Size || p.Key != w.Key {
			t.Errorf("%s: packet %d is %+v, want %+v", got.Codec, i, p, w)
			return
		}
	}
}

// checkSeeks looks whether the index leads to each second.
func checkSeeks(t *testing.T, path string, s shape, c clip) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := webm.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	interval := 1600 * time.Millisecond // 40 frames
	if s.video == 0 {
		interval = time.Second
	}
	for at := time.Duration(0); at < max(s.video, s.audio); at += 500 * time.Millisecond {
		if err := r.Seek(at); err != nil {
			t.Fatal(err)
		}
		for {
			f, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			if s.video > 0 && r.Tracks()[f.Track].Kind != media.Video {
				continue
			}
			if !f.Key || f.PTS > max(at, c.frames[0].pts+10*time.Millisecond) || at-f.PTS > interval {
				t.Errorf("seek to %v came to %v", at, f.PTS)
			}
			break
		}
	}
}

// TestWebMCutAnywhere is what kill -9 leaves: the file up to some byte, its header not patched.
func TestWebMCutAnywhere(t *testing.T) {
	c := makeClip(t, shapes[0])
	var live bytes.Buffer // not seekable: nothing is patched
	if err := writeClip(t, c, &live); err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(11, 12))
	data := live.Bytes()
	for range 5 {
		cut := len(data)/10 + rnd.IntN(len(data)*9/10)
		r, err := webm.NewReader(bytes.NewReader(data[:cut]))
		if err != nil {
			t.Fatal(err)
		}
		frames := 0
		for {
			if _, err := r.Next(); err != nil {
				if err != io.EOF && !errors.Is(err, webm.ErrTruncated) {
					t.Errorf("cut at %d: %v", cut, err)
				}
				break
			}
			frames++
		}
		path := filepath.Join(t.TempDir(), "cut.webm")
		if err := os.WriteFile(path, data[:cut], 0o666); err != nil {
			t.Fatal(err)
		}
		seen := 0
		for _, s := range fftest.Inspect(t, path).Streams {
			seen += len(s.Packets)
		}
		if seen == 0 || seen < frames-1 || seen > frames+1 { // FFmpeg may give out the frame that is cut
			t.Errorf("cut at %d of %d: FFmpeg reads %d frames, we %d", cut, len(data), seen, frames)
		}
	}
}

// recorded notes the size after each call, to see what is in the file at any moment.
type recorded struct {
	bytes.Buffer
	ends []int
}

func (r *recorded) Write(b []byte) (int, error) {
	n, err := r.Buffer.Write(b)
	r.ends = append(r.ends, r.Len())
	return n, err
}

// TestWebMIsWholeAfterEachWrite kills the writer between two calls: then nothing at all is cut.
func TestWebMIsWholeAfterEachWrite(t *testing.T) {
	c := makeClip(t, shapes[0])
	var out recorded
	if err := writeClip(t, c, &out); err != nil {
		t.Fatal(err)
	}
	if len(out.ends) < 5 {
		t.Fatalf("only %d writes for 4 s", len(out.ends))
	}
	last := time.Duration(0)
	for _, end := range out.ends[1:] {
		r, err := webm.NewReader(bytes.NewReader(out.Bytes()[:end]))
		if err != nil {
			t.Fatal(err)
		}
		var newest time.Duration
		for err == nil {
			var f webm.Frame
			if f, err = r.Next(); err == nil {
				newest = max(newest, f.PTS)
			}
		}
		if err != io.EOF {
			t.Errorf("after %d bytes: %v", end, err)
		}
		if newest-last > clusterTime*time.Millisecond+100*time.Millisecond {
			t.Errorf("a cluster of %v", newest-last)
		}
		last = newest
	}
	path := filepath.Join(t.TempDir(), "killed.webm")
	if err := os.WriteFile(path, out.Bytes()[:out.ends[len(out.ends)-2]], 0o666); err != nil {
		t.Fatal(err)
	}
	fftest.Decode(t, path)
}

// TestWebMSortsBlocks writes sound that comes later than the pictures it belongs to.
func TestWebMSortsBlocks(t *testing.T) {
	tracks := []Track{{Format: *opusFormat}, {Format: *vp8Format, Width: 640, Height: 480}}
	var out bytes.Buffer
	m, err := newMatroska(&out, "webm", tracks, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	for i := range 100 {
		if err := m.WriteFrame(1, ms(40*i), i%30 == 0, vp8Inter); err != nil {
			t.Fatal(err)
		}
		for at := 40*i - 300; at < 40*i-260; at += 20 {
			if at >= 0 {
				if err := m.WriteFrame(0, ms(at), true, opus20); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := webm.NewReader(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	var last [2]time.Duration
	count, back := 0, 0
	for {
		f, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if f.PTS < last[f.Track] {
			t.Errorf("track %d goes back from %v to %v", f.Track, last[f.Track], f.PTS)
		}
		if f.PTS < max(last[0], last[1]) {
			back++
		}
		last[f.Track] = f.PTS
		count++
	}
	if count < 280 || back > 0 {
		t.Errorf("%d frames, %d of them out of order", count, back)
	}
	if m.Duration() != ms(99*40+40) {
		t.Errorf("duration %v", m.Duration())
	}
}

func TestWebMKeepsTimesInOrder(t *testing.T) {
	var out bytes.Buffer
	m, err := newMatroska(&out, "webm", []Track{{Format: *vp8Format}, {Format: *opusFormat}}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	times := []time.Duration{0, 0, 5, 3, 40000, 39999, 10, 80000, 1, 1 << 40} // ms, some of them absurd
	for i, at := range times {
		if err := m.WriteFrame(i%2, at*time.Millisecond, i == 0, vp8Inter); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := webm.NewReader(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	last := []time.Duration{-1, -1}
	for i := 0; ; i++ {
		f, err := r.Next()
		if err == io.EOF {
			if i != len(times) {
				t.Errorf("%d frames, want %d", i, len(times))
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if f.PTS <= last[f.Track] {
			t.Errorf("frame %d of track %d at %v, after one at %v", i, f.Track, f.PTS, last[f.Track])
		}
		last[f.Track] = f.PTS
	}
}

// smallDisk fails like a disk that is full, after taking a part.
type smallDisk struct {
	*os.File
	left int
	err  error
}

func (d *smallDisk) Write(b []byte) (int, error) {
	if len(b) <= d.left {
		d.left -= len(b)
		return d.File.Write(b)
	}
	n, _ := d.File.Write(b[:d.left])
	d.left = 0
	return n, d.err
}

func TestWebMOnFullDisk(t *testing.T) {
	c := makeClip(t, shapes[0])
	for _, tt := range []struct{ cause, want error }{
		{&os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, ErrNoSpace},
		{&os.PathError{Op: "write", Path: "x", Err: syscall.EIO}, ErrWrite},
	} {
		path := filepath.Join(t.TempDir(), "full.webm")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		size := 0
		for _, frame := range c.frames {
			size += len(frame.data)
		}
		err = writeClip(t, c, &smallDisk{f, size * 2 / 3, tt.cause})
		if !errors.Is(err, tt.want) {
			t.Errorf("%v, want %v", err, tt.want)
		}
		fftest.Decode(t, path)
		if p := fftest.Inspect(t, path); p.Duration < time.Second || len(p.Streams[0].Packets) < 25 {
			t.Errorf("%v and %d frames were saved", p.Duration, len(p.Streams[0].Packets))
		}
	}
}

func TestWebMResolutionChange(t *testing.T) {
	small := makeClip(t, shapes[3])
	args := append(fftest.Pattern(time.Second, 0, "640x360", 25), shapes[3].encode...)
	large := readClip(t, fftest.Make(t, "large.webm", args...))
	end := small.frames[len(small.frames)-1].pts + 40*time.Millisecond
	for _, f := range large.frames {
		f.pts += end
		small.frames = append(small.frames, f)
	}
	path := writeFile(t, small)
	fftest.Decode(t, path)
	if p := fftest.Inspect(t, path); len(p.Streams[0].Packets) != len(small.frames) || p.Streams[0].Width != 320 {
		t.Errorf("%d frames, width %d", len(p.Streams[0].Packets), p.Streams[0].Width)
	}
}

func TestWebMRefusesTracks(t *testing.T) {
	for _, f := range []media.Format{{Kind: media.Video, Codec: media.H265}, {Kind: media.Audio, Codec: media.MP3}} {
		if WebM().Holds(f) {
			t.Errorf("WebM holds %v", f)
		}
		if _, err := NewTrack(f, []byte{0}); !errors.Is(err, ErrCodec) {
			t.Errorf("%v: %v", f, err)
		}
	}
	if packed := (media.Format{Kind: media.Video, Codec: media.VP8, Packed: true}); WebM().Holds(packed) {
		t.Error("WebM holds RTP payloads")
	}
}

func TestWebMDoesNotAllocatePerFrame(t *testing.T) {
	m, err := newMatroska(io.Discard, "webm", []Track{{Format: *vp8Format}, {Format: *opusFormat}}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	data := append(bytes.Clone(vp8Inter), make([]byte, 5000)...)
	at := time.Duration(0)
	write := func() {
		at += 20 * time.Millisecond
		if m.WriteFrame(0, at, false, data) != nil || m.WriteFrame(1, at, true, opus20) != nil {
			t.Fatal("write failed")
		}
	}
	for range 200 {
		write()
	}
	if n := testing.AllocsPerRun(1000, write); n >= 1 {
		t.Errorf("%v allocations per pair of frames", n)
	}
}

func BenchmarkWebM(b *testing.B) {
	m, err := newMatroska(io.Discard, "webm", []Track{{Format: *vp8Format}, {Format: *opusFormat}}, time.Time{})
	if err != nil {
		b.Fatal(err)
	}
	data := append(bytes.Clone(vp8Inter), make([]byte, 8000)...)
	at := time.Duration(0)
	b.ReportAllocs()
	for b.Loop() { // one second of 25 frames and 50 packets of sound
		for range 25 {
			at += 40 * time.Millisecond
			m.WriteFrame(0, at, false, data)
			m.WriteFrame(1, at, true, opus20)
			m.WriteFrame(1, at+20*time.Millisecond, true, opus20)
		}
	}
}
