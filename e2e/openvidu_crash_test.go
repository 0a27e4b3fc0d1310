//go:build e2e

package e2e

import "testing"

// kill ends the server without notice and waits until it is gone.
func (s *server) kill() {
	s.t.Helper()
	s.stopped = true
	if err := s.cmd.Process.Kill(); err != nil {
		s.t.Fatal(err)
	}
	<-s.exited
}

// The server is killed and comes back: openvidu-server finds out that it is another process, and makes everything anew.
func TestOpenViduSeesACrash(t *testing.T) {
	t.Parallel()
	eachFlow(t, func(t *testing.T, f flow) {
		s := startServer(t)
		before := startOpenVidu(t, f, s.dialWebSocket(t))
		alice := before.join("alice")
		bob := before.watch("bob", alice)
		bob.browser.sees("bob")

		s.kill()
		for range 6 { // as often as it asks before it gives the node up
			if _, ok := before.call("invoke", operation(serverManager, "getInfo", object{})); ok {
				t.Error("a dead server answers")
			}
		}

		again := newServer(t, s.port)
		again.start("-f", again.writeConfig())
		eventually(t, startTimeout, "the new server", again.pongs)
		k := connectTo(t, again.dialWebSocket(t))
		k.fails(40007, "connect", object{"sessionId": before.session})
		k.must("connect", object{})
		if k.session == "" || k.session == before.session {
			t.Errorf("session %q, before %q", k.session, before.session)
		}
		if k.invoke(serverManager, "getInfo", object{}) == nil {
			t.Error("getInfo answers null")
		}
		k.fails(40101, "invoke", operation(before.room, "getName", object{})) // any error will do

		o := &openvidu{kms: k, flow: f}
		o.room = o.create("MediaPipeline", object{})
		o.watch("bob", o.join("alice")).browser.sees("bob, in the new session")
	})
}

// Only the connection breaks: with its session openvidu-server finds the pipeline again, and the call never ends.
func TestOpenViduKeepsACallThroughABrokenConnection(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	before := startOpenVidu(t, flows[1], s.dialWebSocket(t))
	bob := before.watch("bob", before.join("alice"))
	bob.browser.sees("bob")
	_ = before.ws.NetConn().Close() // without a word

	k := connectTo(t, s.dialWebSocket(t))
	k.lastID = before.lastID // the client goes on counting: a number that the session knows would be taken for a repetition
	k.must("connect", object{"sessionId": before.session})
	if k.session != before.session {
		t.Errorf("session %q, before %q", k.session, before.session)
	}
	if name := k.invoke(before.room, "getName", object{}); name != before.room {
		t.Errorf("the pipeline %s has the name %v", before.room, name)
	}
	bob.browser.sees("bob, all the time")
}
