package rtspout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/named"
	"github.com/rivero-media/rivero/elements/player"
	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec"
	codecrtp "github.com/rivero-media/rivero/pipeline/codec/rtp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a server for RTSP players, and one pipeline.
type rig struct {
	t       testing.TB
	objects *pipeline.Server
	p       *pipeline.MediaPipeline
	server  *Server
	address string // host:port
}

func newRig(t testing.TB, s named.Settings, more ...*pipeline.Class) *rig {
	t.Helper()
	r := &rig{t: t, objects: elementtest.Server(t, codec.Steps{codecrtp.Steps(codecrtp.MTU)},
		append(more, player.Class(func() player.Settings { return player.Settings{} }))...)}
	r.p = elementtest.Pipeline(t, r.objects)
	r.address = freePort(t)
	var err error
	if r.server, err = Listen(r.objects, s, Options{Address: r.address, MinPort: 20000, MaxPort: 40000, Log: zerolog.Nop()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.server.Close)
	return r
}

func freePort(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// play has a PlayerEndpoint with a name play a file.
func (r *rig) play(name, path string) pipeline.Object {
	r.t.Helper()
	o := elementtest.Create(r.t, r.objects, "PlayerEndpoint", elementtest.In(r.p, "uri", "file://"+path))
	elementtest.Must(r.t, o, "setName", map[string]any{"name": name})
	elementtest.Must(r.t, o, "play", nil)
	return o
}

// outputs counts the elements that players have.
func (r *rig) outputs() (n int) {
	for _, o := range r.p.Children() {
		if _, ok := o.(*output); ok {
			n++
		}
	}
	return n
}

// quiet waits until no player is there any more.
func (r *rig) quiet() {
	r.t.Helper()
	elementtest.Eventually(r.t, "the end of the players", func() bool { return r.outputs() == 0 })
}

// run runs a program for 30 s at most.
func run(t testing.TB, program string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	return string(out), err
}

// film is the arguments for one of 20 s.
func film(codecs ...string) []string {
	return append(append(fftest.Pattern(20*time.Second, 20*time.Second, "160x120", 25), "-g", "25"), codecs...)
}

// What RTSP carries gets to ffmpeg as it is, over both transports, and all of it decodes.
func TestFFmpegPlays(t *testing.T) {
	for _, test := range []struct {
		file, want string
		codecs     []string
	}{
		{"film.mp4", "aac h264", []string{"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-c:a", "aac"}},
		{"film.webm", "opus vp8", []string{"-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus"}},
		{"film.mkv", "pcm_alaw vp9", []string{"-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-ar", "8000", "-c:a", "pcm_alaw"}},
	} {
		path := fftest.Make(t, test.file, film(test.codecs...)...)
		for _, transport := range []string{"tcp", "udp"} {
			t.Run(test.want+" over "+transport, func(t *testing.T) {
				r := newRig(t, named.Settings{Access: named.AccessLoopback})
				film := r.play("the film", path)
				uri := "rtsp://" + r.address + "/the%20film"
				out, err := run(t, "ffmpeg", "-v", "error", "-rtsp_transport", transport, "-i", uri, "-t", "2", "-progress", "-", "-f", "null", "-")
				if err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
				i := strings.LastIndex(out, "frame=")
				var frames int
				if _, err := fmt.Sscanf(out[i:], "frame=%d", &frames); err != nil || frames < 40 {
					t.Errorf("%d pictures in 2 s: %s", frames, out)
				}
				for line := range strings.Lines(out) {
					if !strings.Contains(line, "=") {
						t.Errorf("ffmpeg complains: %s", line)
					}
				}
				r.objects.Release(film)
				r.play("the film", path) // from the beginning: it must not end before ffprobe has seen enough
				if codecs := codecs(t, transport, uri); codecs != test.want {
					t.Errorf("codecs %s, want %s", codecs, test.want)
				}
				r.quiet()
			})
		}
	}
}

// codecs asks ffprobe what comes, sound first.
func codecs(t testing.TB, transport, uri string) string {
	out, err := run(t, "ffprobe", "-v", "error", "-rtsp_transport", transport, "-show_entries", "stream=codec_type,codec_name", "-of", "json", uri)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var all struct {
		Streams []struct {
			Type string `json:"codec_type"`
			Name string `json:"codec_name"`
		}
	}
	if err := json.Unmarshal([]byte(out[strings.Index(out, "{"):]), &all); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	names := map[string]string{}
	for _, s := range all.Streams {
		names[s.Type] = s.Name
	}
	return strings.TrimSpace(names["audio"] + " " + names["video"])
}

// GStreamer plays what ffmpeg plays.
func TestGStreamerPlays(t *testing.T) {
	if _, err := exec.LookPath("gst-launch-1.0"); err != nil {
		t.Skip("no gst-launch-1.0: apt-get install gstreamer1.0-tools gstreamer1.0-plugins-good gstreamer1.0-plugins-bad")
	}
	path := fftest.Make(t, "film.mp4", film("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-c:a", "aac")...)
	for _, transport := range []string{"tcp", "udp"} {
		r := newRig(t, named.Settings{Access: named.AccessLoopback})
		r.play("film", path)
		out, err := run(t, "gst-launch-1.0", "-q", "rtspsrc", "location=rtsp://"+r.address+"/film", "protocols="+transport, "latency=0",
			"!", "rtph264depay", "!", "h264parse", "!", "identity", "eos-after=30", "!", "fakesink")
		if err != nil {
			t.Errorf("%s: %v\n%s", transport, err, out)
		}
		r.quiet()
	}
}

// Names that nobody has, that two have, of what gives nothing; tokens.
func TestRefusals(t *testing.T) {
	fftest.Need(t)
	r := newRig(t, named.Settings{Access: named.AccessToken, Token: "s3cret&"})
	path := fftest.Make(t, "film.mp4", film("-c:v", "libx264", "-preset", "ultrafast")...)
	for _, name := range []string{"twin", "twin", "mute"} {
		o := elementtest.Create(t, r.objects, "TestSink", elementtest.In(r.p))
		elementtest.Must(t, o, "setName", map[string]any{"name": name})
	}
	for _, test := range []struct{ uri, want string }{
		{"user:s3cret%26@%s/nobody", "404"},
		{"user:s3cret%26@%s/twin", "409"},
		{"user:s3cret%26@%s/mute", "503"},
		{"%s/film", "401"},
		{"user:wrong@%s/film", "401"},
		{"%s/film?token=wrong", "401"},
		{"%s/film?token=", "401"},
		{"user:s3cret%26@%s/film", "h264"},
		{"somebody:s3cret%26@%s/film", "h264"},
		{"%s/film?token=s3cret%26", "h264"},
	} {
		uri := "rtsp://" + strings.Replace(test.uri, "%s", r.address, 1)
		film := r.play("film", path) // from the beginning, for each
		out, err := run(t, "ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries", "stream=codec_name", uri)
		if !strings.Contains(out, test.want) {
			t.Errorf("%s: %v, want %s: %s", test.uri, err, test.want, out)
		}
		r.objects.Release(film)
	}
	r.play("film", path)
	r.quiet()
	for _, s := range []named.Settings{{}, {Access: named.AccessToken}} {
		r.server.Configure(s)
		if out, err := run(t, "ffprobe", "-v", "error", "rtsp://user:s3cret%26@"+r.address+"/film"); err == nil {
			t.Errorf("%+v: %s", s, out)
		}
	}
}

// Pages of other sites can make HTTP requests to this machine, and WebSockets: RTSP inside of them is not served.
func TestNoTunnel(t *testing.T) {
	r := newRig(t, named.Settings{Access: named.AccessLoopback})
	source := elementtest.Create(t, r.objects, "TestSource", elementtest.In(r.p))
	elementtest.Must(t, source, "setName", map[string]any{"name": "source"})
	describe := func(tunnel gortsplib.Tunnel) error {
		u, err := base.ParseURL("rtsp://" + r.address + "/source")
		if err != nil {
			t.Fatal(err)
		}
		c := &gortsplib.Client{Scheme: u.Scheme, Host: u.Host, Tunnel: tunnel}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, _, err = c.Describe(u)
		return err
	}
	if err := describe(gortsplib.TunnelNone); err != nil {
		t.Error(err)
	}
	for _, tunnel := range []gortsplib.Tunnel{gortsplib.TunnelHTTP, gortsplib.TunnelWebSocket} {
		var err error
		elementtest.Eventually(t, "an answer", func() bool {
			// The library answers a tunnel's GET before it knows of it, and closes a POST that comes at once.
			err = describe(tunnel)
			return !errors.Is(err, io.EOF)
		})
		if err == nil || !strings.Contains(err.Error(), "403") {
			t.Errorf("tunnel %v: %v", tunnel, err)
		}
	}
	r.quiet()
}

// describeAndPlay is a player by hand, over TCP, that does not read after PLAY. meanwhile happens while DESCRIBE waits.
func (r *rig) describeAndPlay(name string, streams int, meanwhile func()) net.Conn {
	r.t.Helper()
	conn, err := net.Dial("tcp", r.address)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).SetReadBuffer(64 << 10); err != nil {
		r.t.Fatal(err)
	}
	buf := make([]byte, 64<<10)
	session, uri := "", "rtsp://"+r.address+"/"+name
	requests := []string{"DESCRIBE " + uri}
	for i := range streams {
		requests = append(requests, fmt.Sprintf("SETUP %s/trackID=%d|Transport: RTP/AVP/TCP;unicast;interleaved=%d-%d\r\n", uri, i, 2*i, 2*i+1))
	}
	for i, request := range append(requests, "PLAY "+uri+"/") {
		line, headers, _ := strings.Cut(request, "|")
		fmt.Fprintf(conn, "%s RTSP/1.0\r\nCSeq: %d\r\n%s%s\r\n", line, i+1, session, headers)
		if i == 0 {
			meanwhile()
		}
		n, err := conn.Read(buf)
		answer := string(buf[:n])
		if err != nil || !strings.HasPrefix(answer, "RTSP/1.0 200") {
			r.t.Fatalf("%s: %v %s", line, err, answer)
		}
		if _, id, ok := strings.Cut(answer, "Session: "); ok && session == "" {
			id, _, _ = strings.Cut(id, ";")
			session = "Session: " + strings.TrimSpace(id) + "\r\n"
		}
	}
	return conn
}

// Whatever ends first: the source's link, the source, the pipeline, the server.
func TestEnds(t *testing.T) {
	for name, end := range map[string]func(r *rig, source pipeline.Object){
		"the source":   func(r *rig, source pipeline.Object) { r.objects.Release(source) },
		"the pipeline": func(r *rig, _ pipeline.Object) { r.objects.Release(r.p) },
		"the server":   func(r *rig, _ pipeline.Object) { r.server.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, named.Settings{Access: named.AccessLoopback})
			source := elementtest.Create(t, r.objects, "TestSource", elementtest.In(r.p))
			elementtest.Must(t, source, "setName", map[string]any{"name": "source"})
			conn := r.describeAndPlay("source", 2, func() {})
			defer conn.Close()
			if n := r.outputs(); n != 1 {
				t.Errorf("%d outputs", n)
			}
			got, read := drain(conn)
			elementtest.Eventually(t, "media", func() bool { return got.Load() > 10000 })
			end(r, source)
			<-read // the connection is closed by the server
			r.quiet()
		})
	}
}
