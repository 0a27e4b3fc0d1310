package hls

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// make6 makes a stream of six seconds in segments of two, and returns its directory.
func make6(t *testing.T, options ...string) string {
	t.Helper()
	args := append(fftest.Pattern(6*time.Second, 6*time.Second, "160x120", 25), "-g", "50", "-keyint_min", "50", "-sc_threshold", "0", "-f", "hls", "-hls_time", "2", "-hls_list_size", "0")
	return filepath.Dir(fftest.Make(t, "list.m3u8", append(args, options...)...))
}

func open(t *testing.T, handler http.Handler, path string) (*Reader, error) {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	r, err := Open(t.Context(), client, func(string) error { return nil }, s.URL+path)
	if err == nil {
		t.Cleanup(r.Close)
	}
	return r, err
}

// counts of the frames of each kind, with their first and last times.
type stat struct {
	n           int
	first, last time.Duration
}

func read(t *testing.T, r *Reader) map[media.Kind]stat {
	t.Helper()
	stats, before := map[media.Kind]stat{}, time.Duration(-1<<62)
	for {
		f, err := r.Next()
		if err == io.EOF {
			return stats
		}
		if err != nil {
			t.Fatal(err)
		}
		if f.DTS < before-200*time.Millisecond {
			t.Errorf("a frame due at %v after one at %v", f.DTS, before)
		}
		before = max(before, f.DTS)
		k := r.Tracks()[f.Track].Format.Kind
		s, seen := stats[k]
		if !seen {
			s.first = f.PTS
		}
		s.n++
		s.last = max(s.last, f.PTS)
		stats[k] = s
	}
}

func (s stat) check(t *testing.T, what string, frames int, first, last time.Duration) {
	t.Helper()
	const near = 150 * time.Millisecond
	if s.n < frames*97/100 || s.n > frames+7 || (s.first-first).Abs() > near || (s.last-last).Abs() > near {
		t.Errorf("%s: %d frames from %v to %v, want %d from %v to %v", what, s.n, s.first, s.last, frames, first, last)
	}
}

var x264 = []string{"-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-c:a", "aac"}

func TestVOD(t *testing.T) {
	for name, c := range map[string]struct {
		options []string
		want    []string
	}{
		"MPEG-TS":    {x264, []string{media.H264, media.AAC}},
		"fMP4":       {append(x264[:len(x264):len(x264)], "-hls_segment_type", "fmp4"), []string{media.H264, media.AAC}},
		"one file":   {append(x264[:len(x264):len(x264)], "-hls_segment_type", "fmp4", "-hls_flags", "single_file"), []string{media.H264, media.AAC}},
		"H265, Opus": {[]string{"-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error", "-tag:v", "hvc1", "-c:a", "libopus", "-hls_segment_type", "fmp4"}, []string{media.H265, media.Opus}},
		"VP9, Opus":  {[]string{"-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus", "-hls_segment_type", "fmp4"}, []string{media.VP9, media.Opus}},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := open(t, http.FileServer(http.Dir(make6(t, c.options...))), "/list.m3u8")
			if err != nil {
				t.Fatal(err)
			}
			var codecs []string
			for _, t := range r.Tracks() {
				codecs = append(codecs, t.Format.Codec)
			}
			if slices.Sort(codecs); !slices.Equal(codecs, slices.Sorted(slices.Values(c.want))) {
				t.Errorf("codecs %v", codecs)
			}
			if d := r.Duration(); (d-6*time.Second).Abs() > 100*time.Millisecond || !r.Seekable() {
				t.Errorf("duration %v", d)
			}
			sound := map[bool]int{true: 300, false: 282}[slices.Contains(c.want, media.Opus)]
			all := read(t, r)
			all[media.Video].check(t, "video", 150, 0, 5960*time.Millisecond)
			all[media.Audio].check(t, "sound", sound, 0, 5980*time.Millisecond)
			if err := r.Seek(4500 * time.Millisecond); err != nil {
				t.Fatal(err)
			}
			all = read(t, r)
			all[media.Video].check(t, "video after the seek", 50, 4*time.Second, 5960*time.Millisecond)
			all[media.Audio].check(t, "sound after the seek", sound/3, 4*time.Second, 5980*time.Millisecond)
		})
	}
}

// Of a master playlist the best variant is played, with the sound that has a playlist of its own.
func TestMaster(t *testing.T) {
	for _, kind := range []string{"mpegts", "fmp4"} {
		t.Run(kind, func(t *testing.T) {
			large := make6(t, append(x264[:len(x264):len(x264)], "-an", "-hls_segment_type", kind)...)
			sound := make6(t, "-vn", "-c:a", "aac", "-hls_segment_type", kind)
			mux := http.NewServeMux()
			mux.Handle("/large/", http.StripPrefix("/large/", http.FileServer(http.Dir(large))))
			mux.Handle("/sound/", http.StripPrefix("/sound/", http.FileServer(http.Dir(sound))))
			mux.HandleFunc("/master.m3u8", func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"other, one\",URI=\"none/list.m3u8\"\n"+
					"#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"one\",DEFAULT=YES,URI=\"sound/list.m3u8\"\n"+
					"#EXT-X-STREAM-INF:BANDWIDTH=100,AUDIO=\"a\",CODECS=\"avc1.42e00a,mp4a.40.2\"\nsmall/list.m3u8\n"+
					"#EXT-X-STREAM-INF:BANDWIDTH=200,AUDIO=\"a\",CODECS=\"avc1.42e00a,mp4a.40.2\"\nlarge/list.m3u8\n"+
					"#EXT-X-STREAM-INF:BANDWIDTH=300,AUDIO=\"a\",CODECS=\"dvh1.05.01,ec-3\"\nunknown/list.m3u8\n")
			})
			r, err := open(t, mux, "/master.m3u8")
			if err != nil {
				t.Fatal(err)
			}
			all := read(t, r)
			all[media.Video].check(t, "video", 150, 0, 5960*time.Millisecond)
			all[media.Audio].check(t, "sound", 282, 0, 5980*time.Millisecond)
			if err := r.Seek(2 * time.Second); err != nil {
				t.Fatal(err)
			}
			all = read(t, r)
			all[media.Video].check(t, "video after the seek", 100, 2*time.Second, 5960*time.Millisecond)
		})
	}
}

// server is a live stream whose playlist a test writes. Segments come from a stream made before.
type server struct {
	files http.Handler
	list  atomic.Pointer[string]
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/live.m3u8" {
		fmt.Fprint(w, *s.list.Load())
		return
	}
	s.files.ServeHTTP(w, r)
}

func (s *server) window(first int, end string, lines ...string) {
	text := fmt.Sprintf("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:%d\n%s\n%s\n", first, strings.Join(lines, "\n"), end)
	s.list.Store(&text)
}

// A live stream goes on with what is added to its playlist, across a discontinuity and a segment that is not there, to its end.
func TestLive(t *testing.T) {
	s := &server{files: http.FileServer(http.Dir(make6(t, x264...)))}
	const one, two, three = "#EXTINF:2,\nlist0.ts", "#EXTINF:2,\nlist1.ts", "#EXTINF:2,\nlist2.ts"
	s.window(7, "", one, two)
	r, err := open(t, s, "/live.m3u8")
	if err != nil {
		t.Fatal(err)
	}
	if r.Duration() != 0 || r.Seekable() {
		t.Error("a live stream has an end")
	}
	s.window(8, "#EXT-X-ENDLIST", two, three, "#EXT-X-DISCONTINUITY\n"+one, "#EXT-X-GAP\n#EXTINF:2,\nmissing.ts", "#EXT-X-DISCONTINUITY\n"+three)
	all := read(t, r)
	all[media.Video].check(t, "video", 250, 0, 9960*time.Millisecond)
	all[media.Audio].check(t, "sound", 469, 0, 9980*time.Millisecond)
}

// What is not there, or is no playlist, is told; and a stream that ends early.
func TestRefusals(t *testing.T) {
	s := &server{files: http.NotFoundHandler()}
	for text, want := range map[string]string{
		"hello": "begins with #EXTM3U", "#EXTM3U\n": "without segments",
		"#EXTM3U\n#EXTINF:2,\nnone.ts\n#EXT-X-ENDLIST":                  "404",
		"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nother.m3u8":            "404",
		"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=x\nother.m3u8":            "line 2",
		"#EXTM3U\n#EXT-X-TARGETDURATION:NaN":                            "NaN",
		"#EXTM3U\n#EXTINF:1,\n#EXT-X-BYTERANGE:5\na.ts\n#EXT-X-ENDLIST": "follows nothing",
		"#EXTM3U\na.ts\n": "without #EXTINF",
		"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n/live.m3u8": "without segments",
	} {
		s.list.Store(&text)
		if _, err := open(t, s, "/live.m3u8"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// Closing ends a request that hangs.
func TestClose(t *testing.T) {
	dir := make6(t, x264...)
	hanging := make(chan struct{})
	s := &server{files: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/list1.ts" {
			close(hanging)
			<-r.Context().Done()
			return
		}
		http.FileServer(http.Dir(dir)).ServeHTTP(w, r)
	})}
	s.window(0, "", "#EXTINF:2,\nlist0.ts", "#EXTINF:2,\nlist1.ts")
	r, err := open(t, s, "/live.m3u8")
	if err != nil {
		t.Fatal(err)
	}
	<-hanging
	r.Close()
	for err == nil {
		_, err = r.Next()
	}
	if err != context.Canceled && err != io.EOF {
		t.Errorf("after Close: %v", err)
	}
}

func FuzzPlaylist(f *testing.F) {
	f.Add([]byte("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:3\n#EXT-X-MAP:URI=\"i\",BYTERANGE=\"3@0\"\n#EXTINF:2.5,x\n#EXT-X-BYTERANGE:5@3\na\n#EXTINF:1,\n#EXT-X-BYTERANGE:5\na\n#EXT-X-DISCONTINUITY\n#EXT-X-GAP\n#EXTINF:1,\nb\n#EXT-X-ENDLIST"))
	f.Add([]byte("#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",URI=\"s\"\n#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"a\",CODECS=\"avc1,mp4a\"\nv"))
	f.Add([]byte("#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0x1F\n#EXT-X-MAP:URI=\"i\"\n#EXTINF:1,\na\n#EXT-X-KEY:METHOD=NONE\n#EXTINF:1,\nb\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := parse(text)
		if err != nil {
			return
		}
		if n := p.live(); n < 0 || n > len(p.segments) {
			t.Fatalf("live begins with %d of %d", n, len(p.segments))
		}
		p.choices()
		for _, s := range p.segments {
			if s.begin < 0 || s.begin > p.length() || s.offset < 0 || s.size < 0 || s.offset+s.size < 0 {
				t.Fatalf("segment %+v", s)
			}
		}
	})
}
