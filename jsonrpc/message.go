package jsonrpc

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/wire"
)

// request is one JSON-RPC request that has passed the checks of the envelope.
type request struct {
	id        json.RawMessage // as it came, nil for a notification
	method    string
	params    params // nil when absent or null
	badParams bool   // params are neither an object nor absent
}

// parse reads one message. The error is what to answer, with id null.
func parse(text []byte) (*request, *failure) {
	// What comes back as it came has to be text (RFC 6455 §8.1).
	members, err := parseMembers(bytes.ToValidUTF8(text, []byte("\ufffd")))
	if err != nil {
		return nil, err
	}
	return newRequest(members)
}

// parseMembers is lenient as the original's parser is: it takes comments, and ignores what follows the first
// value. Unlike the original, which drops the connection, text that is no JSON is answered.
func parseMembers(text []byte) (map[string]json.RawMessage, *failure) {
	var members map[string]json.RawMessage
	err := json.Unmarshal(text, &members)
	var other *json.UnmarshalTypeError
	switch {
	case err == nil:
		return members, nil
	case errors.As(err, &other):
		return nil, errInvalidRequest
	}
	dec := json.NewDecoder(bytes.NewReader(relax(text)))
	switch err := dec.Decode(&members); {
	case err == nil:
		return members, nil
	case errors.As(err, &other):
		return nil, errInvalidRequest
	}
	return nil, errParse
}

// newRequest checks the envelope. Names of members count exactly, unlike in encoding/json's structs.
func newRequest(members map[string]json.RawMessage) (*request, *failure) {
	r := &request{id: members["id"]}
	method := members["method"]
	if string(members["jsonrpc"]) != `"2.0"` || len(method) == 0 || method[0] != '"' {
		return nil, errInvalidRequest
	}
	r.method, _ = scalarText(method)
	switch {
	case len(r.id) == 0 || string(r.id) == "null":
		r.id = nil
	case r.id[0] == '{' || r.id[0] == '[':
		return nil, errInvalidRequest
	}
	if raw := members["params"]; len(raw) > 0 && string(raw) != "null" {
		if raw[0] != '{' {
			r.badParams = true
		} else if err := json.Unmarshal(raw, &r.params); err != nil {
			return nil, errInvalidRequest
		}
	}
	return r, nil
}

// relax removes comments and escapes control characters inside strings, so that what jsoncpp accepts becomes
// JSON.
func relax(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '"':
			i = relaxString(text, i, &out)
		case c == '/' && i+1 < len(text) && (text[i+1] == '/' || text[i+1] == '*'):
			i = skipComment(text, i)
			out = append(out, ' ')
		default:
			out = append(out, c)
			i++
		}
	}
	return out
}

// relaxString copies the string that starts at i and returns where it ends.
func relaxString(text []byte, i int, out *[]byte) int {
	*out = append(*out, '"')
	for i++; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			*out = append(*out, c)
			return i + 1
		case c == '\\' && i+1 < len(text):
			*out = append(*out, c, text[i+1])
			i++
		case c < 0x20:
			*out = append(*out, '\\', 'u', '0', '0', '0'+c>>4, "0123456789abcdef"[c&15])
		default:
			*out = append(*out, c)
		}
	}
	return i
}

// skipComment returns where the comment that starts at i ends.
func skipComment(text []byte, i int) int {
	end, size := "*/", 2
	if text[i+1] == '/' {
		end, size = "\n", 1
	}
	n := bytes.Index(text[i+2:], []byte(end))
	if n < 0 {
		return len(text)
	}
	return i + 2 + n + size
}

// result holds the members of a result object; nil is the result null.
type result map[string]any

// answer is the response to one request.
type answer struct {
	text    []byte
	failed  bool
	binds   bool            // the result names a session, which the connection then belongs to
	session string          // its id
	value   json.RawMessage // result.value, nil when there is none
}

// succeed answers a request.
func succeed(r *request, res result) *answer {
	a := &answer{}
	if v, ok := res["value"]; ok {
		raw, err := wire.Encode(v)
		if err != nil {
			return fail(r.id, failureOf(err))
		}
		a.value, res["value"] = raw, raw
	}
	if s, ok := res[sessionParam]; ok {
		a.binds, a.session = true, s.(string)
	}
	raw := json.RawMessage("null")
	if res != nil {
		var err error
		if raw, err = wire.Encode(map[string]any(res)); err != nil {
			return fail(r.id, failureOf(err))
		}
	}
	a.text = respond(r.id, raw)
	return a
}

// respond writes the response to a request that succeeded. Nearly every answer to a notification is an error
// that carries the result; the result null makes an empty message (protocol.md §2).
func respond(id, result json.RawMessage) []byte {
	if id != nil {
		text := append([]byte(`{"id":`), id...)
		text = append(text, `,"jsonrpc":"2.0","result":`...)
		return append(append(text, result...), '}')
	}
	if string(result) == "null" {
		return []byte{}
	}
	text := append([]byte(`{"error":{"code":-32000,"data":`), result...)
	return append(text, `,"message":"Ignoring response because of a notification request"},"id":null,"jsonrpc":"2.0"}`...)
}

// fail answers a request with an error.
func fail(id json.RawMessage, f *failure) *answer {
	text := strconv.AppendInt([]byte(`{"error":{"code":`), int64(f.code), 10)
	if f.kind != "" {
		text = append(text, `,"data":{"type":`...)
		text = append(append(text, quote(f.kind)...), '}')
	}
	text = append(text, `,"message":`...)
	text = append(append(text, quote(f.message)...), `},"id":`...)
	if id == nil {
		id = json.RawMessage("null")
	}
	text = append(append(text, id...), `,"jsonrpc":"2.0"}`...)
	return &answer{text: text, failed: true}
}

// eventText writes the message that tells a client of an event.
func eventText(n pipeline.Notification) []byte {
	text := make([]byte, 0, 128+len(n.Data)+len(n.Object))
	text = append(text, `{"jsonrpc":"2.0","method":"onEvent","params":{"value":{"data":`...)
	text = append(append(text, n.Data...), `,"object":`...)
	text = append(append(text, quote(n.Object)...), `,"type":`...)
	return append(append(text, quote(n.Type)...), `}}}`...)
}

// quote writes a JSON string in the original's style. A string can always be encoded.
func quote(s string) json.RawMessage {
	raw, _ := wire.Encode(s)
	return raw
}
