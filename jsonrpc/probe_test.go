package jsonrpc

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestProbe(t *testing.T) {
	s := startServer(t, Config{}, testObjects(t))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	at := "ws://" + s.Addrs()[0].String()
	if err := Probe(ctx, at+"/kurento"); err != nil {
		t.Error(err)
	}
	if err := Probe(ctx, at+"/elsewhere"); err == nil {
		t.Error("a wrong path is healthy")
	}
	s.Close()
	if err := Probe(ctx, at+"/kurento"); err == nil {
		t.Error("a closed server is healthy")
	}
}

// A server that accepts and says nothing, or something else, is not healthy.
func TestProbeOfStrangers(t *testing.T) {
	answer := make(chan string, 1)
	stranger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		if text := <-answer; text != "" {
			_ = c.WriteMessage(websocket.TextMessage, []byte(text))
		}
		_, _, _ = c.ReadMessage() // until the other side goes
		_, _, _ = c.ReadMessage()
	}))
	defer stranger.Close()
	for _, text := range []string{"", "hello", `{"result":{"value":"ping"}}`, strings.Repeat("x", 2000)} {
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		answer <- text
		if err := Probe(ctx, strings.Replace(stranger.URL, "http", "ws", 1)); err == nil {
			t.Errorf("%.20q is healthy", text)
		}
		cancel()
	}
}
