package jsonrpc

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

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

// BenchmarkPing is an answer to each of N pings.
func BenchmarkPing(b *testing.B) {
	eachLoad(b, func(c *caller, _ string) bool {
		c.send(`"method":"ping"`)
		return true
	})
}

// BenchmarkCreateRelease creates N pipelines and releases each.
func BenchmarkCreateRelease(b *testing.B) {
	eachLoad(b, func(c *caller, answer string) bool {
		if made := valueText.FindStringSubmatch(answer); made != nil {
			c.send(`"method":"release","params":{"object":"` + made[1] + `"}`)
			return false
		}
		c.send(`"method":"create","params":{"type":"MediaPipeline"}`)
		return true
	})
}

// caller is one connection of a benchmark.
type caller struct {
	b *testing.B
	*websocket.Conn
	id    int
	begun []time.Time // what is under way, in order
	took  []time.Duration
}

func (c *caller) send(members string) {
	c.id++
	request := fmt.Sprintf(`{"id":%d,"jsonrpc":"2.0",%s}`, c.id, members)
	if err := c.WriteMessage(websocket.TextMessage, []byte(request)); err != nil {
		c.b.Error(err)
	}
}

// run begins with so many calls at once and makes the next whenever one is done, until n are done. next is given the
// answer, "" at first, sends what comes of it, and tells whether that begins a new call.
func (c *caller) run(n, atOnce int, next func(c *caller, answer string) bool) {
	left := n
	step := func(answer string) {
		if left == 0 && !strings.Contains(answer, "MediaPipeline") {
			return
		}
		if next(c, answer) {
			left--
			c.begun = append(c.begun, time.Now())
		}
	}
	for range min(n, atOnce) {
		step("")
	}
	for len(c.begun) > 0 {
		_, text, err := c.ReadMessage()
		if err != nil {
			c.b.Error(err)
			return
		}
		if !strings.Contains(string(text), "MediaPipeline") { // otherwise it is half done
			c.took = append(c.took, time.Since(c.begun[0]))
			c.begun = c.begun[1:]
		}
		step(string(text))
	}
}

// eachLoad measures calls per second and how long one takes: on one connection, on one with 32 calls under way, and
// on 50. The clients are in the same process.
func eachLoad(b *testing.B, next func(c *caller, answer string) bool) {
	for _, load := range []struct{ connections, atOnce int }{{1, 1}, {1, 32}, {50, 1}} {
		b.Run(fmt.Sprintf("connections=%d/atOnce=%d", load.connections, load.atOnce), func(b *testing.B) {
			s := startServer(b, Config{ExceptionLimit: 0.8}, testObjects(b))
			callers := make([]*caller, load.connections)
			for i := range callers {
				callers[i] = &caller{b: b, Conn: dialPath(b, s, "/kurento")}
				roundTrip(b, callers[i].Conn, `{"id":"first","jsonrpc":"2.0","method":"connect"}`)
			}
			b.ResetTimer()
			var all sync.WaitGroup
			for i, c := range callers {
				n := (b.N + i) / load.connections
				all.Go(func() { c.run(n, load.atOnce, next) })
			}
			all.Wait()
			b.StopTimer()
			var took []time.Duration
			for _, c := range callers {
				took = append(took, c.took...)
			}
			if len(took) != b.N {
				b.Fatalf("%d of %d calls", len(took), b.N)
			}
			slices.Sort(took)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
			b.ReportMetric(took[len(took)/2].Seconds()*1e6, "p50-µs")
			b.ReportMetric(took[len(took)*99/100].Seconds()*1e6, "p99-µs")
		})
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
