package player_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline/media"
)

// mp4 makes a film of two seconds with B-frames.
func mp4(t *testing.T, options ...string) []byte {
	args := append(fftest.Pattern(2*time.Second, 2*time.Second, "160x120", 25),
		"-c:v", "libx264", "-preset", "veryfast", "-g", "25", "-bf", "2", "-c:a", "aac")
	data, err := os.ReadFile(fftest.Make(t, "film.mp4", append(args, options...)...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// An MP4 tells its length to the millisecond, jumps, and ends as every file does.
func TestPlaysMP4(t *testing.T) {
	st := newStage(t, "file://"+fftest.File(t, "film.mp4", mp4(t)))
	begin := time.Now()
	st.do(t, "play")
	elementtest.Eventually(t, "frames", func() bool { return st.sink.Count(media.Video) > 2 && st.sink.Count(media.Audio) > 2 })
	if info := st.do(t, "getVideoInfo"); !strings.Contains(info, `"duration":2000,"isSeekable":true,"seekableEnd":2000,"seekableInit":0`) {
		t.Errorf("info %s", info)
	}
	st.events.Await(t, "EndOfStream")
	if took := time.Since(begin); took < 1800*time.Millisecond {
		t.Errorf("a film of two seconds took %v", took)
	}
	if a, v := st.sink.Count(media.Audio), st.sink.Count(media.Video); a < 94 || a > 96 || v != 50 {
		t.Errorf("%d audio and %d video frames", a, v)
	}
	if types := st.events.Types(); !slices.Equal(types, []string{"UriEndpointStateChanged", "UriEndpointStateChanged"}) {
		t.Errorf("events besides EndOfStream: %v", types)
	}
	st.do(t, "pause")
	elementtest.Eventually(t, "the file to be open", func() bool { return strings.Contains(st.do(t, "getVideoInfo"), `"isSeekable":true`) })
	st.do(t, "setPosition", "position", 1500)
	if at := st.do(t, "getPosition"); at != "1500" {
		t.Errorf("position %s", at)
	}
	before := st.sink.Count(media.Video)
	st.do(t, "play")
	st.events.Await(t, "EndOfStream")
	if n := st.sink.Count(media.Video) - before; n != 25 { // from the key frame at one second
		t.Errorf("%d frames after the seek", n)
	}
}

// A cut file plays up to the cut, says so and ends.
func TestPlaysUpToTheCut(t *testing.T) {
	data := mp4(t, "-movflags", "+faststart")
	st := newStage(t, "file://"+fftest.File(t, "film.mp4", data[:len(data)/2]))
	st.do(t, "play")
	if e := st.events.Await(t, "Error"); e["type"] != "STREAM_ERROR_FAILED" {
		t.Errorf("told %v", e)
	}
	st.events.Await(t, "EndOfStream")
	if n := st.sink.Count(media.Video); n < 5 {
		t.Errorf("%d frames", n)
	}
}

// All that web servers do to an MP4: no ranges, redirects, and little at a time.
func TestPlaysMP4FromAWebServer(t *testing.T) {
	front, back := mp4(t, "-movflags", "+faststart"), mp4(t)
	var requests atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("/ranges", func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(back))
	})
	mux.HandleFunc("/whole", func(w http.ResponseWriter, r *http.Request) { w.Write(front) })
	mux.HandleFunc("/behind", func(w http.ResponseWriter, r *http.Request) { w.Write(back) })
	mux.Handle("/moved", http.RedirectHandler("/again", http.StatusFound))
	mux.Handle("/again", http.RedirectHandler("/whole", http.StatusTemporaryRedirect))
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for chunk := range slices.Chunk(front, 500) {
			w.Write(chunk)
			w.(http.Flusher).Flush()
			select {
			case <-tick.C:
			case <-r.Context().Done():
				return
			}
		}
	})
	srv := httptest.NewServer(mux)
	defer srv.Close()
	for _, path := range []string{"/ranges", "/whole", "/moved", "/slow"} {
		t.Run(path, func(t *testing.T) {
			st := newStage(t, srv.URL+path)
			st.do(t, "play")
			st.events.Await(t, "EndOfStream")
			if v := st.sink.Count(media.Video); v != 50 {
				t.Errorf("%d video frames", v)
			}
		})
	}
	if n := requests.Load(); n > 4 {
		t.Errorf("%d requests for one film", n)
	}
	t.Run("index behind the data, without ranges", func(t *testing.T) {
		st := newStage(t, srv.URL+"/behind")
		st.do(t, "play")
		if e := st.events.Await(t, "Error"); e["type"] != "INVALID_MEDIA" {
			t.Errorf("told %v", e)
		}
	})
}
