//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// A kms is a connection to the media server as kurento-client for Java keeps it: requests may be under way at the same time,
// from event handlers too, and events are handled one after the other on a goroutine of their own.
type kms struct {
	t       *testing.T
	ws      *websocket.Conn
	done    sync.WaitGroup
	session string

	mu       sync.Mutex
	lastID   int
	answers  map[int]chan reply // nil: the connection has ended
	handlers map[string]func(event)
	queue    chan event
	seen     []event // for await
}

// connectTo takes a connection over, until the test ends.
func connectTo(t *testing.T, ws *websocket.Conn) *kms {
	k := &kms{t: t, ws: ws, answers: map[int]chan reply{}, handlers: map[string]func(event){}, queue: make(chan event, 10000)}
	k.done.Go(k.read)
	k.done.Go(k.handle)
	t.Cleanup(k.close)
	return k
}

func (k *kms) close() {
	_ = k.ws.Close()
	k.done.Wait()
}

func (k *kms) read() {
	defer close(k.queue)
	for {
		_, text, err := k.ws.ReadMessage()
		if err != nil {
			k.mu.Lock()
			for _, answer := range k.answers {
				close(answer)
			}
			k.answers = nil
			k.mu.Unlock()
			return
		}
		if e, ok := parseEvent(text); ok {
			k.queue <- e
			continue
		}
		var r reply
		var id int
		if json.Unmarshal(text, &r) != nil || json.Unmarshal(r.ID, &id) != nil {
			k.t.Errorf("the server says %s", text)
			continue
		}
		k.mu.Lock()
		answer := k.answers[id]
		delete(k.answers, id)
		k.mu.Unlock()
		if answer == nil {
			k.t.Errorf("answer to a request that there was not: %s", text)
			continue
		}
		answer <- r
	}
}

func (k *kms) handle() {
	for e := range k.queue {
		k.mu.Lock()
		k.seen = append(k.seen, e)
		handler := k.handlers[e.Object+e.Type]
		k.mu.Unlock()
		if handler != nil {
			handler(e)
		}
	}
}

// send sends a request and returns at once; its answer comes over the channel, which is closed when there will be none.
func (k *kms) send(method string, params object) <-chan reply {
	k.mu.Lock()
	defer k.mu.Unlock()
	answer := make(chan reply, 1)
	if k.answers == nil {
		close(answer)
		return answer
	}
	k.lastID++
	k.answers[k.lastID] = answer
	sent := object{}
	for name, value := range params {
		sent[name] = value
	}
	if _, given := sent["sessionId"]; !given && k.session != "" {
		sent["sessionId"] = k.session
	}
	text, err := json.Marshal(object{"jsonrpc": "2.0", "id": k.lastID, "method": method, "params": sent})
	if err == nil {
		err = k.ws.WriteMessage(websocket.TextMessage, text)
	}
	if err != nil {
		delete(k.answers, k.lastID)
		close(answer)
	}
	return answer
}

// call sends a request and waits for its answer; ok is false when the connection has ended.
func (k *kms) call(method string, params object) (r reply, ok bool) {
	answer := k.send(method, params)
	select {
	case r, ok = <-answer:
	case <-time.After(answerTimeout):
		k.t.Errorf("%s %v: no answer in %v", method, params, answerTimeout)
	}
	return r, ok
}

// must is call for requests that have to succeed. It may be called on any goroutine.
func (k *kms) must(method string, params object) (value any) {
	k.t.Helper()
	r, ok := k.call(method, params)
	if !ok || r.Error != nil || r.Result == nil {
		k.t.Errorf("%s %v: %+v", method, params, r.Error)
		return nil
	}
	k.mu.Lock()
	if k.session == "" {
		k.session = r.Result.SessionID
	}
	k.mu.Unlock()
	_ = json.Unmarshal(r.Result.Value, &value) // none of a void operation
	return value
}

// fails is for requests that have to fail, with an error of a number.
func (k *kms) fails(code int, method string, params object) {
	k.t.Helper()
	if r, ok := k.call(method, params); !ok || r.Error == nil || r.Error.Code != code {
		k.t.Errorf("%s %v: %+v, want error %d", method, params, r, code)
	}
}

func (k *kms) create(class string, constructorParams object) string {
	k.t.Helper()
	id, ok := k.must("create", object{"type": class, "constructorParams": constructorParams, "properties": object{}}).(string)
	if !ok {
		k.t.Fatalf("%s was not created", class)
	}
	return id
}

func operation(id, name string, params object) object {
	return object{"object": id, "operation": name, "operationParams": params}
}

func (k *kms) invoke(id, name string, params object) any {
	k.t.Helper()
	return k.must("invoke", operation(id, name, params))
}

// later invokes an operation whose answer nobody waits for now. It has to be a success.
func (k *kms) later(id, name string, params object) {
	answer := k.send("invoke", operation(id, name, params))
	k.done.Go(func() {
		if r, ok := <-answer; ok && r.Error != nil {
			k.t.Errorf("%s %v: %+v", name, params, r.Error)
		}
	})
}

func (k *kms) subscribe(id, eventType string) (subscription string) {
	k.t.Helper()
	subscription, _ = k.must("subscribe", object{"object": id, "type": eventType}).(string)
	return subscription
}

// on subscribes, with a handler.
func (k *kms) on(id, eventType string, handler func(event)) {
	k.t.Helper()
	k.mu.Lock()
	k.handlers[id+eventType] = handler
	k.mu.Unlock()
	k.subscribe(id, eventType)
}

// await waits for an event with certain data, in pairs of name and value. It is taken once.
func (k *kms) await(id, eventType string, data ...any) (found event) {
	k.t.Helper()
	eventually(k.t, connectTimeout, fmt.Sprint(eventType, data), func() bool {
		k.mu.Lock()
		defer k.mu.Unlock()
		i := slices.IndexFunc(k.seen, func(e event) bool {
			for n := 0; n < len(data); n += 2 {
				if e.Data[data[n].(string)] != data[n+1] {
					return false
				}
			}
			return e.Object == id && e.Type == eventType
		})
		if i < 0 {
			return false
		}
		found = k.seen[i]
		k.seen = slices.Delete(k.seen, i, i+1)
		return true
	})
	return found
}
