package jsonrpc

import (
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
)

// rig is a server with a client that has a session, and probes in pipelines of their own.
type rig struct {
	t      testing.TB
	server *Server
	gates  *gates
	*client
	id     int
	probes []string
}

func newRig(t testing.TB, probes int) *rig {
	g := &gates{}
	s := startServer(t, Config{}, testObjects(t, testClasses(g)...))
	r := &rig{t: t, server: s, gates: g, client: dial(t, s)}
	r.call("connect", `{}`)
	for range probes {
		pipe := r.create("MediaPipeline", `{}`)
		r.probes = append(r.probes, r.create("Probe", `{"mediaPipeline":"`+pipe+`"}`))
	}
	return r
}

// ask sends a request and returns its id.
func (r *rig) ask(method, params string) int {
	r.t.Helper()
	r.id++
	r.send(fmt.Sprintf(`{"id":%d,"jsonrpc":"2.0","method":%q,"params":%s}`, r.id, method, params))
	return r.id
}

func (r *rig) invoke(object, operation, params string) int {
	r.t.Helper()
	return r.ask("invoke", fmt.Sprintf(`{"object":%q,"operation":%q,"operationParams":%s}`, object, operation, params))
}

// call sends a request and returns the answer, which has to be the next message.
func (r *rig) call(method, params string) string {
	r.t.Helper()
	id := r.ask(method, params)
	text := r.receive()
	if idOf(text) != id {
		r.t.Fatalf("request %d, got %s", id, text)
	}
	return text
}

var valueText = regexp.MustCompile(`"value":"([^"]*)"`)

func (r *rig) create(class, params string) string {
	r.t.Helper()
	text := r.call("create", fmt.Sprintf(`{"type":%q,"constructorParams":%s}`, class, params))
	found := valueText.FindStringSubmatch(text)
	if found == nil {
		r.t.Fatalf("create %s: %s", class, text)
	}
	return found[1]
}

// queued waits until n requests wait in lanes for others.
func (r *rig) queued(n int) {
	r.t.Helper()
	c := r.theConn()
	eventually(r.t, fmt.Sprint(n, " requests wait"), func() bool {
		c.lanes.mu.Lock()
		defer c.lanes.mu.Unlock()
		waiting := 0
		for _, queue := range c.lanes.queues {
			waiting += len(queue)
		}
		return waiting == n
	})
}

// parked waits until a goroutine is in a function.
func parked(t testing.TB, function string) {
	t.Helper()
	stacks := make([]byte, 1<<20)
	eventually(t, "somebody is in "+function, func() bool {
		return strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), function)
	})
}

// theConn is the server's side of the only connection.
func (r *rig) theConn() *conn {
	r.t.Helper()
	r.server.mu.Lock()
	defer r.server.mu.Unlock()
	for c := range r.server.conns {
		return c
	}
	r.t.Fatal("there is no connection")
	return nil
}

func idOf(text string) int {
	var id int
	if i := strings.Index(text, `"id":`); i >= 0 {
		fmt.Sscanf(text[i:], `"id":%d`, &id)
	}
	return id
}

func (r *rig) expect(ids ...int) {
	r.t.Helper()
	for _, id := range ids {
		if text := r.receive(); idOf(text) != id {
			r.t.Fatalf("want the answer to %d, got %s", id, text)
		}
	}
}

func TestPipelinesRunSideBySideAndAnswersKeepTheirOrder(t *testing.T) {
	r := newRig(t, 2)
	first := r.invoke(r.probes[0], "wait", `{"gate":"first"}`)
	second := r.invoke(r.probes[1], "wait", `{"gate":"second"}`)
	r.gates.reached(t, "first")
	r.gates.reached(t, "second") // while the first still runs
	r.gates.open("second")
	behind := r.invoke(r.probes[1], "wait", `{"gate":"behind"}`)
	r.gates.reached(t, "behind") // the second has ended, its answer waits for the first
	r.gates.open("behind")
	r.gates.open("first")
	r.expect(first, second, behind)
}

func TestRequestsOfOnePipelineRunInOrder(t *testing.T) {
	r := newRig(t, 1)
	first := r.invoke(r.probes[0], "wait", `{"gate":"first"}`)
	second := r.invoke(r.probes[0], "wait", `{"gate":"second"}`)
	r.gates.reached(t, "first")
	r.queued(1)
	if len(r.gates.get("second").reached) > 0 {
		t.Error("the second request did not wait for the first")
	}
	r.gates.open("second")
	r.gates.open("first")
	r.expect(first, second)
}

func TestRequestsForEverythingWaitForAllBefore(t *testing.T) {
	for _, barrier := range []struct{ method, params string }{
		{"invoke", `{"object":"manager_ServerManager","operation":"getSessions"}`},
		{"create", `{"type":"MediaPipeline"}`},
		{"transaction", `{"operations":[]}`},
		{"keepAlive", `{}`},
		{"closeSession", `{}`},
	} {
		t.Run(barrier.method, func(t *testing.T) {
			r := newRig(t, 2)
			first := r.invoke(r.probes[0], "wait", `{"gate":"first"}`)
			r.gates.reached(t, "first")
			middle := r.ask(barrier.method, barrier.params)
			last := r.invoke(r.probes[1], "wait", `{"gate":"last"}`)
			parked(t, "jsonrpc.(*order).settle")
			if len(r.gates.get("last").reached) > 0 {
				t.Error("a request overtook one that concerns everything")
			}
			r.gates.open("last")
			r.gates.open("first")
			r.expect(first, middle, last)
		})
	}
}

func TestSlowRequestsHoldUpNobody(t *testing.T) {
	r := newRig(t, 1)
	before := r.invoke(r.probes[0], "wait", `{"gate":"before"}`)
	r.gates.reached(t, "before")
	slow := r.invoke(r.probes[0], "takeLong", `{"gate":"slow"}`)
	retry := fmt.Sprintf(`{"id":%d,"jsonrpc":"2.0","method":"invoke","params":{"object":%q,"operation":"takeLong"}}`,
		slow, r.probes[0])
	r.queued(1)
	if len(r.gates.get("slow").reached) > 0 {
		t.Error("the slow request overtook the one before it")
	}
	r.gates.open("before")
	r.gates.reached(t, "slow")
	r.send(retry)
	after := r.invoke(r.probes[0], "getId", `{}`)
	all := r.ask("invoke", `{"object":"manager_ServerManager","operation":"getId"}`)
	r.expect(before, after, all)
	r.gates.open("slow")
	r.expect(slow, slow)
	if n := len(r.gates.get("slow").reached); n != 0 {
		t.Errorf("the retry was executed: %d more at the gate", n)
	}
}

// TestTooManyRequestsWait: what a client sends beyond the limit is read when there is room again.
func TestTooManyRequestsWait(t *testing.T) {
	r := newRig(t, 1)
	first := r.invoke(r.probes[0], "wait", `{"gate":"first"}`)
	r.gates.reached(t, "first")
	for range 2 * maxWaiting {
		r.invoke(r.probes[0], "getId", `{}`)
	}
	c := r.theConn()
	eventually(t, "as many requests wait as may", func() bool {
		c.order.mu.Lock()
		defer c.order.mu.Unlock()
		return len(c.order.places) == maxWaiting
	})
	r.gates.open("first")
	for id := first; id <= first+2*maxWaiting; id++ {
		r.expect(id)
	}
}

func TestGetUsedCPUHoldsUpNobody(t *testing.T) {
	r := newRig(t, 1)
	slow := r.invoke("manager_ServerManager", "getUsedCpu", `{"interval":200}`)
	after := r.ask("create", `{"type":"MediaPipeline"}`)
	r.expect(after, slow)
}

func TestRetryWaitsForTheFirstAnswer(t *testing.T) {
	r := newRig(t, 1)
	session := sessionOf(t, r.call("ping", `{}`))
	request := fmt.Sprintf(`{"id":"retried","jsonrpc":"2.0","method":"invoke","params":{"object":%q,"operation":"wait","operationParams":{"gate":"retried"},"sessionId":%q}}`,
		r.probes[0], session)
	r.send(request)
	r.gates.reached(t, "retried")
	r.send(request)
	other := dial(t, r.server)
	other.send(request) // as after a reconnect
	r.gates.open("retried")
	want := fmt.Sprintf(`{"id":"retried","jsonrpc":"2.0","result":{"sessionId":%q,"value":"retried"}}`, session)
	for _, c := range []*client{r.client, r.client, other} {
		if got := c.receive(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	other.send(`{"id":1,"jsonrpc":"2.0","method":"ping"}`)
	if got := sessionOf(t, other.receive()); got != session {
		t.Errorf("the retry did not bring the session to the new connection: %q", got)
	}
	if len(r.gates.get("retried").reached) > 0 {
		t.Error("the retry was executed")
	}
}

var sessionText = regexp.MustCompile(`"sessionId":"([^"]*)"`)

func sessionOf(t testing.TB, text string) string {
	t.Helper()
	found := sessionText.FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no session in %s", text)
	}
	return found[1]
}

func TestWorkEndsAfterTheClientLeft(t *testing.T) {
	r := newRig(t, 1)
	r.invoke(r.probes[0], "wait", `{"gate":"first"}`)
	r.invoke(r.probes[0], "setName", `{"name":"done after all"}`)
	r.gates.reached(t, "first")
	o, err := r.server.objects.Object(r.probes[0])
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	eventually(t, "the session has no connection", func() bool {
		r.server.sessions.mu.Lock()
		defer r.server.sessions.mu.Unlock()
		return len(r.server.sessions.owned) == 0
	})
	r.gates.open("first")
	eventually(t, "the second request was executed", func() bool { return o.Base().Name() == "done after all" })
}

func TestCloseCancelsWhatIsUnderWay(t *testing.T) {
	r := newRig(t, 1)
	r.invoke(r.probes[0], "wait", `{"gate":"never"}`)
	r.invoke(r.probes[0], "takeLong", `{"gate":"never"}`)
	r.gates.reached(t, "never")
	r.server.Close()
	r.server.Close()
}

// TestOrderUnderLoad sends requests of all kinds without waiting: the answers of each connection come in order.
func TestOrderUnderLoad(t *testing.T) {
	const clients, requests = 8, 400
	s := startServer(t, Config{}, testObjects(t, testClasses(&gates{})...))
	var all sync.WaitGroup
	for range clients {
		r := &rig{t: t, server: s, client: dial(t, s)}
		r.call("connect", `{}`)
		var pipes []string
		for range 4 {
			pipes = append(pipes, r.create("MediaPipeline", `{}`))
		}
		first := r.id + 1
		all.Go(func() {
			for i := range requests {
				text := anyRequest(first+i, pipes[i%len(pipes)])
				if err := r.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
					t.Error(err)
					return
				}
			}
		})
		all.Go(func() {
			for id := first; id < first+requests; id++ {
				_, text, err := r.ReadMessage()
				if err != nil || idOf(string(text)) != id {
					t.Errorf("want the answer to %d, got %s, %v", id, text, err)
					return
				}
			}
		})
	}
	all.Wait()
	if n := len(s.objects.Pipelines()); n != 4*clients {
		t.Errorf("%d pipelines, want %d", n, 4*clients)
	}
}

// anyRequest is a request of a kind that depends on its id.
func anyRequest(id int, pipe string) string {
	method, params := "invoke", `{"object":"`+pipe+`","operation":"getName"}`
	switch id % 11 {
	case 3:
		method, params = "ping", `{}`
	case 5:
		method, params = "create", `{"type":"PassThrough","constructorParams":{"mediaPipeline":"`+pipe+`"}}`
	case 7:
		params = `{"object":"manager_ServerManager","operation":"getId"}`
	case 9:
		method, params = "nonsense", `[]`
	}
	return fmt.Sprintf(`{"id":%d,"jsonrpc":"2.0","method":%q,"params":%s}`, id, method, params)
}

func TestAnIdlePipelineCostsNoGoroutine(t *testing.T) {
	r := newRig(t, 0)
	for range 50 {
		r.invoke(r.create("MediaPipeline", `{}`), "getName", `{}`)
		r.receive()
	}
	stacks := make([]byte, 1<<20)
	eventually(t, "the lanes have ended", func() bool {
		return !strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), "jsonrpc.(*lanes)")
	})
}
