package player_test

import (
	"bytes"
	"crypto/tls"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/pion/rtp"
	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/player"
	"github.com/rivero-media/rivero/elements/player/rtsp/rtsptest"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/media"
)

var (
	sps = []byte{0x67, 0x64, 0x00, 0x0c, 0xac, 0x3b, 0x50, 0xb0, 0x4b, 0x42, 0x00, 0x00, 0x03, 0x00, 0x02, 0x00, 0x00, 0x03, 0x00, 0x3d, 0x08}
	pps = []byte{0x68, 0xee, 0x3c, 0x80}
)

func h264() format.Format {
	return &format.H264{PayloadTyp: 96, PacketizationMode: 1, SPS: sps, PPS: pps}
}

func opus() format.Format { return &format.Opus{PayloadTyp: 97, ChannelCount: 2} }

func class(s player.Settings) *pipeline.Class {
	return player.Class(func() player.Settings { return s })
}

// shoot has the camera send until the test ends: 25 pictures a second, one in keyEvery a key frame without parameter sets, and sound.
func shoot(t *testing.T, c *rtsptest.Camera, keyEvery uint16) {
	stop := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(40 * time.Millisecond)
		defer tick.Stop()
		for n := uint16(0); ; n++ {
			nal := []byte{0x41, 0x9a, byte(n)}
			if n%keyEvery == 0 {
				nal = []byte{0x65, 0x88, byte(n)}
			}
			_ = c.Write(0, &rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 96, Marker: true, SequenceNumber: n, Timestamp: uint32(n) * 3600}, Payload: nal})
			_ = c.Write(1, &rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 97, SequenceNumber: n, Timestamp: uint32(n) * 1920}, Payload: []byte{0xfc, 1, 2}})
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	})
	t.Cleanup(func() { close(stop); done.Wait() })
}

// eachTransport runs a test with cameras that stream over UDP, and over TCP alone.
func eachTransport(t *testing.T, test func(t *testing.T, c *rtsptest.Camera)) {
	for name, udp := range map[string]bool{"UDP": true, "TCP": false} {
		t.Run(name, func(t *testing.T) {
			c := rtsptest.Start(t, rtsptest.Options{UDP: udp, User: "admin", Password: "s3cret", Formats: []format.Format{h264(), opus()}})
			shoot(t, c, 10)
			test(t, c)
		})
	}
}

func (s stage) flows(t *testing.T) {
	t.Helper()
	a, v := s.sink.Count(media.Audio), s.sink.Count(media.Video)
	elementtest.Eventually(t, "sound and pictures", func() bool {
		return s.sink.Count(media.Audio) > a+5 && s.sink.Count(media.Video) > v+15
	})
}

func TestPlaysWhatACameraSends(t *testing.T) {
	eachTransport(t, func(t *testing.T, c *rtsptest.Camera) {
		st := newStage(t, c.URI())
		st.do(t, "play")
		if state := st.do(t, "getState"); state != `"START"` {
			t.Errorf("state %s", state)
		}
		st.flows(t)
		if f := st.sink.Last(media.Video).Format; f.Codec != media.H264 || !f.Packed || f.Params != "" {
			t.Errorf("format %+v", f)
		}
		if f := st.sink.Last(media.Audio).Format; f.Codec != media.Opus || !f.Packed || f.Channels != 2 {
			t.Errorf("format %+v", f)
		}
		if pts := st.sink.Last(media.Video).PTS; (media.Now() - pts).Abs() > time.Second {
			t.Errorf("presented at %v, it is %v", pts, media.Now())
		}
		if info := st.do(t, "getVideoInfo"); !strings.Contains(info, `"isSeekable":false`) {
			t.Errorf("video info %s", info)
		}
		if _, err := elementtest.Invoke(st.player, "setPosition", map[string]any{"position": 10}); err == nil || err.Error() != "Seek fails" {
			t.Errorf("seek: %v", err)
		}
		if uri := st.do(t, "getUri"); uri != `"`+c.URI()+`"` {
			t.Errorf("uri %s", uri)
		}
		st.do(t, "stop")
		elementtest.Eventually(t, "TEARDOWN", func() bool { return c.Got(base.Teardown) > 0 })
		if at := st.do(t, "getPosition"); at != "0" {
			t.Errorf("position %s when stopped", at)
		}
		st.do(t, "play")
		st.flows(t)
	})
}

func TestPauseOfACamera(t *testing.T) {
	eachTransport(t, func(t *testing.T, c *rtsptest.Camera) {
		st := newStage(t, c.URI())
		st.do(t, "pause") // opens it, as in the original
		elementtest.Eventually(t, "PLAY", func() bool { return c.Got(base.Play) > 0 })
		st.do(t, "play")
		st.flows(t)
		st.do(t, "pause")
		still := st.sink.Count(media.Video)
		pause := time.NewTimer(200 * time.Millisecond) // that nothing happens can only be seen over time
		<-pause.C
		if n := st.sink.Count(media.Video); n != still {
			t.Errorf("%d packets came in pause", n-still)
		}
		st.do(t, "play")
		st.flows(t)
	})
}

// The camera's key frames have no parameter sets in band; the packets before each of them, which carry them, are added.
func TestKeyFramesOfACameraHaveParameterSets(t *testing.T) {
	eachTransport(t, func(t *testing.T, c *rtsptest.Camera) {
		s := elementtest.Server(t, nil, class(player.Settings{MinPort: 33000, MaxPort: 33099}))
		p := elementtest.Pipeline(t, s)
		e := elementtest.Create(t, s, "PlayerEndpoint", elementtest.In(p, "uri", c.URI()))
		sink := newKeeper(t, e)
		elementtest.Must(t, e, "play", nil)
		elementtest.Eventually(t, "three key frames", func() bool { return sink.keys() >= 3 })
		for i, packets := range sink.frames() {
			if len(packets) < 3 || !bytes.Equal(packets[0].data, sps) || !bytes.Equal(packets[1].data, pps) || packets[2].data[0] != 0x65 {
				t.Errorf("key frame %d: %v", i, packets)
				continue
			}
			for j, p := range packets[1:] {
				if p.seq != packets[j].seq+1 || p.timestamp != packets[j].timestamp {
					t.Errorf("key frame %d: number %d after %d", i, p.seq, packets[j].seq)
				}
			}
		}
		// Whoever comes late finds them in what is kept.
		if seq, found := sink.lastKey(); !found {
			t.Errorf("no key frame is kept: %d", seq)
		}
	})
}

// A camera makes no key frame when asked for one, and some make one in ten seconds only.
func TestLateViewersOfACameraGetAPicture(t *testing.T) {
	c := rtsptest.Start(t, rtsptest.Options{Formats: []format.Format{h264(), opus()}})
	st := newStage(t, c.URI())
	st.do(t, "play")
	elementtest.Eventually(t, "PLAY", func() bool { return c.Got(base.Play) > 0 })
	shoot(t, c, 1000)
	elementtest.Eventually(t, "pictures of more than a second", func() bool { return st.sink.Count(media.Video) > 40 })
	late := newKeeper(t, st.player)
	elementtest.Eventually(t, "a picture for the late viewer", func() bool { return late.count() > 0 })
	if seq, found := late.lastKey(); !found {
		t.Errorf("no key frame is kept: %d", seq)
	}
}

func TestACameraThatGoesAway(t *testing.T) {
	eachTransport(t, func(t *testing.T, c *rtsptest.Camera) {
		st := newStage(t, c.URI())
		st.do(t, "play")
		st.flows(t)
		c.Stop()
		failure := st.events.Await(t, "Error")
		if failure["type"] != "STREAM_ERROR_FAILED" || strings.Contains(failure["description"].(string), "s3cret") {
			t.Errorf("error %v", failure)
		}
		st.events.Await(t, "EndOfStream")
		if state := st.do(t, "getState"); state != `"STOP"` {
			t.Errorf("state %s", state)
		}
		if n := st.sink.Ends(); n != 2 {
			t.Errorf("%d streams were ended, wanted 2", n)
		}
	})
}

// A camera that is lost and comes back goes on, in the same element and for the same receivers; each step is told.
func TestACameraThatComesBack(t *testing.T) {
	eachTransport(t, func(t *testing.T, c *rtsptest.Camera) {
		st := newStageWith(t, c.URI(), player.Settings{Reconnect: 100 * time.Millisecond})
		st.do(t, "play")
		st.events.Await(t, "UriEndpointStateChanged")
		for range 3 {
			st.flows(t)
			c.Stop()
			for range 3 { // the loss, and attempts in vain
				failure := st.events.Await(t, "Error")
				text := failure["description"].(string)
				if !strings.HasPrefix(text, "RTSP server is lost: ") || !strings.HasSuffix(text, "; next attempt in 100ms") || strings.Contains(text, "s3cret") {
					t.Errorf("error %v", failure)
				}
			}
			c.Restart(t)
			if e := st.events.Await(t, "UriEndpointStateChanged"); e["state"] != "START" {
				t.Errorf("state %v", e)
			}
		}
		st.flows(t)
		if n := st.sink.Ends(); n != 0 {
			t.Errorf("%d streams were ended", n)
		}
		c.Stop()
		st.events.Await(t, "Error")
		st.do(t, "stop") // while it waits
		if state := st.do(t, "getState"); state != `"STOP"` {
			t.Errorf("state %s", state)
		}
	})
}

// A server that plays a file says when that is over: no error.
func TestAServerThatSaysGoodbye(t *testing.T) {
	eachTransport(t, func(t *testing.T, c *rtsptest.Camera) {
		st := newStage(t, c.URI())
		st.do(t, "play")
		st.flows(t)
		if err := c.Goodbye(); err != nil {
			t.Fatal(err)
		}
		st.events.Await(t, "EndOfStream")
		if types := st.events.Types(); slices.Contains(types, "Error") {
			t.Errorf("events %v", types)
		}
		if n := st.sink.Ends(); n != 2 {
			t.Errorf("%d streams were ended, wanted 2", n)
		}
		st.do(t, "play") // again
		st.flows(t)
	})
}

func TestCamerasThatCannotBePlayed(t *testing.T) {
	camera := rtsptest.Start(t, rtsptest.Options{User: "admin", Password: "s3cret", Formats: []format.Format{h264()}})
	web := httptest.NewTLSServer(nil) // for its certificate, which nobody trusts
	defer web.Close()
	secure := rtsptest.Start(t, rtsptest.Options{TLS: &tls.Config{Certificates: web.TLS.Certificates}, Formats: []format.Format{h264()}})
	strange := rtsptest.Start(t, rtsptest.Options{Formats: []format.Format{&format.MJPEG{}, &format.G722{}}})
	for name, c := range map[string]struct{ uri, typ string }{
		"nobody there":     {"rtsp://admin:s3cret@127.0.0.1:1/x", "INVALID_URI"},
		"wrong password":   {strings.Replace(camera.URI(), "admin:", "guest:", 1), "INVALID_URI"},
		"no URI":           {"rtsp://admin:s3cret@127.0.0.1:port/x", "INVALID_URI"},
		"no host":          {"rtsp:///cam", "INVALID_URI"},
		"not trusted":      {strings.Replace(secure.URI(), "rtsps://", "rtsps://admin:s3cret@", 1), "INVALID_URI"},
		"no stream for us": {strange.URI(), "INVALID_MEDIA"},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			s := pipeline.NewServer(pipeline.Settings{}, []*pipeline.Class{class(player.Settings{})}, zerolog.New(&log))
			p := elementtest.Pipeline(t, s)
			e := elementtest.Create(t, s, "PlayerEndpoint", elementtest.In(p, "uri", c.uri))
			events := elementtest.Listen(t, e, "Error")
			elementtest.Must(t, e, "play", nil)
			if typ := events.Await(t, "Error")["type"]; typ != c.typ {
				t.Errorf("error type %v, wanted %s", typ, c.typ)
			}
			if state := elementtest.Must(t, e, "getState", nil); state != `"START"` {
				t.Errorf("state %s, in the original it stays START", state)
			}
			elementtest.Must(t, e, "stop", nil)
			s.Close()
			if !strings.Contains(log.String(), "cannot play") || strings.Contains(log.String(), "s3cret") {
				t.Errorf("log %s", log.String())
			}
		})
	}
}

func TestStreamsOfUnknownCodecsAreLeftOut(t *testing.T) {
	c := rtsptest.Start(t, rtsptest.Options{Formats: []format.Format{h264(), opus(), &format.G722{}}})
	shoot(t, c, 10)
	st := newStage(t, c.URI())
	st.do(t, "play")
	st.flows(t)
	if n := c.Got(base.Setup); n > 4 { // of two streams, each over UDP in vain first
		t.Errorf("requests %v", c.Requests())
	}
}

func TestSuiteWithACamera(t *testing.T) {
	eachTransport(t, func(t *testing.T, c *rtsptest.Camera) {
		s := elementtest.Server(t, nil, class(player.Settings{}))
		elementtest.Suite(t, s, func(p *pipeline.MediaPipeline) pipeline.Object {
			o := elementtest.Create(t, s, "PlayerEndpoint", elementtest.In(p, "uri", c.URI()))
			elementtest.Must(t, o, "play", nil)
			return o
		})
	})
}
