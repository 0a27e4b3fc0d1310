package jsonrpc

import (
	"encoding/json"
	"strings"
)

// future is what elements cannot do yet, by a part of the request that creates one and the operation that needs it, ""
// for any.
var future = []struct{ class, part, operation, missing string }{
	{"PlayerEndpoint", ".png", "play", "playing PNG"},
	{"RecorderEndpoint", `"MP4"`, "record", "an encoder of H264"},
	{"RecorderEndpoint", `"MP4_VIDEO_ONLY"`, "record", "an encoder of H264"},
	{"RecorderEndpoint", "FLV", "record", "an encoder of H264"},
	{"RecorderEndpoint", "foo://", "record", "a server that throws away what it cannot record"}, // here it is an Error
	{"RecorderEndpoint", "KURENTO_SPLIT_RECORDER", "", "a server without split recordings"},     // these are possible here
}

// notThere names what keeps a request from being replayed: a class to be created, something that the new object
// will be asked for, or what an object it names needs.
func (r *replay) notThere(q goldenRequest, method string, l goldenLine, id string) string {
	text := l.text()
	if method == "create" {
		for _, f := range future {
			if q.class == f.class && strings.Contains(text, f.part) && (f.operation == "" || r.willBeAsked(l, id, f.operation)) {
				return f.missing
			}
		}
	}
	return r.absentIn(text)
}

// absentIn names what is missing for an object in a text.
func (r *replay) absentIn(text string) string {
	for _, id := range uuidText.FindAllString(text, -1) {
		if what, ok := r.absent[id]; ok {
			return what
		}
	}
	return ""
}

// willBeAsked looks for an operation of the object that a request creates.
func (r *replay) willBeAsked(l goldenLine, id, operation string) bool {
	_, object := r.answerTo(l, id)
	for _, later := range r.lines[r.at:] {
		text := later.text()
		if later.Direction == "out" && object != "" && strings.Contains(text, `"object":"`+object+`"`) && strings.Contains(text, `"operation":"`+operation+`"`) {
			return true
		}
	}
	return false
}

// answerTo finds the recorded answer to the request being played, and the value in it.
func (r *replay) answerTo(l goldenLine, id string) (text, value string) {
	for _, later := range r.lines[r.at:] {
		text := later.text()
		if later.Direction == "in" && later.Conn == l.Conn && !isEvent(text) && idText(text) == id {
			var a struct{ Result struct{ Value any } }
			if json.Unmarshal([]byte(text), &a) == nil {
				value, _ = a.Result.Value.(string)
			}
			return text, value
		}
	}
	return "", ""
}

// foretell marks what a request that is left out would have made: events before its answer may name it.
func (r *replay) foretell(l goldenLine, id, missing string) {
	text, _ := r.answerTo(l, id)
	for _, made := range uuidText.FindAllString(text, -1) {
		if _, known := r.told[made]; !known && r.ours[made] == "" {
			r.told[made] = missing
			r.absent[made] = missing
		}
	}
}

// starve marks the sink of a connection that is left out: without its source it cannot do what was recorded.
func (r *replay) starve(q goldenRequest, p params) {
	if q.what != "connect" {
		return
	}
	var operation struct{ Sink string }
	if json.Unmarshal(p["operationParams"], &operation) != nil {
		return
	}
	source, _ := scalarText(p[objectParam])
	if ids := uuidText.FindAllString(operation.Sink, -1); r.absentIn(source) != "" && len(ids) > 0 {
		r.absent[ids[len(ids)-1]] = q.left
	}
}
