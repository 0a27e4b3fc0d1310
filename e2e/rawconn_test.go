//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// A rawConn sends texts over a WebSocket and reads answers, with no client in between that could mend them.
type rawConn struct {
	t      *testing.T
	ws     *websocket.Conn
	lastID int
	events []event // received while waiting for an answer, oldest first
}

// A reply is an answer to a request.
type reply struct {
	ID     json.RawMessage `json:"id"`
	Result *struct {
		Value     json.RawMessage `json:"value"`
		SessionID string          `json:"sessionId"`
	} `json:"result"`
	Error *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Data    struct {
			Type string `json:"type"`
		} `json:"data"`
	} `json:"error"`
}

// An event is what onEvent carries.
type event struct {
	Type   string
	Object string
	Data   map[string]any
}

const answerTimeout = 10 * time.Second

// write sends text as it is.
func (c *rawConn) write(text string) {
	c.t.Helper()
	if err := c.ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

// answer returns the next message that is no event.
func (c *rawConn) answer() reply {
	c.t.Helper()
	for {
		text := c.read(answerTimeout)
		if e, ok := parseEvent(text); ok {
			c.events = append(c.events, e)
			continue
		}
		var r reply
		if err := json.Unmarshal(text, &r); err != nil {
			c.t.Fatalf("answer %s: %v", text, err)
		}
		return r
	}
}

// event waits for an event of a type; earlier ones of other types are forgotten.
func (c *rawConn) event(eventType string, timeout time.Duration) event {
	c.t.Helper()
	deadline := time.Now().Add(timeout)
	for {
		for len(c.events) > 0 {
			e := c.events[0]
			c.events = c.events[1:]
			if e.Type == eventType {
				return e
			}
		}
		if e, ok := parseEvent(c.read(time.Until(deadline))); ok {
			c.events = append(c.events, e)
		}
	}
}

func (c *rawConn) read(timeout time.Duration) []byte {
	c.t.Helper()
	_ = c.ws.SetReadDeadline(time.Now().Add(timeout))
	_, text, err := c.ws.ReadMessage()
	if err != nil {
		c.t.Fatalf("reading from the server: %v", err)
	}
	return text
}

func parseEvent(text []byte) (event, bool) {
	var message struct {
		Method string
		Params struct{ Value event }
	}
	err := json.Unmarshal(text, &message)
	return message.Params.Value, err == nil && message.Method == "onEvent"
}

// call sends a request and returns its answer.
func (c *rawConn) call(method string, params any) reply {
	c.t.Helper()
	c.lastID++
	text, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": c.lastID, "method": method, "params": params})
	if err != nil {
		c.t.Fatal(err)
	}
	c.write(string(text))
	r := c.answer()
	if string(r.ID) != fmt.Sprint(c.lastID) {
		c.t.Fatalf("%s: answer has id %s, want %d", method, r.ID, c.lastID)
	}
	return r
}

// must sends a request that succeeds and returns its value if that is a text.
func (c *rawConn) must(method string, params any) string {
	c.t.Helper()
	r := c.call(method, params)
	if r.Error != nil || r.Result == nil {
		c.t.Fatalf("%s %v: %+v", method, params, r.Error)
	}
	var value string
	_ = json.Unmarshal(r.Result.Value, &value) // void and structured values are not texts
	return value
}

type object = map[string]any

// create makes a media object and returns its id.
func (c *rawConn) create(class string, constructorParams object) string {
	c.t.Helper()
	return c.must("create", object{"type": class, "constructorParams": constructorParams})
}

// invoke calls an operation that succeeds.
func (c *rawConn) invoke(id, operation string, params object) string {
	c.t.Helper()
	return c.must("invoke", object{"object": id, "operation": operation, "operationParams": params})
}

// subscribe asks for the events of a type.
func (c *rawConn) subscribe(id, eventType string) {
	c.t.Helper()
	c.must("subscribe", object{"object": id, "type": eventType})
}

// position is how far a player is, in ms.
func (c *rawConn) position(player string) int {
	c.t.Helper()
	r := c.call("invoke", object{"object": player, "operation": "getPosition"})
	if r.Result == nil {
		c.t.Fatalf("getPosition: %+v", r.Error)
	}
	var ms int
	if err := json.Unmarshal(r.Result.Value, &ms); err != nil {
		c.t.Fatalf("getPosition: %s: %v", r.Result.Value, err)
	}
	return ms
}
