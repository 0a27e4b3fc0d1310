package jsonrpc

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// goldenEvent is what tells events apart.
type goldenEvent struct {
	Object string
	Type   string
	Data   struct {
		State, NewState, MediaType string
		ComponentID                any
		CandidatePair              struct{ ComponentID any }
	}
}

// component is the number of an ICE component; DTLS names its components by text.
func (e goldenEvent) component() float64 {
	for _, id := range []any{e.Data.ComponentID, e.Data.CandidatePair.ComponentID} {
		if n, ok := id.(float64); ok {
			return n
		}
	}
	return 1
}

func (r *replay) parseEvent(text string) goldenEvent {
	var e struct {
		Params struct{ Value goldenEvent }
	}
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		r.Fatal(err)
	}
	return e.Params.Value
}

// label names an event in the list of differences.
func (e goldenEvent) label() string {
	label := e.Type
	if n := e.component(); n != 1 {
		label += fmt.Sprintf(" of component %v", n)
	}
	return label
}

// event awaits an event like the recorded one: the next of ours that is about the same and names the same objects.
// So the order of events about one thing counts, and no other.
func (r *replay) event(c *goldenConn, text string) {
	r.Helper()
	if missing := r.absentIn(text); missing != "" {
		r.left.add(missing)
		return
	}
	e := r.parseEvent(text)
	class := classOf(e.Object)
	same := constant(text)
	if e.Type == "Error" {
		same = e.Object + " Error" // whatever the words
	}
	repeated := r.seen[same]
	r.seen[same] = true
	switch {
	case e.Type == "IceCandidateFound":
		r.candidate(c, text)
	case repeated && r.diffs.lists(class, "repeated "+e.Type):
		r.diffs.accepts(class, "repeated "+e.Type)
	case r.diffs.accepts(class, "late "+e.name()+" of "+e.Data.MediaType):
		c.late = append(c.late, text)
	case r.diffs.lists(class, "no "+e.label()):
		c.deferred = append(c.deferred, text)
	default:
		if !r.awaits(c, func() bool { return r.take(c, text) }) {
			r.differ(class, "no "+e.label(), fmt.Sprintf("line %d: %s\n among %s", r.at+1, text, strings.Join(c.events, "\n")))
		}
		if also := alsoTold[class+" "+e.name()]; also != "" {
			c.owed = also
		}
	}
	r.tell(text, "event")
}

// constant is an event without what is different in each.
func constant(text string) string { return volatile.ReplaceAllString(text, "") }

var volatile = regexp.MustCompile(`"(timestampMillis|componentId|connectionId|binName|reason)":"[^"]*"`)

// take finds our event for a recorded one.
func (r *replay) take(c *goldenConn, text string) bool {
	r.Helper()
	want := r.parseEvent(text)
	for i, got := range c.events {
		if e := r.parseEvent(got); !want.isLike(e) || want.state() != e.state() || !r.sameIDs(constant(text), constant(got)) {
			continue
		}
		early := slices.Clone(c.events[:i])
		c.events = slices.Delete(c.events, i, i+1)
		r.learnIDs(constant(text), constant(got))
		for _, d := range r.diff("event", "", value(r, text), value(r, got)) {
			r.differ(classOf(want.Object), "event "+want.Type+d.path, fmt.Sprintf("line %d: %s\n got %s\nwant %s", r.at+1, d.what, got, text))
		}
		for _, other := range early {
			if e := r.parseEvent(other); want.isLike(e) && e.state() != want.state() && r.sameIDs(constant(text), constant(other)) {
				c.events = slices.DeleteFunc(c.events, func(text string) bool { return text == other })
				r.differ(classOf(want.Object), "early "+e.Type+" "+e.state(), fmt.Sprintf("line %d: %s", r.at+1, other))
			}
		}
		return true
	}
	return false
}

// state is the new state that an event tells, "" for none.
func (e goldenEvent) state() string { return e.Data.State + e.Data.NewState }

// isLike tells whether two events are about the same.
func (e goldenEvent) isLike(other goldenEvent) bool {
	return e.Type == other.Type && e.Data.MediaType == other.Data.MediaType && e.component() == other.component()
}

func value(r *replay, text string) any {
	var e struct {
		Params struct{ Value struct{ Data any } }
	}
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		r.Fatal(err)
	}
	return e.Params.Value.Data
}

var candidateText = regexp.MustCompile(`candidate:\d+ \d [^"\\]*`)

// candidate takes our UDP candidate on IPv4 for the recorded one. Which there are is a matter of the machine.
func (r *replay) candidate(c *goldenConn, text string) {
	recorded := candidateText.FindString(text)
	if !strings.Contains(strings.ToUpper(recorded), " UDP ") || !strings.Contains(recorded, ".") {
		return
	}
	found := ""
	r.await(c, func() bool {
		for _, got := range c.events {
			ours := candidateText.FindString(got)
			if r.parseEvent(got).Type == "IceCandidateFound" && r.sameIDs(text, got) && strings.Contains(strings.ToUpper(ours), " UDP ") && strings.Contains(ours, ".") {
				found = ours
				return true
			}
		}
		return false
	})
	r.texts[recorded] = found
}

// alsoTold are the events that ours alone tells, some time after one that both tell. The replay awaits them before the next
// request, which would otherwise come before them in some runs.
var alsoTold = map[string]string{
	"WebRtcEndpoint DataChannelClosed":                     "DataChannelClosed",                     // at the other end
	"RecorderEndpoint MediaFlowInStateChanged NOT_FLOWING": "MediaFlowInStateChanged NOT_FLOWING",   // of the other kind
	"WebRtcEndpoint IceComponentStateChanged FAILED":       "IceComponentStateChanged DISCONNECTED", // of the endpoint that lost its peer
}

// name is the type of an event and the state that it tells.
func (e goldenEvent) name() string { return strings.TrimSpace(e.label() + " " + e.state()) }

// hasEvent looks for an event among those that the recording has not come to.
func (r *replay) hasEvent(c *goldenConn, name string) bool {
	return slices.ContainsFunc(c.events, func(text string) bool { return r.parseEvent(text).name() == name })
}

// finish judges what is left of a connection: what the original did not send, and what it alone sent.
func (r *replay) finish(c *goldenConn) {
	c.send(`{"jsonrpc":"2.0","id":"the end","method":"ping"}`)
	r.await(c, func() bool { return len(c.answers[`"the end"`]) > 0 })
	r.judge(c)
}

// judge is finish for a connection that is not to be disturbed.
func (r *replay) judge(c *goldenConn) {
	for _, text := range c.late {
		if e := r.parseEvent(text); !r.awaits(c, func() bool { return r.take(c, text) }) {
			r.differ(classOf(e.Object), "no "+e.label(), text)
		}
	}
	for _, text := range c.deferred {
		if e := r.parseEvent(text); !r.take(c, text) {
			r.differ(classOf(e.Object), "no "+e.label(), text)
		}
	}
	for _, text := range c.events {
		e := r.parseEvent(text)
		if c.last[text] || e.Type == "IceCandidateFound" || e.Type == "NewCandidatePairSelected" {
			continue // how many candidates there are, and pairs on the way to the best, is a matter of the machine
		}
		r.differ(classOf(e.Object), "event "+e.name(), "unexpected "+text)
	}
}
