package jsonrpc

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
)

// TestPing: the server pings every 25 s, and a client that answers stays connected however long it says nothing.
func TestPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, dial := startOnPipes(t, Config{}, testObjects(t))
		pings := make(chan time.Time, 100)
		socket := dial()
		answer := socket.PingHandler()
		socket.SetPingHandler(func(text string) error {
			pings <- time.Now()
			return answer(text)
		})
		c := &client{t, socket, pump(socket)}
		begin := time.Now()
		time.Sleep(10*time.Minute + time.Second)
		synctest.Wait()
		if n := len(pings); n != 24 {
			t.Errorf("%d pings in ten minutes", n)
		}
		if first := (<-pings).Sub(begin); first != 25*time.Second {
			t.Errorf("first ping after %v", first)
		}
		c.send(`{"jsonrpc":"2.0","id":1,"method":"ping"}`)
		c.receive()
		s.Close() // within the bubble
	})
}

// TestSilence: a client that does not even answer to pings is disconnected after three of them, and not before; what
// it says counts as an answer.
func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, dial := startOnPipes(t, Config{}, testObjects(t))
		socket := dial()
		socket.SetPingHandler(func(string) error { return nil })
		c := &client{t, socket, pump(socket)}
		time.Sleep(70 * time.Second)
		c.send(`{"jsonrpc":"2.0","id":1,"method":"ping"}`)
		c.receive()
		spoke := time.Now()
		if text, ok := <-c.incoming; ok {
			t.Errorf("got %s", text)
		}
		if after := time.Since(spoke); after != 75*time.Second {
			t.Errorf("disconnected after %v", after)
		}
		s.Close() // within the bubble
	})
}

// TestSlowMessage: a client that takes long to send one message is not silent.
func TestSlowMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, dial := startOnPipes(t, Config{}, testObjects(t))
		socket := dial()
		socket.SetPingHandler(func(string) error { return nil })
		c := &client{t, socket, pump(socket)}
		w, err := c.NextWriter(websocket.TextMessage)
		if err != nil {
			t.Fatal(err)
		}
		pad := make([]byte, 8192) // more than the client's buffer, so that it goes out
		for i := range pad {
			pad[i] = ' '
		}
		for range 5 {
			if _, err := w.Write(pad); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
		}
		if _, err := w.Write([]byte(`{"jsonrpc":"2.0","id":1,"method":"ping"}`)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		c.receive()
		s.Close() // within the bubble
	})
}
