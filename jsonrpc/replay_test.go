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
	left    *tally
	paths   *strings.Replacer // folders of the recorded machine to ours
	back    *strings.Replacer // and the other way round

	conns  map[int]*goldenConn
	lines  []goldenLine
	at     int               // the line being played
	path   string            // that the next connection asks for
	binary bool              // the next connection begins with a binary message
	timed  bool              // with a clock that does not wait
	paused bool              // the recorded client waited before what it asks for now
	ours   map[string]string // our UUIDs by the recorded ones
	taken  map[string]string // and the other way round
	told   map[string]string // recorded UUIDs that a server made up, and the class it was told for
	absent map[string]string // recorded UUIDs of objects that are left out, and what is missing
	texts  map[string]string // our candidates and lines of SDP by the recorded ones
	seen   map[string]bool   // events that were awaited, but for time and connection
}

// goldenConn is one connection of a replay.
type goldenConn struct {
	*client
	requests map[string][]goldenRequest // sent, by id, unanswered in the recording so far
	answers  map[string][]string        // of ours that the recording has not come to yet, by id
	events   []string                   // the same
	deferred []string                   // recorded events that need not come
	late     []string                   // recorded events that come, but later
	owed     string                     // an event that ours alone is going to tell, see alsoTold
	dying    []string                   // objects of ours that were released
	last     map[string]bool            // events of dying objects: which they still tell is a matter of luck
	ids      int                        // for requests of our own
	gone     bool                       // in the recording: what follows there is not replayed
}

// goldenRequest is what a recorded answer belongs to.
type goldenRequest struct {
	class string // of the object or to create, "protocol" for none
	what  string // operation or method
	left  string // out of the replay, because this is missing
	text  string // as it was sent
	again bool   // the recorded client had waited before: ask until the answer is right
}

func newReplay(t *testing.T, s *Server, connect func(string) *client, d *differences, left *tally) *replay {
	return &replay{
		T: t, server: s, connect: connect, diffs: d, left: left, paths: strings.NewReplacer(), back: strings.NewReplacer(), path: "/kurento",
		conns: map[int]*goldenConn{}, ours: map[string]string{}, taken: map[string]string{}, told: map[string]string{},
		absent: map[string]string{}, texts: map[string]string{}, seen: map[string]bool{},
	}
}

// play replays all lines; timed: with the recorded pauses before what the client does.
func (r *replay) play(lines []goldenLine, timed bool) {
	r.lines, r.timed = lines, timed
	for i, l := range lines {
		r.at = i
		if l.Direction == "out" && i > 0 && l.Time-lines[i-1].Time >= deliberate {
			r.paused = true
		}
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
		if c := r.conns[n]; !c.gone {
			r.finish(c)
		}
	}
}

func (r *replay) conn(n int) *goldenConn {
	if r.conns[n] == nil {
		r.conns[n] = &goldenConn{client: r.connect(r.path), requests: map[string][]goldenRequest{}, answers: map[string][]string{}, last: map[string]bool{}}
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
	case strings.HasPrefix(text, "client closes websocket"), strings.HasPrefix(text, "client closed"):
		c := r.conn(l.Conn)
		r.judge(c)
		c.Close()
		c.gone = true
	case text == "the server process died":
		r.died()
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
	c.requests["1"] = append(c.requests["1"], goldenRequest{class: "protocol", what: "ping"})
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

// deliberate is the pause in ms from which on a recorded client meant to wait.
const deliberate = 150

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
	q := goldenRequest{class: "protocol", what: envelope.Method}
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
	getter := strings.HasPrefix(q.what, "get") || strings.HasPrefix(q.what, "is")
	r.paused = r.paused && getter
	q.again = r.paused
	if q.left = r.notThere(q, envelope.Method, l, id); q.left != "" {
		r.left.add(q.left)
		r.foretell(l, id, q.left)
		r.starve(q, envelope.Params)
	} else {
		if c.owed != "" {
			r.await(c, func() bool { return r.hasEvent(c, c.owed) })
			c.owed = ""
		}
		q.text = r.translate(text)
		if object, _ := scalarText(envelope.Params[objectParam]); envelope.Method == "release" && object != "" {
			c.dying = append(c.dying, r.translate(object))
		}
		c.send(q.text)
	}
	c.requests[id] = append(c.requests[id], q)
}

// translate puts our identifiers, candidates, descriptions and paths in the place of the recorded ones.
func (r *replay) translate(text string) string {
	text = r.paths.Replace(text)
	text = sdpLine.ReplaceAllStringFunc(text, func(line string) string {
		if ours, ok := r.texts[strings.TrimSuffix(line, `\r\n`)]; ok {
			return ours + `\r\n`
		}
		return line
	})
	text = candidateText.ReplaceAllStringFunc(text, func(candidate string) string {
		if ours, ok := r.texts[candidate]; ok {
			return ours
		}
		return candidate
	})
	return uuidText.ReplaceAllStringFunc(text, func(id string) string {
		if ours, ok := r.ours[id]; ok {
			return ours
		}
		return id
	})
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
	q := goldenRequest{class: "protocol"}
	if list := c.requests[id]; len(list) > 0 {
		q, c.requests[id] = list[0], list[1:]
	} else if list := c.unanswered(); len(list) > 0 { // errors and cached answers have ids of their own
		q = list[0]
	}
	if q.left != "" {
		r.tell(text, q.class)
		return
	}
	r.await(c, func() bool { return len(c.answers[id]) > 0 })
	got := c.answers[id][0]
	c.answers[id] = c.answers[id][1:]
	if q.again {
		got = r.askAgain(c, q, text, got)
	}
	if same := r.compare(q, text, got); same && l.Raw != nil && !measured[q.what] && blank(text) != blank(got) {
		r.Errorf("the same otherwise written:\n got %s\nwant %s", got, text)
	}
	r.tell(text, q.class)
	if q.what == "getPipelines" {
		for _, id := range uuidText.FindAllString(text, -1) {
			if r.ours[id] == "" {
				r.absent[id] = "a pipeline of an earlier recording"
			}
		}
	}
}

// askAgain repeats a question until the answer is the recorded one, or as good as it gets.
func (r *replay) askAgain(c *goldenConn, q goldenRequest, want, got string) string {
	r.Helper()
	for deadline := time.Now().Add(3 * time.Second); !r.alike(q, want, got) && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond) // between two questions
		c.ids++
		id := fmt.Sprintf(`"again %d"`, c.ids)
		c.send(strings.Replace(q.text, `"id":`+idText(want), `"id":`+id, 1))
		r.await(c, func() bool { return len(c.answers[id]) > 0 })
		got = strings.Replace(c.answers[id][0], `"id":`+id, `"id":`+idText(want), 1)
	}
	return got
}

// died is what to expect where the original process ended: errors.
func (r *replay) died() {
	for _, c := range r.conns {
		for id, list := range c.requests {
			for _, q := range list {
				if q.left != "" {
					continue
				}
				r.await(c, func() bool { return len(c.answers[id]) > 0 })
				if got := c.answers[id][0]; !strings.Contains(got, `"error":`) {
					r.Errorf("%s.%s succeeds: %s", q.class, q.what, got)
				}
				r.differ(q.class, q.what, "the original died")
			}
		}
		c.gone = true
	}
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
	if !r.awaits(c, cond) {
		r.Fatalf("line %d: waited in vain; answers %v, events %v", r.at+1, c.answers, c.events)
	}
}

// awaits is the same for what may not come.
func (r *replay) awaits(c *goldenConn, cond func() bool) bool {
	r.Helper()
	limit := 3 * patience
	if !r.timed && r.Failed() {
		limit = 300 * time.Millisecond // the rest is only for the one who reads it
	}
	late := time.After(limit)
	for !cond() {
		select {
		case text, ok := <-c.incoming:
			if !ok {
				r.Fatalf("line %d: the connection has ended", r.at+1)
			}
			text = r.back.Replace(text)
			if isEvent(text) {
				c.events = append(c.events, text)
				object := r.parseEvent(text).Object
				c.last[text] = slices.ContainsFunc(c.dying, func(id string) bool { return strings.HasPrefix(object, id) })
			} else {
				c.answers[idText(text)] = append(c.answers[idText(text)], text)
			}
		case <-late:
			return false
		}
	}
	return true
}
