//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// Every bad input gets the documented answer, and afterwards the server works and holds nothing open.
func TestBadInput(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := s.dial(t)
	c.must("ping", object{"interval": 240000})
	idle := s.openFiles()

	t.Run("messages", func(t *testing.T) { badMessages(t, s.dial(t)) })
	t.Run("requests", func(t *testing.T) { badRequests(t, s.dial(t)) })
	t.Run("negotiation", func(t *testing.T) { badNegotiation(t, s.dial(t)) })
	t.Run("player", func(t *testing.T) { badFiles(t, s, s.dial(t)) })
	t.Run("recorder", func(t *testing.T) { unwritableRecording(t, s.dial(t)) })
	t.Run("silent disconnect", func(t *testing.T) { vanish(t, s) })

	if pong := c.must("ping", object{}); pong != "pong" {
		t.Errorf("ping after all this: %q", pong)
	}
	eventually(t, 10*time.Second, fmt.Sprintf("%d open files again", idle), func() bool { return s.openFiles() <= idle })
	if log := s.log.String(); strings.Contains(log, "panic") || strings.Contains(log, "goroutine ") {
		t.Error("the server's log tells of a panic")
	}
}

// refused checks an answer's error.
func refused(t *testing.T, what string, r reply, code int, message string) {
	t.Helper()
	if r.Error == nil {
		t.Errorf("%s: accepted, want %d %s", what, code, message)
		return
	}
	if r.Error.Code != code || !strings.Contains(r.Error.Message, message) {
		t.Errorf("%s: %d %q, want %d %q", what, r.Error.Code, r.Error.Message, code, message)
	}
}

func badMessages(t *testing.T, c *rawConn) {
	c.t = t
	const parse, invalid, unknown = -32700, -32600, -32601
	for _, m := range []struct {
		text    string
		code    int
		message string
	}{
		{`hello`, parse, "Parse error."},
		{``, parse, "Parse error."},
		{`{"jsonrpc":"2.0","id":1,"method":"ping"`, parse, "Parse error."},
		{"\x00\xff\xfe", parse, "Parse error."},
		{strings.Repeat("[", 100_000), parse, "Parse error."},
		{`42`, invalid, "Invalid JSON-RPC request."},
		{`null`, invalid, "Invalid JSON-RPC request."},
		{`[{"jsonrpc":"2.0","id":1,"method":"ping"}]`, invalid, "Invalid JSON-RPC request."},
		{`{"id":1,"method":"ping"}`, invalid, "Invalid JSON-RPC request."},
		{`{"jsonrpc":"1.0","id":1,"method":"ping"}`, invalid, "Invalid JSON-RPC request."},
		{`{"jsonrpc":"2.0","id":{},"method":"ping"}`, invalid, "Invalid JSON-RPC request."},
		{`{"jsonrpc":"2.0","id":1}`, invalid, "Invalid JSON-RPC request."},
		{`{"jsonrpc":"2.0","id":1,"method":7}`, invalid, "Invalid JSON-RPC request."},
		{`{"jsonrpc":"2.0","id":1,"method":"explode"}`, unknown, "Method not found."},
	} {
		what := m.text[:min(len(m.text), 60)]
		if m.text == "\x00\xff\xfe" {
			what = "bytes that are no UTF-8"
			// A text frame must be UTF-8 (RFC 6455 §5.6), so these travel in a binary one, which is read all the same.
			if err := c.ws.WriteMessage(2, []byte(m.text)); err != nil {
				t.Fatal(err)
			}
		} else {
			c.write(m.text)
		}
		refused(t, what, c.answer(), m.code, m.message)
	}
}

func badRequests(t *testing.T, c *rawConn) {
	c.t = t
	pipeline := c.create("MediaPipeline", object{})
	other := c.create("MediaPipeline", object{})
	pass := c.create("PassThrough", object{"mediaPipeline": pipeline})
	stranger := c.create("PassThrough", object{"mediaPipeline": other})
	invoke := func(id, operation string, params any) reply {
		return c.call("invoke", object{"object": id, "operation": operation, "operationParams": params})
	}

	refused(t, "create of an unknown class", c.call("create", object{"type": "NoSuchThing"}), 40108, "Factory 'NoSuchThing' not found")
	refused(t, "create of an abstract class", c.call("create", object{"type": "MediaElement"}), 40108, "Factory 'MediaElement' not found")
	refused(t, "create without a type", c.call("create", object{}), -32000, "'type' parameter is required")
	refused(t, "create with a number as pipeline", c.call("create", object{"type": "PassThrough", "constructorParams": object{"mediaPipeline": 7}}), 40101, "")
	refused(t, "create in an unknown pipeline", c.call("create", object{"type": "PassThrough", "constructorParams": object{"mediaPipeline": "nowhere"}}), 40101, "nowhere")
	refused(t, "invoke on an unknown object", invoke("nobody", "getName", nil), 40101, "Object 'nobody' not found")
	refused(t, "an unknown operation", invoke(pass, "explode", object{"a": 1}), 40008, "Method 'explode' with 1 parameters not found")
	refused(t, "connect to nothing", invoke(pass, "connect", object{}), 40001, "'sink' parameter should be a string")
	refused(t, "connect to an unknown id", invoke(pass, "connect", object{"sink": "nobody"}), 40101, "nobody")
	refused(t, "connect to a pipeline", invoke(pass, "connect", object{"sink": pipeline}), 40101, "")
	refused(t, "connect to another pipeline's element", invoke(pass, "connect", object{"sink": stranger}), 40004, "Media elements do not share pipeline")
	refused(t, "connect an unknown kind of media", invoke(pass, "connect", object{"sink": pass, "mediaType": "SMELL"}), 40001, "Invalid value for 'MediaType'")
	refused(t, "subscribe to an unknown event", c.call("subscribe", object{"object": pass, "type": "FullMoon"}), 40106, "FullMoon")
	refused(t, "keepAlive of an unknown session", c.call("keepAlive", object{"sessionId": "nobody"}), 40007, "Invalid session")
	refused(t, "an object in the place of a text", c.call("describe", object{"object": object{}}), -32000, "'object' parameter should be a string")

	c.must("release", object{"object": pipeline})
	c.must("release", object{"object": pipeline}) // a second time is no error
	c.must("release", object{"object": other})
	refused(t, "invoke after release", invoke(pass, "getName", nil), 40101, pass)
}

func badNegotiation(t *testing.T, c *rawConn) {
	c.t = t
	pipeline := c.create("MediaPipeline", object{})
	webrtc := c.create("WebRtcEndpoint", object{"mediaPipeline": pipeline})
	invoke := func(operation string, params object) reply {
		return c.call("invoke", object{"object": webrtc, "operation": operation, "operationParams": params})
	}
	accepted := func(what string, r reply) {
		t.Helper()
		if r.Error != nil {
			t.Errorf("%s: %+v, want success", what, r.Error)
		}
	}

	candidate := func(text string) object {
		return object{"candidate": object{"candidate": text, "sdpMid": "0", "sdpMLineIndex": 0}}
	}
	accepted("gathering before negotiation", invoke("gatherCandidates", object{}))
	accepted("a candidate before negotiation", invoke("addIceCandidate", candidate("candidate:1 1 UDP 2013266431 127.0.0.1 9 typ host")))
	accepted("an empty candidate", invoke("addIceCandidate", candidate("")))
	accepted("a candidate that is none", invoke("addIceCandidate", candidate("candidate:rubbish")))
	accepted("a candidate with a name", invoke("addIceCandidate", candidate("candidate:1 1 UDP 2013266431 nobody.local 9 typ host")))
	refused(t, "a candidate of the wrong type", invoke("addIceCandidate", object{"candidate": 7}), 40001, "'candidate'")

	refused(t, "local description of nothing", invoke("getLocalSessionDescriptor", object{}), 40202, "No local SDP")
	refused(t, "answer without an offer", invoke("processAnswer", object{"answer": "v=0\r\n"}), 40209, "Offer not generated")
	refused(t, "an empty offer", invoke("processOffer", object{"offer": ""}), 40201, "Empty offer not valid")
	refused(t, "an offer that is no SDP", invoke("processOffer", object{"offer": "hello"}), 40201, "")
	refused(t, "an offer cut in a line", invoke("processOffer", object{"offer": "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=aud"}), 40201, "")
	refused(t, "an enormous offer", invoke("processOffer", object{"offer": strings.Repeat("m=video 9 x\r\n", 100_000)}), 40201, "")
	c.must("release", object{"object": pipeline})
}

// badFiles plays what cannot be played: each attempt ends with the event that says so.
func badFiles(t *testing.T, s *server, c *rawConn) {
	c.t = t
	whole := s.path("whole.webm")
	ffmpeg(t, "-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x180:rate=15", "-f", "lavfi", "-i", "sine",
		"-t", "4", "-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus", whole)
	data, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, content []byte) string {
		path := s.path(name)
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		return "file://" + path
	}

	for _, file := range []struct{ what, uri, event, kind string }{
		{"no file", "file://" + s.path("nowhere.webm"), "Error", "INVALID_URI"},
		{"an unknown scheme", "gopher://127.0.0.1/x.webm", "Error", "UNEXPECTED_ELEMENT_ERROR"},
		{"a folder", "file://" + s.files, "Error", "INVALID_URI"},
		{"an empty file", write("empty.webm", nil), "Error", "INVALID_MEDIA"},
		{"a text", write("text.webm", []byte(strings.Repeat("this is no media\n", 1000))), "Error", "INVALID_MEDIA"},
		{"a file cut in its header", write("header.webm", data[:60]), "Error", "INVALID_MEDIA"},
		{"a file cut in the middle", write("middle.webm", data[:len(data)/2]), "EndOfStream", "EndOfStream"},
	} {
		t.Run(file.what, func(t *testing.T) {
			c.t = t
			pipeline := c.create("MediaPipeline", object{})
			player := c.create("PlayerEndpoint", object{"mediaPipeline": pipeline, "uri": file.uri})
			sink := c.create("PassThrough", object{"mediaPipeline": pipeline})
			c.invoke(player, "connect", object{"sink": sink})
			c.subscribe(player, "Error")
			c.subscribe(player, "EndOfStream")
			c.invoke(player, "play", nil) // succeeds: trouble is told by events
			if e := c.event(file.event, 10*time.Second); e.Object != player || e.Data["type"] != file.kind {
				t.Errorf("event %+v, want type %s", e, file.kind)
			}
			c.must("release", object{"object": pipeline})
		})
	}
}

func unwritableRecording(t *testing.T, c *rawConn) {
	c.t = t
	pipeline := c.create("MediaPipeline", object{})
	// No process, root included, can make a file below /proc.
	recorder := c.create("RecorderEndpoint", object{"mediaPipeline": pipeline, "uri": "file:///proc/rivero/x.webm", "mediaProfile": "WEBM"})
	c.subscribe(recorder, "Error")
	c.invoke(recorder, "record", nil)
	if e := c.event("Error", 10*time.Second); e.Data["type"] != "RESOURCE_ERROR_OPEN" {
		t.Errorf("event %+v, want type RESOURCE_ERROR_OPEN", e)
	}
	c.invoke(recorder, "stopAndWait", nil)
	c.must("release", object{"object": pipeline})
}

// vanish leaves a pipeline behind by cutting the connection, and takes the session up again on a new one.
func vanish(t *testing.T, s *server) {
	first := s.dial(t)
	created := first.call("create", object{"type": "MediaPipeline", "constructorParams": object{}})
	if created.Result == nil {
		t.Fatalf("create: %+v", created.Error)
	}
	session := created.Result.SessionID
	if err := first.ws.UnderlyingConn().Close(); err != nil {
		t.Fatal(err)
	}
	second := s.dial(t)
	again := second.call("connect", object{"sessionId": session})
	if again.Result == nil || again.Result.SessionID != session {
		t.Errorf("connect with the old session: %+v %+v", again.Result, again.Error)
	}
	second.call("closeSession", object{"sessionId": session, "release": true})
}
