package jsonrpc

import (
	"fmt"
	"testing"

	"github.com/gorilla/websocket"
)

// roundTrip sends a request and reads the answer.
func roundTrip(b *testing.B, c *websocket.Conn, request string) string {
	if err := c.WriteMessage(websocket.TextMessage, []byte(request)); err != nil {
		b.Fatal(err)
	}
	_, text, err := c.ReadMessage()
	if err != nil {
		b.Fatal(err)
	}
	return string(text)
}

func BenchmarkPing(b *testing.B) {
	c := dial(b, startServer(b, Config{ExceptionLimit: 0.8}, testObjects(b)))
	roundTrip(b, c.Conn, `{"id":"first","jsonrpc":"2.0","method":"connect"}`)
	i := 0
	for b.Loop() {
		i++
		roundTrip(b, c.Conn, fmt.Sprintf(`{"id":%d,"jsonrpc":"2.0","method":"ping"}`, i))
	}
}

func BenchmarkCreateRelease(b *testing.B) {
	c := dial(b, startServer(b, Config{ExceptionLimit: 0.8}, testObjects(b)))
	i := 0
	for b.Loop() {
		i += 2
		text := roundTrip(b, c.Conn, fmt.Sprintf(`{"id":%d,"jsonrpc":"2.0","method":"create","params":{"type":"MediaPipeline"}}`, i))
		found := valueText.FindStringSubmatch(text)
		roundTrip(b, c.Conn, fmt.Sprintf(`{"id":%d,"jsonrpc":"2.0","method":"release","params":{"object":%q}}`, i+1, found[1]))
	}
}

// BenchmarkRelease10000 ends a session with 100 pipelines of 99 elements.
func BenchmarkRelease10000(b *testing.B) {
	r := &rig{t: b, server: startServer(b, Config{}, testObjects(b))}
	r.client = dial(b, r.server)
	for b.Loop() {
		b.StopTimer()
		for range 100 {
			pipe := r.create("MediaPipeline", `{}`)
			for range 99 {
				r.create("PassThrough", `{"mediaPipeline":"`+pipe+`"}`)
			}
		}
		b.StartTimer()
		r.call("closeSession", `{"release":true}`)
	}
}

func BenchmarkInvoke(b *testing.B) {
	r := &rig{t: b, server: startServer(b, Config{}, testObjects(b))}
	r.client = dial(b, r.server)
	pipe := r.create("MediaPipeline", `{}`)
	for b.Loop() {
		r.call("invoke", `{"object":"`+pipe+`","operation":"getName"}`)
	}
}
