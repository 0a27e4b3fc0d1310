package recorder

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline/media"
)

var testDate = time.Date(2026, 11, 20, 12, 0, 0, 123e6, time.UTC)

func mp4Tracks(t testing.TB, streams ...stream) (tracks []Track) {
	t.Helper()
	for _, s := range streams {
		track, err := NewTrack(s.format, s.frames[0].data)
		if err != nil {
			t.Fatal(err)
		}
		tracks = append(tracks, track)
	}
	return tracks
}

// TestMP4Dates: whole seconds in the field of MP4, milliseconds beside it, while it is written and when it is complete.
func TestMP4Dates(t *testing.T) {
	s := makeStream(t, media.H264, testSize)
	open := create(filepath.Join(t.TempDir(), "a.mp4"))
	target, err := open()
	if err != nil {
		t.Fatal(err)
	}
	m, err := newMP4(target, mp4Tracks(t, s), testDate)
	if err != nil {
		t.Fatal(err)
	}
	path := target.(*recordingFile).Name()
	dates := func() {
		t.Helper()
		tags := fftest.Inspect(t, path).Tags
		if tags["creation_time"] != "2026-11-20T12:00:00.000000Z" || tags["date"] != "2026-11-20T12:00:00.123Z" {
			t.Errorf("%v", tags)
		}
	}
	for _, f := range s.frames {
		if err := m.WriteFrame(0, f.pts, f.key, f.data); err != nil {
			t.Fatal(err)
		}
	}
	dates()
	if head, index := boxesOf(t, path); !slices.Contains(head, "moof") || index > 1 {
		t.Errorf("boxes while it is written: %v", head)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if err := closeTarget(target); err != nil {
		t.Fatal(err)
	}
	dates()
	if all, _ := boxesOf(t, path); !slices.Equal(all, []string{"ftyp", "moov", "mdat"}) {
		t.Errorf("boxes of the complete file: %v", all)
	}
	fftest.Decode(t, path)
	if p := fftest.Inspect(t, path); p.Duration != streamTime || len(p.Streams[0].Packets) != len(s.frames) {
		t.Errorf("%d frames of %d, %v", len(p.Streams[0].Packets), len(s.frames), p.Duration)
	}
}

// boxesOf are the outermost boxes, and where among them moov is.
func boxesOf(t testing.TB, path string) (names []string, moov int) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for len(data) >= 8 {
		size := int(data[0])<<24 | int(data[1])<<16 | int(data[2])<<8 | int(data[3])
		names = append(names, string(data[4:8]))
		if size == 1 {
			size = int(data[12])<<24 | int(data[13])<<16 | int(data[14])<<8 | int(data[15])
		}
		if size < 8 || size > len(data) {
			t.Fatalf("%s of %d bytes where %d are left", names[len(names)-1], size, len(data))
		}
		data = data[size:]
	}
	return names, slices.Index(names, "moov")
}

// crowdedDisk has room for the recording alone.
type crowdedDisk struct {
	*os.File
	left int
}

func (d *crowdedDisk) Write(b []byte) (int, error) {
	n := min(len(b), d.left)
	d.left -= n
	n, err := d.File.Write(b[:n])
	if err == nil && n < len(b) {
		err = &os.PathError{Op: "write", Path: d.Name(), Err: syscall.ENOSPC}
	}
	return n, err
}

func (d *crowdedDisk) Replace(func(to, from *os.File) error) error {
	return &os.PathError{Op: "write", Path: "neighbour", Err: syscall.ENOSPC}
}

// TestFullDisk: what was written stays, whether there is no room for the last frames or for the index.
func TestFullDisk(t *testing.T) {
	fftest.Need(t)
	video, audio := makeStream(t, media.H264, testSize), makeStream(t, media.AAC, "")
	size := 0
	for _, f := range append(slices.Clone(video.frames), audio.frames...) {
		size += len(f.data)
	}
	for _, c := range []Container{MP4(), FLV(), Matroska()} {
		for name, tt := range map[string]struct {
			room int
			want error
		}{"for the recording alone": {1 << 30, ErrIndex}, "not for all of it": {size * 3 / 4, ErrNoSpace}} {
			if c.Name != "MP4" && tt.want == ErrIndex {
				continue // which write what they know into the file itself
			}
			t.Run(c.Name+" "+name, func(t *testing.T) {
				f, err := os.Create(filepath.Join(t.TempDir(), "a."+extensions[c.Name]))
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				r := newReel(t, c, media.Audio, media.Video)
				defer r.target.Close()
				r.m.create = func(tracks []Track, date time.Time) (Writer, error) {
					return c.New(&crowdedDisk{f, tt.room}, tracks, date)
				}
				var failed error
				for at := time.Duration(0); at < streamTime && failed == nil; at += 40 * time.Millisecond {
					failed = writeParts(r, at, audio, video)
				}
				if closed := r.m.close(); failed == nil {
					failed = closed
				}
				if !errors.Is(failed, tt.want) {
					t.Errorf("%v, want %v", failed, tt.want)
				}
				fftest.Decode(t, f.Name())
				if p := fftest.Inspect(t, f.Name()); len(p.Streams) != 2 || len(p.Streams[0].Packets) < 25 || len(p.Streams[1].Packets) < 25 {
					t.Errorf("saved %d streams", len(p.Streams))
				}
			})
		}
	}
}

// writeParts writes what comes in the next 40 ms.
func writeParts(r *reel, at time.Duration, streams ...stream) error {
	for i := range streams {
		s := &streams[i]
		if s.source == nil {
			s.source = &formats[s.format.Kind]
			*s.source = s.format
		}
		for _, f := range s.part(at, at+40*time.Millisecond).frames {
			if err := r.m.write(&media.Packet{Format: s.source, PTS: r.now + f.pts, Key: f.key, Data: f.data}); err != nil {
				return err
			}
		}
	}
	return nil
}

var formats [len(media.Kinds)]media.Format // of the source that writeParts stands for

// TestHour records an hour of a source whose sound clock runs 100 ppm fast, as pipelines map it to their own: each frame
// at its time. At the end sound and picture are still where they were sent.
func TestHour(t *testing.T) {
	if testing.Short() {
		t.Skip("an hour of media")
	}
	fftest.Need(t)
	video, audio := makeStream(t, media.H264, testSize), makeStream(t, media.Opus, "")
	const hour = time.Hour
	for _, c := range []Container{MP4(), Matroska()} {
		t.Run(c.Name, func(t *testing.T) {
			r := newReel(t, c, media.Audio, media.Video)
			began := time.Now()
			var last [2]time.Duration
			sound, second := 0, video.frames[:25]
			for i := 0; ; i++ {
				at := time.Duration(i) * 40 * time.Millisecond
				if at >= hour {
					break
				}
				for ; soundAt(sound) <= at; sound++ {
					last[media.Audio] = soundAt(sound)
					r.must(&audio.format, last[media.Audio], true, audio.frames[sound%100].data)
				}
				last[media.Video] = at
				r.must(&video.format, at, second[i%25].key, second[i%25].data)
			}
			if err := r.m.close(); err != nil {
				t.Fatal(err)
			}
			if err := closeTarget(r.target); err != nil {
				t.Fatal(err)
			}
			t.Logf("written in %v", time.Since(began))
			for kind, stream := range []string{"a", "v"} {
				newest := lastPacket(t, r.path, stream)
				if off := newest - last[kind]; off.Abs() > 2*time.Millisecond {
					t.Errorf("%s: the last frame at %v was sent at %v", stream, newest, last[kind])
				}
			}
		})
	}
}

// soundAt is when a frame of 20 ms comes whose clock is fast.
func soundAt(n int) time.Duration {
	return time.Duration(n) * (20*time.Millisecond - 2*time.Microsecond)
}

func (r *reel) must(f *media.Format, at time.Duration, key bool, data []byte) {
	if err := r.m.write(&media.Packet{Format: f, PTS: r.now + at, Key: key, Data: data}); err != nil {
		r.t.Fatal(err)
	}
}

// lastPacket is the time of the last packet of a stream, found by a seek to the end.
func lastPacket(t testing.TB, path, stream string) (newest time.Duration) {
	t.Helper()
	out, err := exec.Command("ffprobe", "-v", "error", "-select_streams", stream, "-read_intervals", "3598%",
		"-show_entries", "packet=pts_time", "-of", "json", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	var found struct {
		Packets []struct {
			PTS string `json:"pts_time"`
		} `json:"packets"`
	}
	if err := json.Unmarshal(out, &found); err != nil || len(found.Packets) > 1000 {
		t.Fatalf("%d packets behind the seek, %v", len(found.Packets), err)
	}
	for _, p := range found.Packets {
		seconds, _ := strconv.ParseFloat(p.PTS, 64)
		newest = max(newest, time.Duration(seconds*float64(time.Second)))
	}
	return newest
}

func BenchmarkMP4(b *testing.B) {
	video, audio := makeStream(b, media.H264, testSize), makeStream(b, media.Opus, "")
	m, err := newMP4(io.Discard, mp4Tracks(b, audio, video), time.Time{})
	if err != nil {
		b.Fatal(err)
	}
	picture := make([]byte, 8000)
	at := time.Duration(0)
	b.ReportAllocs()
	for b.Loop() { // one second of 25 frames and 50 packets of sound
		for i := range 25 {
			at += 40 * time.Millisecond
			m.WriteFrame(1, at, i == 0, picture)
			m.WriteFrame(0, at, true, opus20)
			m.WriteFrame(0, at+20*time.Millisecond, true, opus20)
		}
	}
}
