package jsonrpc

import (
	"bytes"
	"encoding/json"
	"maps"
	"strconv"
)

// params are the members of a request's params. Missing ones are errors of the protocol without a number
// of Kurento's (protocol.md §2).
type params map[string]json.RawMessage

const (
	sessionParam = "sessionId"
	objectParam  = "object"
)

// with returns the parameters with the session's id set; the receiver, which may be nil, is not changed.
func (p params) with(session string) params {
	out := maps.Clone(p)
	if out == nil {
		out = params{}
	}
	out[sessionParam] = quote(session)
	return out
}

// text is a parameter that has to be there, as text: numbers, truth values and null are converted.
func (p params) text(name string) (string, error) {
	raw, ok := p[name]
	if !ok {
		return "", failuref(codeServer, "'%s' parameter is required", name)
	}
	s, ok := scalarText(raw)
	if !ok {
		return "", failuref(codeServer, "'%s' parameter should be a string", name)
	}
	return s, nil
}

// flag is an optional truth value, false when it is not there.
func (p params) flag(name string) (bool, error) {
	raw, ok := p[name]
	if !ok {
		return false, nil
	}
	switch s := string(raw); s {
	case "true":
		return true, nil
	case "false", "null":
		return false, nil
	default:
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return f != 0, nil
		}
	}
	return false, failuref(codeServer, "'%s' parameter should be a boolean", name)
}

// list is an array that has to be there.
func (p params) list(name string) ([]json.RawMessage, error) {
	raw, ok := p[name]
	if !ok {
		return nil, failuref(codeServer, "'%s' parameter is required", name)
	}
	if raw[0] != '[' {
		return nil, failuref(codeServer, "'%s' parameter should be an array", name)
	}
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, failuref(codeServer, "'%s' parameter should be an array", name)
	}
	return items, nil
}

// object is an optional parameter that counts as absent unless it is an object.
func (p params) object(name string) params {
	raw := p[name]
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	var members params
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil // cannot happen: raw is part of a valid value
	}
	return members
}

// scalarText converts a JSON value to text, as jsoncpp's asString does; false for arrays and objects.
func scalarText(raw json.RawMessage) (string, bool) {
	switch {
	case len(raw) == 0 || raw[0] == '{' || raw[0] == '[':
		return "", false
	case raw[0] == '"':
		if s := raw[1 : len(raw)-1]; bytes.IndexByte(s, '\\') < 0 {
			return string(s), true
		}
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err == nil
	case string(raw) == "null":
		return "", true
	}
	return string(raw), true
}
