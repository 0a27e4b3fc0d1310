package player_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/elements/access"
	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/player"
	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline/media"
)

// playlists serves a stream of two seconds, and playlists that name what is not to be had.
func playlists(t *testing.T) *httptest.Server {
	t.Helper()
	args := append(fftest.Pattern(2*time.Second, 2*time.Second, "160x120", 25), "-c:v", "libx264", "-preset", "veryfast", "-g", "25", "-c:a", "aac",
		"-f", "hls", "-hls_time", "1", "-hls_list_size", "0")
	files := http.FileServer(http.Dir(filepath.Dir(fftest.Make(t, "list.m3u8", args...))))
	mux := http.NewServeMux()
	mux.Handle("/", files)
	mux.HandleFunc("/by/its/type", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.apple.mpegurl; charset=utf-8")
		fmt.Fprint(w, "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n/list.m3u8\n")
	})
	for name, segment := range map[string]string{
		"file": "file:///etc/passwd", "denied": "http://127.0.0.2:1/a.ts", "none": "none.ts", "text": "list.m3u8",
	} {
		mux.HandleFunc("/"+name+".m3u8", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "#EXTM3U\n#EXTINF:1,\n%s\n#EXT-X-ENDLIST\n", segment)
		})
	}
	mux.HandleFunc("/key.m3u8", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"http://127.0.0.2:1/key\"\n#EXTINF:1,\nlist0.ts\n#EXT-X-ENDLIST\n")
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// A playlist is known by its name or its type, and plays like a file.
func TestPlaysHLS(t *testing.T) {
	web := playlists(t)
	for _, path := range []string{"/list.m3u8?a=b", "/by/its/type"} {
		t.Run(path, func(t *testing.T) {
			st := newStage(t, web.URL+path)
			begin := time.Now()
			st.do(t, "play")
			elementtest.Eventually(t, "frames", func() bool { return st.sink.Count(media.Video) > 2 })
			if info := st.do(t, "getVideoInfo"); !strings.Contains(info, `"duration":2000,"isSeekable":true`) {
				t.Errorf("info %s", info)
			}
			st.events.Await(t, "EndOfStream")
			if took := time.Since(begin); took < 1800*time.Millisecond {
				t.Errorf("two seconds took %v", took)
			}
			if a, v := st.sink.Count(media.Audio), st.sink.Count(media.Video); a < 92 || a > 96 || v != 50 {
				t.Errorf("%d audio and %d video frames", a, v)
			}
		})
	}
}

// What a playlist names is judged like what a client names.
func TestHLSErrors(t *testing.T) {
	web := playlists(t)
	policy := access.New(access.Rules{Denied: []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}, Schemes: []string{"http"}}, zerolog.Nop())
	for name, want := range map[string]string{
		"file": "Invalid URI: ", "denied": "Invalid URI: ", "key": "Invalid URI: ", "none": "Invalid URI", "text": "Invalid Media: ", "missing": "Invalid URI",
	} {
		st := newStageWith(t, web.URL+"/"+name+".m3u8", player.Settings{Access: policy})
		st.do(t, "play")
		e := st.events.Await(t, "Error")
		if text, _ := e["description"].(string); !strings.HasPrefix(text, want) || want == "Invalid URI: " && !strings.Contains(text, "denied") {
			t.Errorf("%s: told %v", name, e)
		}
	}
}
