package http

import (
	"bytes"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is an HttpPostEndpoint that is connected to a sink.
type rig struct {
	t        *testing.T
	server   *Server
	objects  *pipeline.Server
	endpoint pipeline.Object
	url      string
	sink     *elementtest.Sink
	events   *elementtest.Events
}

func newRig(t *testing.T, params ...any) *rig {
	t.Helper()
	r := &rig{t: t, server: NewServer(func() Settings { return Settings{Address: "127.0.0.1"} }, zerolog.Nop())}
	t.Cleanup(r.server.Close) // after the objects
	r.objects = elementtest.Server(t, nil, PostClass(r.server))
	p := elementtest.Pipeline(t, r.objects)
	r.endpoint = elementtest.Create(t, r.objects, "HttpPostEndpoint", elementtest.In(p, params...))
	r.url = strings.Trim(elementtest.Must(t, r.endpoint, "getUrl", nil), `"`)
	r.sink = elementtest.Create(t, r.objects, "TestSink", elementtest.In(p)).(*elementtest.Sink)
	r.events = elementtest.Listen(t, r.endpoint, "MediaSessionStarted", "EndOfStream", "MediaSessionTerminated", "Error")
	elementtest.Connect(t, r.endpoint, r.sink)
	return r
}

// do makes a request and returns the answer without its body, which is returned as a text.
func (r *rig) do(method, url, kind string, body io.Reader, header ...string) (*http.Response, string) {
	r.t.Helper()
	q, err := http.NewRequest(method, url, body)
	if err != nil {
		r.t.Fatal(err)
	}
	q.Header.Set("Content-Type", kind)
	for i := 0; i < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer, string(text)
}

// wantEvents waits for the last of the events and compares all so far.
func (r *rig) wantEvents(want ...string) {
	r.t.Helper()
	elementtest.Eventually(r.t, "event "+want[len(want)-1], func() bool { return slices.Contains(r.events.Types(), want[len(want)-1]) })
	if got := r.events.Types(); !slices.Equal(got, want) {
		r.t.Errorf("events %v, want %v", got, want)
	}
}

// film makes a film of a length with ffmpeg, of a kind that its name tells.
func film(t *testing.T, name string, length time.Duration, options ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(fftest.Make(t, name, append(fftest.Pattern(length, length, "160x120", 25), options...)...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func webm(t *testing.T, length time.Duration) []byte {
	return film(t, "film.webm", length, "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus")
}

func TestSuite(t *testing.T) {
	r := newRig(t)
	elementtest.Suite(t, r.objects, func(p *pipeline.MediaPipeline) pipeline.Object {
		return elementtest.Create(t, r.objects, "HttpPostEndpoint", elementtest.In(p))
	})
}

// Every container that can be demuxed forwards is played at its own pace, and answered when it has been.
func TestPost(t *testing.T) {
	h264 := []string{"-c:v", "libx264", "-preset", "veryfast", "-bf", "0", "-c:a", "aac"}
	for name, data := range map[string][]byte{
		"film.webm": webm(t, time.Second),
		"film.mp4":  film(t, "film.mp4", time.Second, append(h264, "-movflags", "+frag_keyframe+empty_moov")...),
		"front.mp4": film(t, "front.mp4", time.Second, append(h264, "-movflags", "+faststart")...),
		"film.ts":   film(t, "film.ts", time.Second, h264...),
		"film.flv":  film(t, "film.flv", time.Second, append(h264, "-ar", "44100")...),
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, "disconnectionTimeout", 0)
			begin := time.Now()
			answer, text := r.do("POST", r.url, "video/any", bytes.NewReader(data))
			if answer.StatusCode != http.StatusOK {
				t.Errorf("%s %s", answer.Status, text)
			}
			if took := time.Since(begin); took < 800*time.Millisecond {
				t.Errorf("a second took %v", took)
			}
			r.wantEvents("MediaSessionStarted", "EndOfStream", "MediaSessionTerminated")
			if a, v := r.sink.Count(media.Audio), r.sink.Count(media.Video); a < 40 || v < 24 || v > 25 || r.sink.Ends() != 2 {
				t.Errorf("%d frames of sound, %d of video, %d ends", a, v, r.sink.Ends())
			}
		})
	}
	for name, encoder := range map[string]string{"a.ogg": "libopus", "a.wav": "pcm_s16le", "a.mp3": "libmp3lame"} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			sound := fftest.Make(t, name, append(fftest.Pattern(0, time.Second/2, "", 0), "-c:a", encoder)...)
			data, err := os.ReadFile(sound)
			if err != nil {
				t.Fatal(err)
			}
			if answer, text := r.do("POST", r.url, "audio/any", bytes.NewReader(data)); answer.StatusCode != http.StatusOK {
				t.Errorf("%s %s", answer.Status, text)
			}
			r.wantEvents("MediaSessionStarted", "EndOfStream")
			if a := r.sink.Count(media.Audio); a < 10 {
				t.Errorf("%d frames", a)
			}
		})
	}
}

// The first request binds the URL to its client, which is known by the cookie.
func TestCookie(t *testing.T) {
	r := newRig(t, "disconnectionTimeout", 3600)
	data := webm(t, 200*time.Millisecond)
	answer, _ := r.do("POST", r.url, "video/webm", bytes.NewReader(data))
	cookies := answer.Cookies()
	if len(cookies) != 1 || cookies[0].Name != "HttpEPCookie" || !strings.HasSuffix(r.url, cookies[0].Path) || len(cookies[0].Path) < 20 {
		t.Fatalf("cookies %v", cookies)
	}
	for cookie, want := range map[string]int{"": 400, "HttpEPCookie=other": 400, "HttpEPCookie=" + cookies[0].Value: 200} {
		if answer, text := r.do("POST", r.url, "video/webm", bytes.NewReader(data), "Cookie", cookie); answer.StatusCode != want {
			t.Errorf("cookie %q: %s %s", cookie, answer.Status, text)
		}
	}
	r.wantEvents("MediaSessionStarted", "EndOfStream", "EndOfStream")
	r.objects.Release(r.endpoint)
	r.wantEvents("MediaSessionStarted", "EndOfStream", "EndOfStream", "MediaSessionTerminated")
	if answer, _ := r.do("POST", r.url, "video/webm", bytes.NewReader(data), "Cookie", "HttpEPCookie="+cookies[0].Value); answer.StatusCode != 404 {
		t.Errorf("after the release: %s", answer.Status)
	}
}

func TestAnswers(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct {
		method, url, allow string
		want               int
	}{
		{"OPTIONS", r.url, "POST", 200}, {"GET", r.url, "POST", 405}, {"PUT", r.url, "POST", 405},
		{"POST", r.url + "x", "", 404}, {"GET", r.url[:strings.LastIndexByte(r.url, '/')], "", 404},
	} {
		answer, _ := r.do(c.method, c.url, "video/webm", nil)
		h := answer.Header
		if answer.StatusCode != c.want || h.Get("Allow") != c.allow || h.Get("Access-Control-Allow-Origin") != "*" ||
			c.want == 200 && h.Get("Access-Control-Allow-Headers") != "Content-Type" {
			t.Errorf("%s %s: %s %v", c.method, c.url, answer.Status, h)
		}
	}
	if types := r.events.Types(); len(types) != 0 {
		t.Errorf("events %v", types)
	}
	if _, err := elementtest.Invoke(r.endpoint, "getUrl", nil); err != nil {
		t.Error(err)
	}
}

// What cannot be played is an event that says why.
func TestWhatCannotBePlayed(t *testing.T) {
	behind := film(t, "behind.mp4", time.Second, "-c:v", "libx264", "-c:a", "aac")
	for name, c := range map[string]struct {
		data []byte
		why  string
	}{
		"index behind the data": {behind, "the index is behind the data"},
		"nothing":               {nil, "cut off"},
		"no media":              {bytes.Repeat([]byte("no media "), 1000), "not of a known kind"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			answer, text := r.do("POST", r.url, "video/any", bytes.NewReader(c.data))
			if answer.StatusCode != http.StatusUnsupportedMediaType || !strings.Contains(text, c.why) {
				t.Errorf("%s %s", answer.Status, text)
			}
			e := r.events.Await(t, "Error")
			if what, _ := e["description"].(string); e["type"] != "INVALID_MEDIA" || !strings.HasPrefix(what, "Invalid Media: ") || !strings.Contains(what, c.why) {
				t.Errorf("told %v", e)
			}
		})
	}
}

// A client that breaks off, and one that comes again in time.
func TestBrokenOff(t *testing.T) {
	r := newRig(t, "disconnectionTimeout", 3600)
	data := webm(t, time.Second)
	host, path, _ := strings.Cut(strings.TrimPrefix(r.url, "http://"), "/")
	c, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	head := "POST /" + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
	if _, err := c.Write(append([]byte(head), data[:len(data)*3/4]...)); err != nil {
		t.Fatal(err)
	}
	elementtest.Eventually(t, "frames", func() bool { return r.sink.Count(media.Video) > 2 })
	c.Close()
	if e := r.events.Await(t, "Error"); e["type"] != "STREAM_ERROR_FAILED" {
		t.Errorf("told %v", e)
	}
	r.wantEvents("MediaSessionStarted", "EndOfStream")
	e := r.endpoint.(*Endpoint)
	if answer, _ := r.do("POST", r.url, "video/webm", bytes.NewReader(data), "Cookie", "HttpEPCookie="+e.cookie); answer.StatusCode != http.StatusOK {
		t.Errorf("when it comes again: %s", answer.Status)
	}
}

// part writes one part of a form.
func part(t *testing.T, w *multipart.Writer, disposition, kind string, data []byte) {
	t.Helper()
	head := textproto.MIMEHeader{"Content-Disposition": {disposition}}
	if kind != "" {
		head.Set("Content-Type", kind)
	}
	p, err := w.CreatePart(head)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write(data); err != nil {
		t.Fatal(err)
	}
}

// The files of a form are played one after the other, its fields are passed over.
func TestForm(t *testing.T) {
	r := newRig(t, "disconnectionTimeout", 3600)
	data := webm(t, 400*time.Millisecond)
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part(t, w, `form-data; name="title"`, "", []byte("a film"))
	part(t, w, `form-data; name="a"; filename="a.webm"`, "application/octet-stream", data)
	part(t, w, `form-data; name="b"`, "video/webm", data)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if answer, text := r.do("POST", r.url, w.FormDataContentType(), &body); answer.StatusCode != http.StatusOK {
		t.Errorf("%s %s", answer.Status, text)
	}
	r.wantEvents("MediaSessionStarted", "EndOfStream")
	if v := r.sink.Count(media.Video); v != 20 {
		t.Errorf("%d frames, want 20", v)
	}
}

// A client in the middle of its body does not keep the server, nor the endpoint, from ending.
func TestEndsClientsThatSend(t *testing.T) {
	for _, c := range []struct {
		what   string
		end    func(*rig)
		events []string // behind the first
	}{
		{"release", func(r *rig) { r.objects.Release(r.endpoint) }, []string{"MediaSessionTerminated"}},
		{"server", func(r *rig) { r.server.Close() }, []string{"Error", "EndOfStream"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := newRig(t)
			data := webm(t, time.Second)
			from, to := io.Pipe()
			served := make(chan error, 1)
			go func() {
				client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
				answer, err := client.Post(r.url, "video/webm", from)
				if err == nil {
					answer.Body.Close()
				}
				from.Close()
				served <- err
			}()
			if _, err := to.Write(data[:len(data)*3/4]); err != nil {
				t.Fatal(err)
			}
			elementtest.Eventually(t, "frames", func() bool { return r.sink.Count(media.Video) > 2 })
			c.end(r)
			r.wantEvents(append([]string{"MediaSessionStarted"}, c.events...)...)
			to.Close() // Go's client waits for the whole body
			<-served
		})
	}
}

// A body is not taken in faster than it is played.
func TestBackPressure(t *testing.T) {
	r := newRig(t)
	data := film(t, "long.wav", 60*time.Second, "-vn", "-ar", "48000", "-ac", "2", "-c:a", "pcm_s16le") // 11 MB
	taken := &counter{from: bytes.NewReader(data)}
	go func() {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		if answer, err := client.Post(r.url, "audio/wav", taken); err == nil {
			answer.Body.Close()
		}
		close(taken.done())
	}()
	elementtest.Eventually(t, "half a second of sound", func() bool { return r.sink.Count(media.Audio) > 25 })
	if n := taken.count(); n > len(data)*3/4 {
		t.Errorf("%d of %d bytes were taken at once", n, len(data))
	}
	r.objects.Release(r.endpoint)
	<-taken.done()
}

// A second endpoint has the same server and a URL of its own; the configuration says what is in it.
func TestURL(t *testing.T) {
	r := newRig(t)
	other := elementtest.Must(t, elementtest.Create(t, r.objects, "HttpPostEndpoint", elementtest.In(r.endpoint.(*Endpoint).Pipeline())), "getUrl", nil)
	if base, _, _ := strings.Cut(strings.TrimPrefix(r.url, "http://"), "/"); !strings.Contains(other, base) || strings.Contains(other, r.url) {
		t.Errorf("%s and %s", r.url, other)
	}
	for c, want := range map[Settings]string{
		{Address: "localhost"}: "localhost", {Address: "10.0.0.1", Announced: "example.com"}: "example.com", {Address: "::1"}: "::1",
	} {
		if got := announced(c); got != want {
			t.Errorf("%+v: %s", c, got)
		}
	}
	if got := announced(Settings{Address: "0.0.0.0"}); got == "0.0.0.0" || got == "" {
		t.Errorf("all addresses: %q", got)
	}
}

// Where the port is taken the endpoint cannot be made, and says why.
func TestPortTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := NewServer(func() Settings { return Settings{Address: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port} }, zerolog.Nop())
	defer s.Close()
	objects := elementtest.Server(t, nil, PostClass(s))
	p := elementtest.Pipeline(t, objects)
	for params, want := range map[string]string{"": "address already in use", "disconnectionTimeout": "-1"} {
		in := `{"mediaPipeline":"` + p.ID() + `"}`
		if params != "" {
			in = `{"mediaPipeline":"` + p.ID() + `","disconnectionTimeout":-1}`
		}
		if _, err := objects.Create(t.Context(), "HttpPostEndpoint", []byte(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", in, err)
		}
	}
}
