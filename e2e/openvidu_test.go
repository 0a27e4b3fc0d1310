//go:build e2e

package e2e

import (
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/gorilla/websocket"
)

// A session of OpenVidu with three participants, from the first to come to the last to leave, with media that really flows.
func TestOpenViduSession(t *testing.T) {
	t.Parallel()
	eachFlow(t, func(t *testing.T, f flow) {
		s := startServer(t)
		tellOpenViduStory(t, s, startOpenVidu(t, f, s.dialWebSocket(t)))
	})
	t.Run("over wss", func(t *testing.T) {
		t.Parallel()
		s := newServer(t, freePort(t))
		port := freePort(t)
		config := s.writeConfig()
		roots := writeCertificate(t, filepath.Join(filepath.Dir(config), "server.pem"))
		text := fmt.Sprintf(`{"mediaServer": {"net": {"websocket": {"port": %d, "path": "kurento",
			"secure": {"port": %d, "certificate": "server.pem", "password": ""}}}}}`, s.port, port)
		if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		s.start("-f", config)
		eventually(t, startTimeout, "the server's first pong", s.pongs)
		dialer := websocket.Dialer{TLSClientConfig: &tls.Config{RootCAs: roots}}
		ws, _, err := dialer.Dial(fmt.Sprintf("wss://127.0.0.1:%d/kurento", port), nil)
		if err != nil {
			t.Fatal(err)
		}
		tellOpenViduStory(t, s, startOpenVidu(t, flows[1], ws))
	})
}

func tellOpenViduStory(t *testing.T, s *server, o *openvidu) {
	everybody := []*participant{o.join("alice"), o.join("bob"), o.join("carol")}
	for _, viewer := range everybody {
		for _, publisher := range everybody {
			if viewer != publisher {
				viewer.watching = append(viewer.watching, o.watch(viewer.stream, publisher))
			}
		}
	}
	for _, viewer := range everybody {
		for _, w := range viewer.watching {
			w.browser.sees(w.name)
			o.await(w.endpoint, "ConnectionStateChanged", "newState", "CONNECTED")
		}
	}
	alice, bob := everybody[0], everybody[1]
	watchers := []*subscription{bob.watching[0], everybody[2].watching[0]} // of alice

	recording := o.record(alice, filepath.Join(s.files, "recordings", "ses_1", "alice.webm"))
	o.mute(alice, watchers)
	o.comeBack(alice, watchers)
	recording.stopAndCheck(t)

	for _, p := range everybody {
		for _, w := range p.watching {
			o.must("release", object{"object": w.endpoint})
			w.browser.close()
		}
		o.leave(p)
	}
	o.must("release", object{"object": o.room})
}

// mute ends one kind of media and brings it back, then both; the other kind goes on meanwhile.
func (o *openvidu) mute(p *participant, watchers []*subscription) {
	o.t.Helper()
	kinds := []struct {
		link         object
		audio, video bool // muted
	}{
		{object{"sink": p.pass, "mediaType": "AUDIO"}, true, false},
		{object{"sink": p.pass, "mediaType": "VIDEO"}, false, true},
		{object{"sink": p.pass}, true, true},
	}
	for _, kind := range kinds {
		o.later(p.source, "disconnect", kind.link)
		for _, w := range watchers {
			if kind.audio {
				w.browser.quiet("sound for "+w.name, &w.browser.audio)
			} else {
				w.browser.hearsSound(w.name)
			}
			if kind.video {
				w.browser.quiet("pictures for "+w.name, &w.browser.video)
			} else {
				w.browser.seesPictures(w.name)
			}
		}
		o.later(p.source, "connect", kind.link)
		for _, w := range watchers {
			w.browser.sees(w.name)
		}
	}
}

// comeBack replaces a publisher's connection; its PassThrough stays, with all that is connected to it.
func (o *openvidu) comeBack(p *participant, watchers []*subscription) {
	o.t.Helper()
	o.invoke(p.source, "disconnect", object{"sink": p.pass})
	o.must("release", object{"object": p.source})
	p.browser.close()
	o.publish(p)
	for _, w := range watchers {
		w.browser.sees(w.name)
	}
}

// An openviduRecording is an INDIVIDUAL one of one stream.
type openviduRecording struct {
	*openvidu
	recorder, file string
}

func (o *openvidu) record(p *participant, file string) *openviduRecording {
	o.t.Helper()
	if _, err := os.Stat(filepath.Dir(file)); err == nil {
		o.t.Fatalf("%s is there already", filepath.Dir(file))
	}
	r := &openviduRecording{o, o.create("RecorderEndpoint", object{
		"mediaPipeline": o.room, "uri": "file://" + file, "mediaProfile": "WEBM",
	}), file}
	o.subscribe(r.recorder, "Recording")
	o.subscribe(r.recorder, "Error")
	if o.flow.serverOffers { // 2.32 waits for the links
		for _, kind := range []string{"AUDIO", "VIDEO"} {
			o.invoke(p.pass, "connect", object{"sink": r.recorder, "mediaType": kind})
		}
		o.invoke(r.recorder, "record", object{})
	} else {
		o.later(r.recorder, "record", object{}) // it may overtake them
		for _, kind := range []string{"AUDIO", "VIDEO"} {
			o.later(p.pass, "connect", object{"sink": r.recorder, "mediaType": kind})
		}
	}
	began := o.await(r.recorder, "Recording")
	if _, err := strconv.ParseInt(fmt.Sprint(began.Data["timestampMillis"]), 10, 64); err != nil {
		o.t.Errorf("Recording: %v", began.Data)
	}
	return r
}

// stopAndCheck stops, releases the recorder from inside the handler of Stopped and has ffmpeg judge the file at once.
func (r *openviduRecording) stopAndCheck(t *testing.T) {
	t.Helper()
	released := make(chan bool)
	r.on(r.recorder, "Stopped", func(event) {
		r.must("release", object{"object": r.recorder})
		close(released)
	})
	r.later(r.recorder, "stop", object{})
	<-released
	info := probe(t, r.file)
	codecs := map[string]string{}
	for _, s := range info.Streams {
		codecs[s.Type] = s.Codec
	}
	if len(info.Streams) != 2 || codecs["video"] != "vp8" || codecs["audio"] != "opus" || info.Format.Duration < 2 {
		t.Errorf("the recording: %+v", info)
	}
	if complaints := decode(t, r.file); complaints != "" {
		t.Errorf("ffmpeg complains:\n%s", complaints)
	}
	r.fails(40101, "invoke", operation(r.recorder, "getState", object{}))
}

// A published stream goes through a filter that the application applies, changes and takes away again, while others watch it.
// openvidu-server passes all options as texts.
func TestOpenViduFilter(t *testing.T) {
	t.Parallel()
	eachFlow(t, func(t *testing.T, f flow) {
		o := startOpenVidu(t, f, startServer(t).dialWebSocket(t))
		alice := o.join("alice")
		bob := o.watch("bob", alice)
		bob.browser.sees("bob")

		filter := o.create("GStreamerFilter", object{
			"mediaPipeline": o.room, "command": "videoflip method=rotate-180", "filterType": "VIDEO",
		})
		complaints := o.subscribe(filter, "Error")
		o.invoke(alice.source, "connect", object{"sink": filter})
		o.invoke(filter, "connect", object{"sink": alice.pass})
		bob.browser.sees("bob, through the filter")
		if flows := o.invoke(filter, "isMediaFlowingOut", object{"mediaType": "VIDEO"}); flows != true {
			t.Errorf("video flows out of the filter: %v", flows)
		}

		o.invoke(filter, "setElementProperty", object{"propertyName": "method", "propertyValue": "horizontal-flip"})
		bob.browser.sees("bob, through the changed filter")
		o.fails(40001, "invoke", operation(filter, "setElementProperty", object{"propertyName": "method", "propertyValue": "sideways"}))
		o.fails(40008, "invoke", operation(filter, "setColour", object{"colour": "red"}))

		o.must("unsubscribe", object{"object": filter, "subscription": complaints})
		o.invoke(alice.source, "connect", object{"sink": alice.pass})
		o.must("release", object{"object": filter})
		bob.browser.sees("bob, without the filter")

		// Sound goes the same way.
		echo := o.create("GStreamerFilter", object{
			"mediaPipeline": o.room, "command": "audioecho delay=50000000 intensity=0.6 feedback=0.4", "filterType": "AUDIO",
		})
		o.invoke(alice.source, "connect", object{"sink": echo})
		o.invoke(echo, "connect", object{"sink": alice.pass})
		bob.browser.sees("bob, through the echo")
		o.leave(alice)
		o.must("release", object{"object": echo})
		o.fails(40001, "create", object{"type": "GStreamerFilter", "constructorParams": object{
			"mediaPipeline": o.room, "command": "videoflip ! videobalance", "filterType": "VIDEO",
		}, "properties": object{}})
	})
}

// What openvidu-server's applications name and is not there is refused as by a server without the module.
func TestOpenViduUnknownFilter(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	o := startOpenVidu(t, flows[1], s.dialWebSocket(t))
	o.fails(40108, "create", object{
		"type": "nomodule.NoFilter", "constructorParams": object{"mediaPipeline": o.room}, "properties": object{},
	})
}
