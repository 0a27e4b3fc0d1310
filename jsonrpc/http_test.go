package jsonrpc

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/rs/zerolog"
)

const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="

// exchangeHTTP sends a raw HTTP request and returns the answer.
func exchangeHTTP(t *testing.T, s *Server, request string) *http.Response {
	t.Helper()
	c, err := net.Dial("tcp", s.Addrs()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := io.WriteString(c, strings.ReplaceAll(request, "\n", "\r\n")+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

func TestHandshake(t *testing.T) {
	s := startServer(t, Config{}, testObjects(t))
	s.fallback = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "page ", r.URL.Path) })
	const upgrade = "\nHost: x\nConnection: Upgrade\nUpgrade: websocket\n"
	for _, c := range []struct {
		name, request string
		status        int
		versions      string
	}{
		{"health check", "GET /kurento HTTP/1.1\nConnection: Upgrade\nUpgrade: websocket\nHost: 127.0.0.1:8888\nOrigin: 127.0.0.1", 500, ""},
		{"no version on another path", "GET /other HTTP/1.1" + upgrade + key, 500, ""},
		{"version 0", "GET /kurento HTTP/1.1" + upgrade + "Sec-WebSocket-Version: 0\n" + key, 500, ""},
		{"plain", "GET /kurento HTTP/1.1\nHost: x", 426, ""},
		{"plain with query", "GET /kurento?a=b HTTP/1.1\nHost: x", 426, ""},
		{"plain elsewhere", "GET /kurento/ HTTP/1.1\nHost: x", 200, ""},
		{"root", "GET / HTTP/1.1\nHost: x", 200, ""},
		{"no key", "GET /kurento HTTP/1.1" + upgrade + "Sec-WebSocket-Version: 13", 400, ""},
		{"bad key", "GET /kurento HTTP/1.1" + upgrade + "Sec-WebSocket-Version: 13\nSec-WebSocket-Key: short", 400, ""},
		{"unknown version", "GET /kurento HTTP/1.1" + upgrade + "Sec-WebSocket-Version: 14\n" + key, 400, "0,7,8,13"},
		{"no number", "GET /kurento HTTP/1.1" + upgrade + "Sec-WebSocket-Version: x\n" + key, 400, "0,7,8,13"},
		{"post", "POST /kurento HTTP/1.1" + upgrade + "Sec-WebSocket-Version: 13\nContent-Length: 0\n" + key, 400, ""},
		{"version 8", "GET /kurento HTTP/1.1" + upgrade + "Sec-WebSocket-Version: 8\n" + key, 101, ""},
		{"good", "GET /kurento HTTP/1.1" + upgrade + "Sec-WebSocket-Version: 13\n" + key, 101, ""},
		{"query and origin", "GET /kurento?token=1 HTTP/1.1" + upgrade + "Origin: http://elsewhere\nSec-WebSocket-Version: 13\n" + key, 101, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := exchangeHTTP(t, s, c.request)
			if res.StatusCode != c.status {
				t.Errorf("status %d, want %d", res.StatusCode, c.status)
			}
			if got := res.Header.Get("Sec-WebSocket-Version"); c.versions != "" && got != c.versions {
				t.Errorf("versions %q, want %q", got, c.versions)
			}
		})
	}
}

func TestNothingIsNegotiated(t *testing.T) {
	s := startServer(t, Config{}, testObjects(t))
	d := websocket.Dialer{Subprotocols: []string{"jsonrpc", "kurento"}, EnableCompression: true}
	c, res, err := d.Dial(url(s, "/kurento"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, name := range []string{"Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"} {
		if got := res.Header.Get(name); got != "" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestWrongPathIsClosedAfterTheHandshake(t *testing.T) {
	s := startServer(t, Config{Path: "a/b"}, testObjects(t))
	for _, path := range []string{"/", "/kurento", "/a/b/", "/a", "//a/b"} {
		c, _, err := websocket.DefaultDialer.Dial(url(s, path), nil)
		if err != nil {
			t.Fatal(path, err)
		}
		if err := c.WriteMessage(websocket.TextMessage, []byte(`{"jsonrpc":"2.0","id":1,"method":"ping"}`)); err != nil {
			t.Fatal(err)
		}
		_, _, err = c.ReadMessage()
		var closed *websocket.CloseError
		if !errors.As(err, &closed) || closed.Code != 1002 || closed.Text != "Invalid path" {
			t.Errorf("%s: %v", path, err)
		}
		c.Close()
	}
	c, _, err := websocket.DefaultDialer.Dial(url(s, "/a/b?c=d"), nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

func TestBinaryMessagesAreTakenAsText(t *testing.T) {
	c := dial(t, startServer(t, Config{}, testObjects(t)))
	if err := c.WriteMessage(websocket.BinaryMessage, []byte(`{"jsonrpc":"2.0","id":1,"method":"ping"}`)); err != nil {
		t.Fatal(err)
	}
	kind, text, err := c.ReadMessage()
	if err != nil || kind != websocket.TextMessage || string(text) != `{"id":1,"jsonrpc":"2.0","result":{"value":"pong"}}` {
		t.Errorf("%d %s %v", kind, text, err)
	}
}

func TestPingFramesAreAnswered(t *testing.T) {
	c := dial(t, startServer(t, Config{}, testObjects(t)))
	pong := make(chan string, 1)
	c.SetPongHandler(func(data string) error { pong <- data; return nil })
	if err := c.WriteControl(websocket.PingMessage, []byte("hello"), time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	c.send(`{"jsonrpc":"2.0","id":1,"method":"ping"}`)
	c.receive()
	select {
	case data := <-pong:
		if data != "hello" {
			t.Errorf("pong %q", data)
		}
	default:
		t.Error("no pong before the answer")
	}
}

func TestTooLongAMessageIsRefused(t *testing.T) {
	c := dial(t, startServer(t, Config{}, testObjects(t)))
	header := []byte{0x81, 0x80 | 127, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4} // a masked text frame of 64 bit length, RFC 6455 §5.2
	binary.BigEndian.PutUint64(header[2:], maxMessage+1)
	if _, err := c.NetConn().Write(header); err != nil {
		t.Fatal(err)
	}
	_, _, err := c.ReadMessage()
	var closed *websocket.CloseError
	if !errors.As(err, &closed) || closed.Code != websocket.CloseMessageTooBig {
		t.Errorf("got %v, want code 1009", err)
	}
}

// TestAClientThatDoesNotRead gets more events than may wait: it is disconnected, and the server and the other
// clients do not notice.
func TestAClientThatDoesNotRead(t *testing.T) {
	r := newRig(t, 1)
	r.call("subscribe", fmt.Sprintf(`{"object":%q,"type":"Probed"}`, r.probes[0]))
	r.call("invoke", fmt.Sprintf(`{"object":%q,"operation":"addTag","operationParams":{"key":"k","value":%q}}`,
		r.probes[0], strings.Repeat("x", 1<<20)))
	r.call("invoke", fmt.Sprintf(`{"object":%q,"operation":"setSendTagsInEvents","operationParams":{"sendTagsInEvents":true}}`,
		r.probes[0]))
	slow := r.theConn()
	other := &rig{t: t, server: r.server, client: dial(t, r.server)}
	emit := fmt.Sprintf(`{"object":%q,"operation":"emit","operationParams":{"number":1}}`, r.probes[0])
	for i := 0; !closed(slow.ended); i++ {
		if i == 1000 {
			t.Fatal("the client is still connected")
		}
		other.call("invoke", emit)
		slow.box.mu.Lock()
		kept := slow.box.bytes
		slow.box.mu.Unlock()
		if kept > hardBacklog {
			t.Fatalf("%d bytes are kept for it", kept)
		}
	}
	other.call("ping", `{}`)
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// TestAClientThatAsksButDoesNotRead is not read from any more, so that its answers cannot pile up.
func TestAClientThatAsksButDoesNotRead(t *testing.T) {
	r := newRig(t, 0)
	pipe := r.create("MediaPipeline", `{}`)
	// Answers to all requests that may be under way are less than for what a client is disconnected.
	r.call("invoke", fmt.Sprintf(`{"object":%q,"operation":"setName","operationParams":{"name":%q}}`, pipe, strings.Repeat("x", hardBacklog/maxWaiting/2)))
	padding := strings.Repeat("x", 100_000) // fills the socket's buffers sooner
	sent := make(chan int)
	go func() {
		defer close(sent)
		for {
			r.id++
			text := fmt.Sprintf(`{"id":%d,"jsonrpc":"2.0","method":"invoke","params":{"object":%q,"operation":"getName","x":%q}}`,
				r.id, pipe, padding)
			if r.WriteMessage(websocket.TextMessage, []byte(text)) != nil {
				return
			}
			sent <- r.id
		}
	}()
	last := 0
	for quiet := false; !quiet; {
		select {
		case n, open := <-sent:
			if !open {
				t.Fatalf("disconnected after %d requests", last)
			}
			last = n
		case <-time.After(300 * time.Millisecond):
			quiet = true
		}
		if last > 10_000 {
			t.Fatal("the server takes requests without end")
		}
	}
	r.Close()
	for range sent { // until the writer has seen the end
	}
}

func TestCloseTellsTheClients(t *testing.T) {
	s := startServer(t, Config{}, testObjects(t))
	c := dial(t, s)
	c.send(`{"jsonrpc":"2.0","id":1,"method":"ping"}`)
	c.receive()
	go s.Close()
	_, _, err := c.ReadMessage()
	var closed *websocket.CloseError
	if !errors.As(err, &closed) || closed.Code != websocket.CloseGoingAway {
		t.Errorf("got %v, want code 1001", err)
	}
}

func TestCloseBeforeServe(t *testing.T) {
	objects := testObjects(t)
	s := NewServer(Config{CollectorPeriod: time.Minute}, objects, nil, zerolog.Nop())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.ListenOn(l)
	s.Close()
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("the port is still open")
	}
	if err := s.Serve(t.Context()); err != nil {
		t.Error(err)
	}
}
