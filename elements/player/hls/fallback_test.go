package hls

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

// variants serves two variants of one stream, the better of which lacks what missing names, and sound for those without.
type variants struct {
	http.ServeMux
	missing atomic.Pointer[string]
}

func newVariants(t *testing.T, sound string, options ...string) *variants {
	t.Helper()
	v := &variants{}
	v.lacks("nothing")
	for _, size := range []string{"large", "small"} {
		files := http.StripPrefix("/"+size, http.FileServer(http.Dir(make6(t, options...))))
		v.HandleFunc("/"+size+"/", func(w http.ResponseWriter, r *http.Request) {
			if size == "large" && strings.Contains(r.URL.Path, *v.missing.Load()) {
				http.NotFound(w, r)
				return
			}
			files.ServeHTTP(w, r)
		})
	}
	group := ""
	if sound != "" {
		v.Handle("/sound/", http.StripPrefix("/sound", http.FileServer(http.Dir(sound))))
		group = ",AUDIO=\"a\""
	}
	v.HandleFunc("/master.m3u8", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"one\",DEFAULT=YES,URI=\"sound/list.m3u8\"\n"+
			"#EXT-X-STREAM-INF:BANDWIDTH=100%s\nsmall/list.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=200%s\nlarge/list.m3u8\n", group, group)
	})
	return v
}

func (v *variants) lacks(part string) { v.missing.Store(&part) }

// Whatever is missing of the better variant, the stream plays as a whole: each frame once, and seeking goes on to work.
func TestFallback(t *testing.T) {
	for name, options := range map[string][]string{"MPEG-TS": nil, "fMP4": {"-hls_segment_type", "fmp4"}} {
		v := newVariants(t, "", append(x264[:len(x264):len(x264)], options...)...)
		for _, missing := range []string{"list.m3u8", "list0", "list1", "list2", "init"} {
			t.Run(name+" without "+missing, func(t *testing.T) {
				v.lacks(missing)
				r, err := open(t, v, "/master.m3u8")
				if err != nil {
					t.Fatal(err)
				}
				all := read(t, r)
				all[media.Video].check(t, "video", 150, 0, 5960*time.Millisecond)
				all[media.Audio].check(t, "sound", 282, 0, 5980*time.Millisecond)
				if n := all[media.Video].n; n != 150 {
					t.Errorf("%d pictures", n)
				}
				if err := r.Seek(2 * time.Second); err != nil {
					t.Fatal(err)
				}
				read(t, r)[media.Video].check(t, "video after the seek", 100, 2*time.Second, 5960*time.Millisecond)
			})
		}
	}
}

// A seek to what is missing lands in the other variant.
func TestFallbackOfSeek(t *testing.T) {
	v := newVariants(t, "", x264...)
	v.lacks("list2")
	r, err := open(t, v, "/master.m3u8")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Seek(5 * time.Second); err != nil {
		t.Fatal(err)
	}
	read(t, r)[media.Video].check(t, "video", 50, 4*time.Second, 5960*time.Millisecond)
}

// serveVariants serves two folders as the variants of a master playlist.
func serveVariants(large, small string) *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("/large/", http.StripPrefix("/large", http.FileServer(http.Dir(large))))
	mux.Handle("/small/", http.StripPrefix("/small", http.FileServer(http.Dir(small))))
	mux.Handle("/master.m3u8", files{"/master.m3u8": []byte("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nsmall/list.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nlarge/list.m3u8\n")})
	return mux
}

// Where the other variant is cut at other places, sound goes on at once and pictures at the next key frame.
func TestFallbackBetweenSegments(t *testing.T) {
	mux := serveVariants(make6(t, x264...), make6(t, append(x264[:len(x264):len(x264)], "-g", "75", "-hls_time", "3")...))
	mux.Handle("/large/list1.ts", http.NotFoundHandler())
	r, err := open(t, mux, "/master.m3u8")
	if err != nil {
		t.Fatal(err)
	}
	all := read(t, r)
	all[media.Video].check(t, "video, without the second before the key frame at 3 s", 125, 0, 5960*time.Millisecond)
	all[media.Audio].check(t, "sound", 282, 0, 5980*time.Millisecond)
}

// A server that does not answer is as good as a segment that is not there.
func TestFallbackOfTimeout(t *testing.T) {
	dir := make6(t, x264...)
	mux := serveVariants(dir, dir)
	mux.HandleFunc("/large/list1.ts", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	s := httptest.NewServer(mux)
	defer s.Close()
	client := &http.Client{Transport: &http.Transport{ResponseHeaderTimeout: time.Second}}
	defer client.CloseIdleConnections()
	r, err := Open(t.Context(), client, func(string) error { return nil }, s.URL+"/master.m3u8")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	read(t, r)[media.Video].check(t, "video", 150, 0, 5960*time.Millisecond)
}

// Sound that the variants share goes on beside the pictures of the other one.
func TestFallbackSharesSound(t *testing.T) {
	v := newVariants(t, make6(t, "-vn", "-c:a", "aac"), append(x264[:len(x264):len(x264)], "-an")...)
	v.lacks("list1")
	r, err := open(t, v, "/master.m3u8")
	if err != nil {
		t.Fatal(err)
	}
	all := read(t, r)
	all[media.Video].check(t, "video", 150, 0, 5960*time.Millisecond)
	all[media.Audio].check(t, "sound", 282, 0, 5980*time.Millisecond)
}

// When all variants lack the same segment, the stream ends there, and says why.
func TestNoFallbackLeft(t *testing.T) {
	dir := make6(t, x264...)
	mux := serveVariants(dir, dir)
	for _, size := range []string{"/large/", "/small/"} {
		mux.Handle(size+"list1.ts", http.NotFoundHandler())
	}
	r, err := open(t, mux, "/master.m3u8")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for ; err == nil; n++ {
		_, err = r.Next()
	}
	if n < 130 || n > 150 || !strings.Contains(err.Error(), "/large/list1.ts answers 404") {
		t.Errorf("%v after %d frames", err, n)
	}
}

// A live variant that brings nothing any more is left, and the other one goes on where it was.
func TestLiveFallback(t *testing.T) {
	dir := make6(t, x264...)
	segment := func(n int) string { return fmt.Sprintf("#EXTINF:2,\n/list%d.ts", n) }
	large, small := &server{}, &server{}
	large.window(7, "", segment(0))
	small.window(3, "", segment(0))
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir(dir)))
	mux.Handle("/large/", http.StripPrefix("/large", large))
	mux.Handle("/small/", http.StripPrefix("/small", small))
	mux.Handle("/master.m3u8", files{"/master.m3u8": []byte("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nsmall/live.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nlarge/live.m3u8\n")})
	r, err := open(t, mux, "/master.m3u8")
	if err != nil {
		t.Fatal(err)
	}
	large.window(8, "", "#EXTINF:2,\n/missing.ts")
	small.window(3, "#EXT-X-ENDLIST", segment(0), segment(1), segment(2))
	all := read(t, r)
	all[media.Video].check(t, "video", 150, 0, 5960*time.Millisecond)
	all[media.Audio].check(t, "sound", 282, 0, 5980*time.Millisecond)
}
