package containers_test

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rivero-media/rivero/elements/player/containers"
	"github.com/rivero-media/rivero/elements/player/demux"
	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline/media"
)

// The parts of which ffmpeg's arguments are made.
var (
	h264  = "-c:v libx264 -preset ultrafast -g 10 -bf 0 -pix_fmt yuv420p"
	h264B = "-c:v libx264 -preset veryfast -g 10 -bf 2 -pix_fmt yuv420p"
	h265  = "-c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=10:bframes=0"
	vp8   = "-c:v libvpx -g 10 -deadline realtime -cpu-used 8"
	vp9   = "-c:v libvpx-vp9 -g 10 -deadline realtime -cpu-used 8"
	av1   = "-c:v libaom-av1 -usage realtime -cpu-used 8 -g 10"
)

// matrix is what must play: how ffmpeg makes it, and what comes out, track by track.
var matrix = []struct {
	name, file string
	args       string
	codecs     []string
	length     time.Duration // 0: not known
	slack      time.Duration // by which times may be off
}{
	{"MP4 without B-frames", "a.mp4", h264 + " -c:a aac", []string{media.H264, media.AAC}, 2 * time.Second, 0},
	{"MP4 with B-frames", "a.mp4", h264B + " -c:a aac", []string{media.H264, media.AAC}, 2 * time.Second, 0},
	{"MP4 with the index in front", "a.mp4", h264B + " -c:a aac -movflags +faststart", []string{media.H264, media.AAC}, 2 * time.Second, 0},
	{"MP4 with negative offsets", "a.mp4", h264B + " -c:a aac -movflags +negative_cts_offsets", []string{media.H264, media.AAC}, 2 * time.Second, 0},
	{"MP4 in fragments", "a.mp4", h264B + " -c:a aac -movflags +frag_keyframe+empty_moov", []string{media.H264, media.AAC}, 2 * time.Second, 0},
	{"MP4 in fragments, DASH", "a.mp4", h264 + " -c:a aac -movflags +frag_keyframe+empty_moov+default_base_moof+separate_moof", []string{media.H264, media.AAC}, 2 * time.Second, 0},
	{"MP4 in fragments without an index", "a.mp4", h264B + " -c:a aac -movflags +frag_keyframe+empty_moov+skip_trailer", []string{media.H264, media.AAC}, 2 * time.Second, 0},
	{"MP4 in fragments, one index in front", "a.mp4", h264B + " -an -movflags +frag_keyframe+empty_moov+default_base_moof+global_sidx+skip_trailer", []string{media.H264}, 2 * time.Second, 0},
	{"MP4 with a delayed track", "a.mp4", h264 + " -c:a aac -af adelay=0 -output_ts_offset 0.5", []string{media.H264, media.AAC}, 2500 * time.Millisecond, 0},
	{"MP4 with H265", "a.mp4", h265 + " -c:a aac", []string{media.H265, media.AAC}, 2 * time.Second, 0},
	{"MP4 with VP9 and Opus", "a.mp4", vp9 + " -c:a libopus -strict -2", []string{media.VP9, media.Opus}, 2 * time.Second, 0},
	{"MP4 with AV1 and MP3", "a.mp4", av1 + " -c:a libmp3lame", []string{media.AV1, media.MP3}, 2 * time.Second, 0},
	{"QuickTime with PCM", "a.mov", h264 + " -c:a pcm_s16le", []string{media.H264, media.PCM}, 2 * time.Second, 0},
	{"QuickTime with big endian PCM of 24 bits", "a.mov", h264 + " -c:a pcm_s24be", []string{media.H264, media.PCM}, 2 * time.Second, 0},
	{"QuickTime with G.711", "a.mov", h264 + " -c:a pcm_mulaw -ar 8000", []string{media.H264, media.PCMU}, 2 * time.Second, 0},
	{"QuickTime with AAC", "a.mov", h264 + " -c:a aac", []string{media.H264, media.AAC}, 2 * time.Second, 0},
	{"M4A", "a.m4a", "-vn -c:a aac", []string{media.AAC}, 2 * time.Second, 0},
	{"MP4 of variable frame rate", "a.mp4", "-vf select='not(mod(n,3))+lt(n,9)' -vsync vfr " + h264 + " -g 3", []string{media.H264, media.AAC}, 2 * time.Second, 0},
	{"Matroska with H264 and AAC", "a.mkv", h264 + " -c:a aac", []string{media.H264, media.AAC}, 2 * time.Second, 0},
	{"Matroska with B-frames and PCM", "a.mkv", h264B + " -c:a pcm_s16le", []string{media.H264, media.PCM}, 2 * time.Second, 0},
	{"Matroska with H265 and G.711", "a.mkv", h265 + " -c:a pcm_mulaw -ar 8000", []string{media.H265, media.PCMU}, 2 * time.Second, 0},
	{"WebM", "a.webm", vp8 + " -c:a libopus", []string{media.VP8, media.Opus}, 2 * time.Second, 0},
	{"Ogg with Opus", "a.opus", "-vn -c:a libopus", []string{media.Opus}, 2 * time.Second, 0},
	{"Ogg with Vorbis", "a.ogg", "-vn -c:a libvorbis", []string{media.Vorbis}, 2 * time.Second, 30 * time.Millisecond},
	{"WAV", "a.wav", "-vn -c:a pcm_s16le", []string{media.PCM}, 2 * time.Second, 0},
	{"WAV of 8 bits", "a.wav", "-vn -c:a pcm_u8", []string{media.PCM}, 2 * time.Second, 0},
	{"WAV of floats, 5.1", "a.wav", "-vn -c:a pcm_f32le -ac 6", []string{media.PCM}, 2 * time.Second, 0},
	{"WAV with G.711", "a.wav", "-vn -c:a pcm_alaw -ar 8000", []string{media.PCMA}, 2 * time.Second, 0},
	{"MP3", "a.mp3", "-vn -c:a libmp3lame", []string{media.MP3}, 2 * time.Second, 0},
	{"MP3 of variable bitrate", "a.mp3", "-vn -c:a libmp3lame -q:a 4 -ar 22050", []string{media.MP3}, 2 * time.Second, 0},
	{"MP3 without a summary", "a.mp3", "-vn -c:a libmp3lame -write_xing 0 -id3v2_version 0", []string{media.MP3}, 2 * time.Second, 0},
	{"FLV", "a.flv", h264B + " -c:a aac", []string{media.H264, media.AAC}, 2 * time.Second, time.Millisecond},
	{"FLV with MP3", "a.flv", h264 + " -c:a libmp3lame -ar 44100", []string{media.H264, media.MP3}, 2 * time.Second, time.Millisecond},
	{"MPEG-TS", "a.ts", h264B + " -c:a aac", []string{media.H264, media.AAC}, 2 * time.Second, 0},
	{"MPEG-TS with H265 and MP3", "a.ts", h265 + " -c:a libmp3lame", []string{media.H265, media.MP3}, 2 * time.Second, 0},
	{"MPEG-TS with Opus", "a.ts", h264 + " -c:a libopus", []string{media.H264, media.Opus}, 2 * time.Second, 0},
	{"MPEG-TS over the end of the stamps", "a.ts", h264 + " -c:a aac -output_ts_offset 95442.7", []string{media.H264, media.AAC}, 2 * time.Second, 0},
	{"M2TS", "a.m2ts", h264 + " -an -mpegts_m2ts_mode 1", []string{media.H264}, 2 * time.Second, 0},
	{"IVF with VP8", "a.ivf", vp8 + " -an", []string{media.VP8}, 2 * time.Second, 0},
	{"IVF with VP9", "a.ivf", vp9 + " -an", []string{media.VP9}, 2 * time.Second, 0},
	{"IVF with AV1", "a.ivf", av1 + " -an", []string{media.AV1}, 2 * time.Second, 0},
}

func makeFile(t testing.TB, file, args string) string {
	all := append(fftest.Pattern(2*time.Second, 2*time.Second, "160x120", 25), strings.Fields(args)...)
	return fftest.Make(t, file, all...)
}

func open(t testing.TB, path string) demux.Reader {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	r, err := containers.Open(f)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// shot is what a test keeps of a frame.
type shot struct {
	pts, dts time.Duration
	key      bool
	size     int
}

// readAll reads to the end, by track.
func readAll(t testing.TB, r demux.Reader) [][]shot {
	t.Helper()
	all := make([][]shot, len(r.Tracks()))
	newest := -time.Hour
	for {
		f, err := r.Next()
		if err != nil {
			if err != io.EOF {
				t.Errorf("it ends with %v", err)
			}
			return all
		}
		if f.DTS < newest-50*time.Millisecond {
			t.Errorf("track %d: a frame due at %v comes after one at %v", f.Track, f.DTS, newest)
		}
		newest = max(newest, f.DTS)
		all[f.Track] = append(all[f.Track], shot{f.PTS, f.DTS, f.Key, len(f.Data)})
	}
}

func TestMatrix(t *testing.T) {
	for _, tt := range matrix {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := makeFile(t, tt.file, tt.args)
			r := open(t, path)
			var codecs []string
			for _, track := range r.Tracks() {
				codecs = append(codecs, track.Format.Codec)
			}
			if !slices.Equal(codecs, tt.codecs) {
				t.Fatalf("tracks %q, want %q", codecs, tt.codecs)
			}
			if off := r.Duration() - tt.length; off.Abs() > 100*time.Millisecond {
				t.Errorf("duration %v, want %v", r.Duration(), tt.length)
			}
			all := readAll(t, r)
			compare(t, all, fftest.Inspect(t, path), tt.codecs, tt.slack)
			seekAround(t, r, all[demux.Lead(r.Tracks())][0].pts)
		})
	}
}

// compare looks whether we see the packets that ffprobe sees; of sound that is not compressed, whether it is as long.
func compare(t *testing.T, got [][]shot, want fftest.Probe, codecs []string, slack time.Duration) {
	t.Helper()
	zero := want.Streams[0].Packets[0].PTS - got[0][0].pts // one time line may begin elsewhere than the other
	for i, frames := range got {
		packets := want.Streams[i].Packets
		if codecs[i] == media.PCM || codecs[i] == media.PCMU || codecs[i] == media.PCMA {
			last := packets[len(packets)-1]
			ours := frames[len(frames)-1]
			end := last.PTS + last.Duration
			if off := ours.pts + zero - end; off.Abs() > 50*time.Millisecond || len(frames) < 60 {
				t.Errorf("track %d: %d frames, the last at %v, want about 100 up to %v", i, len(frames), ours.pts, end)
			}
			continue
		}
		if len(frames) != len(packets) {
			t.Errorf("track %d: %d frames, want %d", i, len(frames), len(packets))
		}
		for n := range min(len(frames), len(packets)) {
			f, p := frames[n], packets[n]
			if off := f.pts + zero - p.PTS; off.Abs() > slack+time.Millisecond || f.key != p.Key {
				t.Errorf("track %d, frame %d: %+v, want %+v (shifted by %v)", i, n, f, p, zero)
				break
			}
			if f.dts > f.pts {
				t.Errorf("track %d, frame %d is due after it is shown: %+v", i, n, f)
				break
			}
		}
	}
}

// seekAround looks whether each seek ends at a key frame at or before the place, not more than a group of pictures before.
func seekAround(t *testing.T, r demux.Reader, first time.Duration) {
	t.Helper()
	if !r.Seekable() {
		t.Error("not seekable")
		return
	}
	lead := demux.Lead(r.Tracks())
	for _, at := range []time.Duration{1500 * time.Millisecond, 0, 700 * time.Millisecond, 1100 * time.Millisecond} {
		if err := r.Seek(at); err != nil {
			t.Fatalf("seek to %v: %v", at, err)
		}
		for {
			f, err := r.Next()
			if err != nil {
				t.Fatalf("after a seek to %v: %v", at, err)
			}
			if f.Track != lead {
				continue
			}
			if !f.Key || f.PTS > max(at+60*time.Millisecond, first) || at-f.PTS > 600*time.Millisecond {
				t.Errorf("a seek to %v came to %v, key %v", at, f.PTS, f.Key)
			}
			break
		}
	}
}

// A file that was cut plays up to the cut, and says so where its container can tell.
func TestCutTails(t *testing.T) {
	for _, c := range []struct {
		file, args string
		told       bool
	}{
		{"a.mp4", h264 + " -c:a aac -movflags +faststart", true},
		{"a.mp4", h264 + " -c:a aac -movflags +frag_keyframe+empty_moov", true},
		{"a.mkv", h264 + " -c:a aac", true},
		{"a.flv", h264 + " -c:a aac", true},
		{"a.wav", "-vn", true},
		{"a.ivf", vp8 + " -an", true},
		{"a.opus", "-vn", true},
		{"a.mp3", "-vn", false},
		{"a.ts", h264 + " -c:a aac", false},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(makeFile(t, c.file, c.args))
			if err != nil {
				t.Fatal(err)
			}
			path := fftest.File(t, c.file, data[:len(data)*6/10])
			r := open(t, path)
			var last time.Duration
			for err == nil {
				var f demux.Frame
				if f, err = r.Next(); err == nil {
					last = max(last, f.PTS)
				}
			}
			if last < 300*time.Millisecond {
				t.Errorf("only %v were given out", last)
			}
			if c.told != errors.Is(err, demux.ErrTruncated) || !c.told && err != io.EOF {
				t.Errorf("it ends with %v", err)
			}
		})
	}
}
