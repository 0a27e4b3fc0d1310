package jsonrpc

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/elements/passthrough"
	"github.com/rivero-media/rivero/pipeline"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testObjects is an object model with the classes that need no network.
func testObjects(t testing.TB, classes ...*pipeline.Class) *pipeline.Server {
	t.Helper()
	settings := pipeline.Settings{EncoderBitrate: pipeline.EncoderBitrate{Target: 300_000, Max: 2_147_483_647}}
	objects := pipeline.NewServer(settings, append([]*pipeline.Class{passthrough.Class}, classes...), zerolog.Nop())
	t.Cleanup(objects.Close)
	return objects
}

// startServer runs a server on a port of the system's choice until the test ends.
func startServer(t testing.TB, config Config, objects *pipeline.Server) *Server {
	t.Helper()
	if config.Path == "" {
		config.Path = "kurento"
	}
	log := zerolog.Nop()
	if testing.Verbose() && testing.Short() {
		log = zerolog.New(zerolog.NewTestWriter(t))
	}
	s := NewServer(config, objects, nil, log)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.ListenOn(l)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return s
}

func url(s *Server, path string) string { return "ws://" + s.Addrs()[0].String() + path }

// client is one connection of a test.
type client struct {
	t testing.TB
	*websocket.Conn
}

func dial(t testing.TB, s *Server) *client {
	t.Helper()
	c, _, err := websocket.DefaultDialer.Dial(url(s, "/kurento"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &client{t, c}
}

func (c *client) send(text string) {
	c.t.Helper()
	if err := c.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

// patience is how long a test waits for what has to come.
const patience = 10 * time.Second

func (c *client) receive() string {
	c.t.Helper()
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
