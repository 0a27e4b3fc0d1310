package jsonrpc

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

func TestRegistrar(t *testing.T) {
	messages := make(chan string)
	registrar := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close() // so that the server comes back
		if err := c.WriteMessage(websocket.TextMessage, []byte("whatever")); err != nil {
			t.Error(err)
		}
		_, text, err := c.ReadMessage()
		if err != nil {
			t.Error(err)
			return
		}
		select {
		case messages <- string(text):
		case <-t.Context().Done():
		}
	}))
	defer registrar.Close()
	s := startServer(t, Config{
		Registrar: strings.Replace(registrar.URL, "http", "ws", 1), RegistrarLocalAddress: "media.example",
	}, testObjects(t))
	_, port, _ := strings.Cut(s.Addrs()[0].String(), ":")
	want := `{"jsonrpc":"2.0","method":"register","params":{"ws":"ws://media.example:` + port + `/kurento"}}`
	for range 2 { // and again after the connection has ended
		if got := <-messages; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	s.Close()
}
