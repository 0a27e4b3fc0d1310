package jsonrpc

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// replay is one recording being replayed.
type replay struct {
	*testing.T
	server  *Server
	connect func(path string) *client
	diffs   *differences
	missing map[string]int

	conns  map[int]*goldenConn
	lines  []goldenLine
	at     int               // the line being played
	path   string            // that the next connection asks for
	binary bool              // the next connection begins with a binary message
	ours   map[string]string // our UUIDs by the recorded ones
	taken  map[string]string // and the other way round
	told   map[string]string // recorded UUIDs that a server made up, and the class it was told for
}

// goldenConn is one connection of a replay.
type goldenConn struct {
	*client
	requests map[string][]goldenRequest // sent, by id, unanswered in the recording so far
	answers  map[string][]string        // of ours that the recording has not come to yet, by id
	events   []string                   // the same
	gone     bool                       // in the recording: what follows there is not replayed
}

// goldenRequest is what a recorded answer belongs to.
type goldenRequest struct {
	class string // of the object or to create, "protocol" for none
	what  string // operation or method
	left  bool   // out of the replay
}

func newReplay(t *testing.T, s *Server, connect func(string) *client, d *differences, missing map[string]int) *replay {
	return &replay{
		T: t, server: s, connect: connect, diffs: d, missing: missing, path: "/kurento",
		conns: map[int]*goldenConn{}, ours: map[string]string{}, taken: map[string]string{}, told: map[string]string{},
	}
}

// play replays all lines; timed: with the recorded pauses before what the client does.
func (r *replay) play(lines []goldenLine, timed bool) {
	r.lines = lines
	for i, l := range lines {
		r.at = i
		if timed && i > 0 && l.Direction != "in" {
			time.Sleep(time.Duration(l.Time-lines[i-1].Time) * time.Millisecond)
		}
		switch l.Direction {
		case "note":
			r.note(l)
		case "out":
			r.request(l)
		case "in":
			r.answerOrEvent(l)
		}
	}
	for _, n := range slices.Sorted(maps.Keys(r.conns)) {
		c := r.conns[n]
		if c.gone {
			continue
		}
		c.send(`{"jsonrpc":"2.0","id":"the end","method":"ping"}`)
		r.await(c, func() bool { return len(c.answers[`"the end"`]) > 0 })
		for _, event := range c.events {
			var e struct {
				Params struct {
					Value struct{ Object, Type string }
				}
			}
			if err := json.Unmarshal([]byte(event), &e); err != nil {
				r.Fatal(err)
			}
			r.differ(classOf(e.Params.Value.Object), "event "+e.Params.Value.Type, "unexpected "+event)
		}
	}
}

func (r *replay) conn(n int) *goldenConn {
	if r.conns[n] == nil {
		r.conns[n] = &goldenConn{client: r.connect(r.path), requests: map[string][]goldenRequest{}, answers: map[string][]string{}}
		r.path = "/kurento"
	}
	return r.conns[n]
}

var (
	pathNote   = regexp.MustCompile(`path (?:with query )?(/\S+)`)
	closedNote = regexp.MustCompile(`^websocket closed, code (\d+) reason "(.*)"`)
)

// note does what a remark of the recorder says was done or happened.
func (r *replay) note(l goldenLine) {
	text := l.text()
	switch {
	case text == "websocket open":
		if c := r.conn(l.Conn); r.binary {
			r.sendBinary(c)
		}
	case strings.HasPrefix(text, "client closes websocket"):
		r.conn(l.Conn).Close()
		r.conns[l.Conn].gone = true
	case strings.HasPrefix(text, "binary frame"):
		r.binary = true
	case pathNote.MatchString(text):
		r.path = pathNote.FindStringSubmatch(text)[1]
	case closedNote.MatchString(text):
		r.closed(l.Conn, closedNote.FindStringSubmatch(text))
	}
}

// sendBinary sends what the recorder only remarked.
func (r *replay) sendBinary(c *goldenConn) {
	r.binary = false
	if err := c.WriteMessage(websocket.BinaryMessage, []byte(`{"jsonrpc":"2.0","id":1,"method":"ping"}`)); err != nil {
		r.Fatal(err)
	}
	c.requests["1"] = append(c.requests["1"], goldenRequest{"protocol", "ping", false})
}

// closed is what to expect where the original closed a connection.
func (r *replay) closed(n int, found []string) {
	c := r.conn(n)
	c.gone = true
	if found[1] == "1006" {
		r.differ("protocol", "closed on bad JSON", "the connection stays")
		return
	}
	for range c.incoming { // until it is closed
	}
	_, _, err := c.ReadMessage()
	if want := fmt.Sprintf("websocket: close %s", found[1]); err == nil || !strings.Contains(err.Error(), want) || !strings.HasSuffix(err.Error(), found[2]) {
		r.Errorf("connection %d ended with %v, want %s %s", n, err, found[1], found[2])
	}
}

// differ reports a difference unless it is accepted.
func (r *replay) differ(class, field, what string) {
	r.Helper()
	if !r.diffs.accepts(class, field) {
		r.Errorf("%s | %s | %s", class, field, what)
	}
}

var uuidText = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

func (r *replay) request(l goldenLine) {
	c := r.conn(l.Conn)
	if c.gone {
		return
	}
	text := l.text()
	var envelope struct {
		ID     json.RawMessage `json:"id"`
		Method string          `json:"method"`
		Params params          `json:"params"`
	}
	_ = json.Unmarshal([]byte(text), &envelope) // some recorded requests are none
	q := goldenRequest{"protocol", envelope.Method, false}
	switch object, _ := scalarText(envelope.Params[objectParam]); {
	case envelope.Method == "create" && envelope.Params != nil:
		class, _ := scalarText(envelope.Params["type"])
		q.class = strings.TrimPrefix(class, "kurento.")
	case object != "":
		q.class = classOf(object)
	}
	if operation, ok := scalarText(envelope.Params["operation"]); ok {
		q.what = operation
	} else if event, _ := scalarText(envelope.Params["type"]); envelope.Method == "subscribe" {
		q.what += " " + event
	}
	id := string(envelope.ID)
	if id == "" {
		id = "null"
	}
	if class := r.notThere(q, envelope.Method, text); class != "" {
		q.left = true
		r.missing[class]++
		r.foretell(l.Conn, id, class)
	} else {
		c.send(uuidText.ReplaceAllStringFunc(text, r.substitute))
	}
	c.requests[id] = append(c.requests[id], q)
}

// notThere names the class that keeps a request from being replayed: to be created, or of an object it names.
func (r *replay) notThere(q goldenRequest, method, text string) string {
	if method == "create" && futureClasses[q.class] && r.server.objects.CanCreate(q.class) != nil {
		return q.class
	}
	for _, id := range uuidText.FindAllString(text, -1) {
		if class, ok := r.told[id]; ok && r.ours[id] == "" {
			return class
		}
	}
	return ""
}

// futureClasses may be missing still.
var futureClasses = map[string]bool{
	"WebRtcEndpoint": true, "PlayerEndpoint": true, "RecorderEndpoint": true, "Composite": true, "HubPort": true,
}

func (r *replay) substitute(id string) string {
	if ours, ok := r.ours[id]; ok {
		return ours
	}
	return id
}

// classOf is the class in an object's id.
func classOf(id string) string {
	if i := strings.LastIndexAny(id, "_."); i >= 0 {
		return id[i+1:]
	}
	return "protocol"
}

func (r *replay) answerOrEvent(l goldenLine) {
	n := l.Conn
	if n == 0 && r.conns[0] == nil && r.conns[1] != nil {
		n = 1
	}
	c := r.conn(n)
	if c.gone {
		return
	}
	text := l.text()
	if isEvent(text) {
		r.event(c, text)
		return
	}
	id := idText(text)
	q := goldenRequest{"protocol", "", false}
	if list := c.requests[id]; len(list) > 0 {
		q, c.requests[id] = list[0], list[1:]
	} else if list := c.unanswered(); len(list) > 0 { // errors and cached answers have ids of their own
		q = list[0]
	}
	if q.left {
		r.tell(text, q.class)
		return
	}
	r.await(c, func() bool { return len(c.answers[id]) > 0 })
	got := c.answers[id][0]
	c.answers[id] = c.answers[id][1:]
	if same := r.compare(q, text, got); same && l.Raw != nil && !measured[q.what] && blank(text) != blank(got) {
		r.Errorf("the same otherwise written:\n got %s\nwant %s", got, text)
	}
	r.tell(text, q.class)
}

// blank takes the UUIDs out of a text.
func blank(text string) string { return uuidText.ReplaceAllString(text, "") }

// unanswered takes one request out of the list, whatever its id.
func (c *goldenConn) unanswered() []goldenRequest {
	for id, list := range c.requests {
		if len(list) > 0 {
			c.requests[id] = list[1:]
			return list[:1]
		}
	}
	return nil
}

// tell remembers the UUIDs that the recorded server made up.
func (r *replay) tell(text, class string) {
	for _, id := range uuidText.FindAllString(text, -1) {
		if _, ok := r.told[id]; !ok {
			r.told[id] = class
		}
	}
}

// foretell finds the answer to a request that is left out, since what it made may be named by events before.
func (r *replay) foretell(conn int, id, class string) {
	for _, l := range r.lines[r.at:] {
		if text := l.text(); l.Direction == "in" && l.Conn == conn && !isEvent(text) && idText(text) == id {
			r.tell(text, class)
			return
		}
	}
}

func idText(text string) string {
	var envelope struct {
		ID json.RawMessage `json:"id"`
	}
	if json.Unmarshal([]byte(text), &envelope) != nil || envelope.ID == nil {
		return "null"
	}
	return string(envelope.ID)
}

// await takes in messages until cond is true.
func (r *replay) await(c *goldenConn, cond func() bool) {
	r.Helper()
	for !cond() {
		select {
		case text, ok := <-c.incoming:
			if !ok {
				r.Fatal("the connection has ended")
			}
			if isEvent(text) {
				c.events = append(c.events, text)
			} else {
				c.answers[idText(text)] = append(c.answers[idText(text)], text)
			}
		case <-time.After(patience + 20*time.Second):
			r.Fatalf("waited in vain; answers %v, events %v", c.answers, c.events)
		}
	}
}

// event awaits an event like the recorded one.
func (r *replay) event(c *goldenConn, text string) {
	r.Helper()
	for _, id := range uuidText.FindAllString(text, -1) {
		if class, ok := r.told[id]; ok && r.ours[id] == "" {
			r.missing[class]++
			return
		}
	}
	r.await(c, func() bool {
		for i, got := range c.events {
			if r.unify(text, got, false) {
				r.unify(text, got, true)
				c.events = slices.Delete(c.events, i, i+1)
				return true
			}
		}
		return false
	})
	r.tell(text, "event")
}
