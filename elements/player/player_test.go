package player_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/elements/access"
	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/player"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/media"
	"github.com/rivero-media/rivero/recorder"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// frame is the beginning of a VP8 frame of 16x16 pixels (RFC 6386 §9.1); it is never decoded.
func frame(key bool) []byte {
	if key {
		return []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 16, 0, 16, 0, 1, 2, 3, 4}
	}
	return []byte{0x11, 0, 0, 1, 2, 3, 4}
}

// film makes a WebM of some length: 25 frames a second with a key frame each second, and sound each 20 ms.
func film(t testing.TB, length time.Duration) []byte {
	path := filepath.Join(t.TempDir(), "film.webm")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	video, err := recorder.NewTrack(media.Format{Kind: media.Video, Codec: media.VP8, ClockRate: 90000}, frame(true))
	if err != nil {
		t.Fatal(err)
	}
	audio, err := recorder.NewTrack(media.Format{Kind: media.Audio, Codec: media.Opus, ClockRate: 48000, Channels: 2}, nil)
	if err != nil {
		t.Fatal(err)
	}
	w, err := recorder.WebM().New(f, []recorder.Track{video, audio}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for at := time.Duration(0); at < length; at += 20 * time.Millisecond {
		if at%(40*time.Millisecond) == 0 {
			key := at%time.Second == 0
			if err := w.WriteFrame(0, at, key, frame(key)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.WriteFrame(1, at, true, []byte{0xfc, 1, 2}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func filmFile(t testing.TB, length time.Duration) string {
	path := filepath.Join(t.TempDir(), "a film.webm")
	if err := os.WriteFile(path, film(t, length), 0o600); err != nil {
		t.Fatal(err)
	}
	return "file://" + path
}

// stage is a player that is connected to a sink.
type stage struct {
	player pipeline.Object
	sink   *elementtest.Sink
	events *elementtest.Events
}

func newStage(t testing.TB, uri string) stage {
	return newStageWith(t, uri, player.Settings{DefaultPath: "file:///nowhere"})
}

func newStageWith(t testing.TB, uri string, settings player.Settings) stage {
	s := elementtest.Server(t, nil, player.Class(func() player.Settings { return settings }))
	p := elementtest.Pipeline(t, s)
	st := stage{
		player: elementtest.Create(t, s, "PlayerEndpoint", elementtest.In(p, "uri", uri)),
		sink:   elementtest.Create(t, s, "TestSink", elementtest.In(p)).(*elementtest.Sink),
	}
	st.events = elementtest.Listen(t, st.player, "EndOfStream", "UriEndpointStateChanged", "Error")
	elementtest.Connect(t, st.player, st.sink)
	return st
}

func (s stage) do(t testing.TB, operation string, params ...any) string {
	t.Helper()
	p := map[string]any{}
	for i := 0; i < len(params); i += 2 {
		p[params[i].(string)] = params[i+1]
	}
	return elementtest.Must(t, s.player, operation, p)
}

func TestSuite(t *testing.T) {
	s := elementtest.Server(t, nil, player.Class(func() player.Settings { return player.Settings{} }))
	uri := filmFile(t, time.Second)
	elementtest.Suite(t, s, func(p *pipeline.MediaPipeline) pipeline.Object {
		o := elementtest.Create(t, s, "PlayerEndpoint", elementtest.In(p, "uri", uri))
		elementtest.Must(t, o, "play", nil)
		return o
	})
}

// What the configuration denies is told the client, and nothing is opened.
func TestDenied(t *testing.T) {
	film := filmFile(t, time.Second)
	policy := access.New(access.Rules{
		Roots: []string{t.TempDir()}, Denied: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Schemes: []string{"file", "http", "rtsp"},
	}, zerolog.Nop())
	s := elementtest.Server(t, nil, player.Class(func() player.Settings { return player.Settings{Access: policy} }))
	p := elementtest.Pipeline(t, s)
	for uri, why := range map[string]string{
		film: "below none of allowedRoots", "http://127.0.0.1:1/film.webm": "127.0.0.0/8 is in deniedNetworks",
		"rtsp://127.0.0.1:1/": "127.0.0.0/8 is in deniedNetworks", "https://host/": "scheme https, it is not in allowedSchemes",
	} {
		o := elementtest.Create(t, s, "PlayerEndpoint", elementtest.In(p, "uri", uri))
		events := elementtest.Listen(t, o, "Error")
		elementtest.Must(t, o, "play", nil)
		e := events.Await(t, "Error")
		if text, _ := e["description"].(string); !strings.HasPrefix(text, "Invalid URI: ") || !strings.Contains(text, why) {
			t.Errorf("%s: %v", uri, e)
		}
	}
}

func TestPlaysToTheEndAtItsOwnPace(t *testing.T) {
	st := newStage(t, filmFile(t, time.Second))
	begin := time.Now()
	st.do(t, "play")
	st.events.Await(t, "EndOfStream")
	if took := time.Since(begin); took < 900*time.Millisecond {
		t.Errorf("a film of one second took %v", took)
	}
	if a, v := st.sink.Count(media.Audio), st.sink.Count(media.Video); a != 50 || v != 25 {
		t.Errorf("%d audio and %d video frames, wanted 50 and 25", a, v)
	}
	if n := st.sink.Ends(); n != 2 {
		t.Errorf("%d streams were ended, wanted 2", n)
	}
	if types := st.events.Types(); !slices.Equal(types, []string{"UriEndpointStateChanged", "UriEndpointStateChanged"}) {
		t.Errorf("events besides EndOfStream: %v", types)
	}
	if state := st.do(t, "getState"); state != `"STOP"` {
		t.Errorf("state %s at the end", state)
	}
	st.do(t, "play") // again, from the start
	st.events.Await(t, "EndOfStream")
	if v := st.sink.Count(media.Video); v != 50 {
		t.Errorf("%d video frames after two plays, wanted 50", v)
	}
}

func TestPauseFreezesAndGoesOn(t *testing.T) {
	st := newStage(t, filmFile(t, 3*time.Second))
	st.do(t, "play")
	elementtest.Eventually(t, "some frames", func() bool { return st.sink.Count(media.Video) > 5 })
	st.do(t, "pause")
	at := st.do(t, "getPosition")
	frames, last := st.sink.Count(media.Video), st.sink.Last(media.Video).PTS
	pause := time.NewTimer(300 * time.Millisecond) // that nothing happens can only be seen over time
	<-pause.C
	if now := st.do(t, "getPosition"); now != at {
		t.Errorf("position went from %s to %s in pause", at, now)
	}
	if n := st.sink.Count(media.Video); n > frames+1 {
		t.Errorf("%d frames came in pause", n-frames)
	}
	st.do(t, "play")
	elementtest.Eventually(t, "frames after the pause", func() bool { return st.sink.Count(media.Video) > frames+5 })
	if gap := st.sink.Last(media.Video).PTS - last; gap < 300*time.Millisecond {
		t.Errorf("the pipeline's time line went on by %v only", gap)
	}
}

func TestSeek(t *testing.T) {
	st := newStage(t, filmFile(t, 20*time.Second))
	if _, err := elementtest.Invoke(st.player, "setPosition", map[string]any{"position": 1000}); err == nil || err.Error() != "Seek fails" {
		t.Errorf("seek while stopped: %v", err)
	}
	st.do(t, "play")
	elementtest.Eventually(t, "frames", func() bool { return st.sink.Count(media.Video) > 2 })
	if info := st.do(t, "getVideoInfo"); info != `{"__module__":"kurento","__type__":"VideoInfo","duration":20000,"isSeekable":true,"seekableEnd":20000,"seekableInit":0}` {
		t.Errorf("video info %s", info)
	}
	st.do(t, "pause")
	st.do(t, "setPosition", "position", 15000)
	if at := st.do(t, "getPosition"); at != "15000" {
		t.Errorf("position %s after a seek to 15000", at)
	}
	st.do(t, "play")
	before := st.sink.Count(media.Video)
	elementtest.Eventually(t, "frames after the seek", func() bool { return st.sink.Count(media.Video) > before+3 })
	st.do(t, "setPosition", "position", 60000) // past the end
	st.events.Await(t, "EndOfStream")
}

func TestWhatCannotBePlayedIsAnEvent(t *testing.T) {
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.webm")
	if err := os.WriteFile(garbage, bytes.Repeat([]byte("no film "), 100), 0o600); err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(dir, "cut.webm")
	if data := film(t, 2*time.Second); os.WriteFile(cut, data[:len(data)/4], 0o600) != nil {
		t.Fatal("cannot write")
	}
	for _, c := range []struct{ uri, typ string }{
		{"file:///does/not/exist.webm", "INVALID_URI"},
		{"file://" + dir, "INVALID_URI"},
		{"foo://bar", "UNEXPECTED_ELEMENT_ERROR"},
		{"not a uri", "INVALID_URI"},
		{"", "INVALID_URI"},
		{"http://127.0.0.1:1/x.webm", "INVALID_URI"},
		{"file://" + garbage, "INVALID_MEDIA"},
		{"file://" + cut, "STREAM_ERROR_FAILED"},
	} {
		t.Run(c.uri, func(t *testing.T) {
			st := newStage(t, c.uri)
			st.do(t, "play")
			if typ := st.events.Await(t, "Error")["type"]; typ != c.typ {
				t.Errorf("error type %v, wanted %s", typ, c.typ)
			}
			st.do(t, "stop")
			if state := st.do(t, "getState"); state != `"STOP"` {
				t.Errorf("state %s after stop", state)
			}
		})
	}
}

func TestPlaysFromAWebServer(t *testing.T) {
	data := film(t, time.Second)
	for _, ranges := range []bool{true, false} {
		t.Run(fmt.Sprintf("with ranges %v", ranges), func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if ranges {
					http.ServeContent(w, r, "film.webm", time.Time{}, bytes.NewReader(data))
					return
				}
				w.Write(data)
			}))
			defer srv.Close()
			st := newStage(t, srv.URL+"/film.webm")
			st.do(t, "play")
			elementtest.Eventually(t, "frames", func() bool { return st.sink.Count(media.Video) > 2 })
			_, err := elementtest.Invoke(st.player, "setPosition", map[string]any{"position": 500})
			if ranges != (err == nil) {
				t.Errorf("seek: %v", err)
			}
			st.events.Await(t, "EndOfStream")
		})
	}
}

func TestStopEndsAReadThatHangs(t *testing.T) {
	hang := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write(film(t, time.Second)[:1000])
		w.(http.Flusher).Flush()
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	}))
	defer srv.Close()
	defer close(hang)
	st := newStage(t, srv.URL)
	st.do(t, "play")
	elementtest.Eventually(t, "frames", func() bool { return st.sink.Count(media.Video) > 1 })
	st.do(t, "stop")
	if at := st.do(t, "getPosition"); at != "0" {
		t.Errorf("position %s when stopped", at)
	}
}
