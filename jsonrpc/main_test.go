package jsonrpc

import (
	"context"
	"flag"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/elements/passthrough"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec"
)

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "16"); err != nil { // replays wait, they do not compute
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

var testSettings = pipeline.Settings{EncoderBitrate: codec.Bitrates{Target: 300_000, Max: 2_147_483_647}}

// testObjects is an object model with the classes that need no network.
func testObjects(t testing.TB, classes ...*pipeline.Class) *pipeline.Server {
	t.Helper()
	objects := pipeline.NewServer(testSettings, append([]*pipeline.Class{passthrough.Class}, classes...), zerolog.Nop())
	t.Cleanup(objects.Close)
	return objects
}

// startServer runs a server on a port of the system's choice until the test ends.
func startServer(t testing.TB, config Config, objects *pipeline.Server) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, config, objects, l)
}

func serve(t testing.TB, config Config, objects *pipeline.Server, l net.Listener) *Server {
	t.Helper()
	if config.Path == "" {
		config.Path = "kurento"
	}
	s := NewServer(config, objects, nil, zerolog.Nop())
	s.ListenOn(l)
	served := make(chan error, 1)
	go func() { served <- s.Serve(context.Background()) }()
	t.Cleanup(func() {
		s.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return s
}

// memory is a network in memory, which a fake clock can wait for.
type memory struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func (m *memory) Accept() (net.Conn, error) {
	select {
	case c := <-m.conns:
		return c, nil
	case <-m.done:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error {
	m.once.Do(func() { close(m.done) })
	return nil
}

func (m *memory) Addr() net.Addr { return &net.UnixAddr{Name: "memory"} }

func (m *memory) dial(string, string) (net.Conn, error) {
	near, far := net.Pipe()
	m.conns <- far
	return near, nil
}

// startInMemory runs a server that is reached by connect only.
func startInMemory(t testing.TB, config Config, objects *pipeline.Server) (s *Server, connect func() *client) {
	t.Helper()
	s, dial := startOnPipes(t, config, objects)
	return s, func() *client {
		t.Helper()
		c := dial()
		return &client{t, c, pump(c)}
	}
}

// startOnPipes is the same with connections that nobody reads yet.
func startOnPipes(t testing.TB, config Config, objects *pipeline.Server) (s *Server, dial func() *websocket.Conn) {
	t.Helper()
	m := &memory{conns: make(chan net.Conn), done: make(chan struct{})}
	s = serve(t, config, objects, m)
	d := websocket.Dialer{NetDial: m.dial}
	return s, func() *websocket.Conn {
		t.Helper()
		c, _, err := d.Dial("ws://memory/kurento", nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
}

// pump reads all the time, since a pipe holds nothing and the server waits only so long.
func pump(c *websocket.Conn) <-chan string {
	incoming := make(chan string, 1000)
	go func() {
		defer close(incoming)
		for {
			_, text, err := c.ReadMessage()
			if err != nil {
				return
			}
			incoming <- string(text)
		}
	}()
	return incoming
}

func url(s *Server, path string) string { return "ws://" + s.Addrs()[0].String() + path }

// client is one connection of a test.
type client struct {
	t testing.TB
	*websocket.Conn
	incoming <-chan string // what was read already, nil when receive has to read
}

func dial(t testing.TB, s *Server) *client {
	t.Helper()
	return &client{t, dialPath(t, s, "/kurento"), nil}
}

func dialPath(t testing.TB, s *Server, path string) *websocket.Conn {
	t.Helper()
	c, _, err := websocket.DefaultDialer.Dial(url(s, path), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func (c *client) send(text string) {
	c.t.Helper()
	if err := c.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

// patience is how long a test waits for what has to come.
const patience = 30 * time.Second

func (c *client) receive() string {
	c.t.Helper()
	if c.incoming != nil {
		text, ok := <-c.incoming
		if !ok {
			c.t.Fatal("the connection has ended")
		}
		return text
	}
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		c.t.Fatal(err)
	}
	_, text, err := c.ReadMessage()
	if err != nil {
		c.t.Fatal(err)
	}
	return string(text)
}

func isEvent(text string) bool { return strings.Contains(text, `"method":"onEvent"`) }

// eventually waits until cond is true.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !cond(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain: ", what)
		}
	}
}
