package recorder

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline/media"
)

// The matrix: every container with every codec it holds, through everything that can happen to a recording. Frames carry
// their times, and nobody looks at another clock: the tests take as long as the writing.

const testSize = "160x96"

// reel is a recording of streams that is being made.
type reel struct {
	t      testing.TB
	m      *muxer
	target Target
	path   string
	sent   [len(media.Kinds)]int // frames that should be in the file
	now    time.Duration         // on the pipeline clock
}

var extensions = map[string]string{"WebM": "webm", "Matroska": "mkv", "MP4": "mp4", "FLV": "flv", "JPEG": "mjpeg"}

func newReel(t testing.TB, c Container, kinds ...media.Kind) *reel {
	r := &reel{t: t, path: filepath.Join(t.TempDir(), "out."+extensions[c.Name]), now: 3 * time.Hour}
	target, err := create(r.path)()
	if err != nil {
		t.Fatal(err)
	}
	r.target = target
	r.m = &muxer{
		create:  func(tracks []Track, date time.Time) (Writer, error) { return c.New(target, tracks, date) },
		wantKey: func() {}, began: func() {},
	}
	for _, k := range kinds {
		r.m.expected[k] = true
	}
	r.m.record()
	return r
}

// play writes streams. Each that is not a part of a source has a format pointer of its own: it is another source than before. lost tells which
// frames do not arrive. Afterwards it is as much later as the streams are long.
func (r *reel) play(lost func(k media.Kind, at time.Duration) bool, streams ...stream) {
	r.t.Helper()
	type packet struct {
		media.Packet
		order time.Duration
	}
	var packets []packet
	for _, s := range streams {
		f := s.source
		if f == nil {
			f = new(media.Format)
			*f = s.format
		}
		order := time.Duration(0) // pictures come in the order of decoding
		for _, frame := range s.frames {
			order = max(order, frame.pts)
			if lost == nil || !lost(f.Kind, frame.pts) {
				packets = append(packets, packet{media.Packet{Format: f, PTS: r.now + frame.pts, Key: frame.key, Data: frame.data}, order})
			}
		}
	}
	slices.SortStableFunc(packets, func(a, b packet) int { return int(a.order - b.order) })
	for i := range packets {
		p := &packets[i]
		if err := r.m.write(&p.Packet); err != nil {
			r.t.Fatal(err)
		}
		r.sent[p.Format.Kind]++
	}
	r.now += streamTime
}

func (r *reel) stop() fftest.Probe {
	r.t.Helper()
	if err := r.m.close(); err != nil {
		r.t.Fatal(err)
	}
	if err := closeTarget(r.target); err != nil {
		r.t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(r.path), ".*")); len(left) > 0 {
		r.t.Errorf("left behind: %v", left)
	}
	fftest.Decode(r.t, r.path)
	return fftest.Inspect(r.t, r.path)
}

// check compares the number of frames with what was sent, and looks at their times.
func (r *reel) check(p fftest.Probe, duration time.Duration) {
	r.t.Helper()
	// A stream of AAC is a frame longer, and one with B pictures begins two later.
	if off := p.Duration - duration; off < -60*time.Millisecond || off > 120*time.Millisecond {
		r.t.Errorf("duration %v, want %v", p.Duration, duration)
	}
	for _, s := range p.Streams {
		kind := media.Audio
		if s.Width > 0 {
			kind = media.Video
		}
		if len(s.Packets) < r.sent[kind]-2 || len(s.Packets) > r.sent[kind] { // sound before the first picture is left out
			r.t.Errorf("%s: %d frames of %d", s.Codec, len(s.Packets), r.sent[kind])
		}
		times := make([]time.Duration, len(s.Packets))
		for i, k := range s.Packets {
			times[i] = k.PTS
		}
		slices.Sort(times)
		if len(slices.Compact(times)) != len(times) {
			r.t.Errorf("%s: two frames at a time", s.Codec)
		}
	}
}

// seeks looks whether the times half a second after each step are reached from a key frame that is near.
func (r *reel) seeks(duration, step time.Duration) {
	r.t.Helper()
	var times []float64
	var intervals []string
	for at := 500 * time.Millisecond; at < duration; at += step {
		times = append(times, at.Seconds())
		intervals = append(intervals, strconv.FormatFloat(at.Seconds(), 'f', 3, 64)+"%+#1")
	}
	out, err := exec.Command("ffprobe", "-v", "error", "-select_streams", "v", "-read_intervals", strings.Join(intervals, ","),
		"-show_entries", "packet=pts_time,flags", "-of", "csv=p=0", r.path).CombinedOutput()
	lines := strings.Fields(string(out))
	if err != nil || len(lines) != len(times) {
		r.t.Errorf("seeks to %v: %v %s", times, err, out)
		return
	}
	for i, line := range lines {
		at, flags, _ := strings.Cut(line, ",")
		pts, err := strconv.ParseFloat(at, 64)
		if off := times[i] - pts; err != nil || off < 0 || off > 1.05 || !strings.HasPrefix(flags, "K") {
			r.t.Errorf("seek to %.3f comes to %s", times[i], line)
		}
	}
}

// cells are the pairs of codecs that each container is tried with, long ones with all that can happen.
var cells = []struct {
	container    Container
	video, audio string
	long         bool
}{
	{WebM(), media.VP9, media.Vorbis, false},
	{Matroska(), media.H264, media.Opus, true},
	{Matroska(), "H264+B", media.AAC, false},
	{Matroska(), media.VP8, media.PCMU, true},
	{Matroska(), media.AV1, media.PCMA, false},
	{MP4(), media.H264, media.Opus, true},
	{MP4(), "H264+B", media.AAC, true},
	{MP4(), media.VP9, media.AAC, true},
	{MP4(), media.AV1, media.Opus, false},
	{FLV(), media.H264, media.AAC, true},
	{FLV(), "H264+B", media.AAC, false},
}

func TestMatrix(t *testing.T) {
	fftest.Need(t)
	for _, c := range cells {
		t.Run(fmt.Sprintf("%s of %s and %s", c.container.Name, c.video, c.audio), func(t *testing.T) {
			video, audio := makeStream(t, c.video, testSize), makeStream(t, c.audio, "")
			for _, s := range []stream{video, audio} {
				if !c.container.Holds(s.format) {
					t.Fatalf("does not hold %v", s.format)
				}
			}
			t.Run("as it comes", func(t *testing.T) {
				r := newReel(t, c.container, media.Audio, media.Video)
				r.play(nil, audio, video)
				p := r.stop()
				r.check(p, streamTime)
				r.seeks(streamTime, time.Second)
				if len(p.Streams) != 2 {
					t.Errorf("%d streams", len(p.Streams))
				}
			})
			if c.long {
				t.Run("everything that can happen", func(t *testing.T) { eventful(t, c.container, c.video, video, audio) })
			}
		})
	}
}

// eventful has a pause, another source of another size, and loss.
func eventful(t *testing.T, c Container, codec string, video, audio stream) {
	r := newReel(t, c, media.Audio, media.Video)
	r.play(nil, audio, video)
	r.m.pause()
	r.now += time.Minute
	r.m.record()
	r.play(nil, audio, video)
	larger := makeStream(t, codec, "320x180")
	r.play(nil, audio, larger)
	r.play(func(k media.Kind, at time.Duration) bool {
		if k == media.Video { // and then all up to the next key frame
			return at >= 1300*time.Millisecond && at < 2*time.Second
		}
		return at >= 1300*time.Millisecond && at < 1500*time.Millisecond
	}, audio, video)
	p := r.stop()
	r.check(p, 4*streamTime)
	if c.Name != "FLV" { // which FFmpeg seeks by the bytes that go with a time
		r.seeks(4*streamTime, 1900*time.Millisecond)
	}
	sound := p.Streams[slices.IndexFunc(p.Streams, func(s fftest.Stream) bool { return s.Width == 0 })].Packets
	for i := range sound[1:] {
		gap := sound[i+1].PTS - sound[i].PTS
		if hole := sound[i].PTS > 3*streamTime; gap > 100*time.Millisecond && !hole {
			t.Errorf("no sound for %v at %v", gap, sound[i].PTS)
		}
	}
}

// TestMatrixLateKinds begins with one kind alone, and must be good when it is killed and when it is complete.
func TestMatrixLateKinds(t *testing.T) {
	fftest.Need(t)
	for _, c := range cells {
		for _, late := range []media.Kind{media.Video, media.Audio} {
			if c.video != media.H264 && c.video != media.VP8 {
				continue
			}
			t.Run(fmt.Sprintf("%s of %s and %s, %s late", c.container.Name, c.video, c.audio, late), func(t *testing.T) {
				both := [...]stream{media.Audio: makeStream(t, c.audio, ""), media.Video: makeStream(t, c.video, testSize)}
				r := newReel(t, c.container, media.Audio, media.Video)
				began := false
				r.m.patience, r.m.began = time.Second, func() { began = true }
				r.m.bound = func(k media.Kind) *media.Format { return &both[k].format }
				r.play(nil, both[1-late])
				if r.m.file == nil || began {
					t.Fatalf("the file: %v, told: %v", r.m.file != nil, began)
				}
				r.play(nil, both[:]...)
				if !began {
					t.Error("the second kind was not told")
				}
				live, err := exec.Command("cat", r.path).Output()
				if err != nil {
					t.Fatal(err)
				}
				fftest.Decode(t, fftest.File(t, "killed."+extensions[c.container.Name], live))
				p := r.stop()
				kinds := map[bool]int{}
				for _, s := range p.Streams {
					kinds[s.Width > 0] = len(s.Packets)
					if s.Width > 0 && s.Width != 160 {
						t.Errorf("width %d", s.Width)
					}
				}
				if kinds[true] < 75 || kinds[false] < 100 {
					t.Errorf("%d pictures, %d frames of sound", kinds[true], kinds[false])
				}
				if want := 2*streamTime - time.Second; (p.Duration - want).Abs() > 150*time.Millisecond {
					t.Errorf("duration %v, want %v", p.Duration, want)
				}
			})
		}
	}
}

// history is a file that is not patched, with what it was at any moment.
type history struct {
	bytes.Buffer
	now  time.Duration // of the file, as the test counts
	ends []killed
}

// killed is the file between one write and the next.
type killed struct {
	size int
	at   time.Duration
}

func (h *history) Write(b []byte) (int, error) {
	n, err := h.Buffer.Write(b)
	h.ends = append(h.ends, killed{h.Len(), h.now})
	return n, err
}

// mostLost is how much of the end is missing after kill -9: a fragment or cluster, and how long it waits for the other track.
const mostLost = 1600 * time.Millisecond

// TestMatrixKilled looks at every file that kill -9 can leave behind.
func TestMatrixKilled(t *testing.T) {
	fftest.Need(t)
	for i, c := range cells {
		if !c.long || c.video != media.H264 {
			continue
		}
		t.Run(fmt.Sprintf("%s of %s and %s", c.container.Name, c.video, c.audio), func(t *testing.T) {
			audio, video := makeStream(t, c.audio, ""), makeStream(t, c.video, testSize)
			audio.source, video.source = &audio.format, &video.format
			var file history
			r := newReel(t, c.container, media.Audio, media.Video)
			defer r.target.Close()
			r.m.create = func(tracks []Track, date time.Time) (Writer, error) { return c.container.New(&file, tracks, date) }
			for range 2 {
				for at := time.Duration(0); at < streamTime; at += 100 * time.Millisecond {
					r.play(nil, audio.part(at, at+100*time.Millisecond), video.part(at, at+100*time.Millisecond))
					r.now -= streamTime
					file.now = r.now - 3*time.Hour + at
				}
				r.now += streamTime
			}
			r.m.close()
			for i, k := range file.ends[:len(file.ends)-1] {
				if killedAt := file.ends[i+1].at; killedAt > mostLost {
					checkKilled(t, file.Bytes()[:k.size], c.container, killedAt)
				}
			}
			// A write that was under way: what is before it can be read, whatever FFmpeg says about the rest.
			rnd := rand.New(rand.NewPCG(11, uint64(i)))
			for range 3 {
				n := 3 + rnd.IntN(len(file.ends)-4)
				cut := file.ends[n].size + rnd.IntN(file.ends[n+1].size-file.ends[n].size)
				path := fftest.File(t, "cut."+extensions[c.container.Name], file.Bytes()[:cut])
				whole := fftest.File(t, "whole."+extensions[c.container.Name], file.Bytes()[:file.ends[n].size])
				if got, want := packets(t, path), packets(t, whole); got < want || want == 0 {
					t.Errorf("cut at %d: %d frames of %d", cut, got, want)
				}
			}
		})
	}
}

// part is what comes from one time to another.
func (s stream) part(from, to time.Duration) stream {
	part := stream{source: s.source}
	order := time.Duration(0)
	for _, f := range s.frames {
		if order = max(order, f.pts); order >= from && order < to {
			part.frames = append(part.frames, f)
		}
	}
	return part
}

func packets(t *testing.T, path string) (count int) {
	for _, s := range fftest.Inspect(t, path).Streams {
		count += len(s.Packets)
	}
	return count
}

func checkKilled(t *testing.T, data []byte, c Container, at time.Duration) {
	t.Helper()
	path := fftest.File(t, "killed."+extensions[c.Name], data)
	fftest.Decode(t, path)
	for _, s := range fftest.Inspect(t, path).Streams {
		newest := time.Duration(0)
		for _, k := range s.Packets {
			newest = max(newest, k.PTS)
		}
		if at-newest > mostLost {
			t.Errorf("%s killed at %v: %s ends at %v", c.Name, at, s.Codec, newest)
		}
	}
}
