package jsonrpc

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/rivero-media/rivero/pipeline"
)

// maxTransactionDepth bounds transactions inside transactions.
const maxTransactionDepth = 8

const newref = "newref:"

func malformed(format string, args ...any) error {
	return pipeline.Errorf(pipeline.MalformedTransaction, format, args...)
}

// transaction runs operations in order until one fails; what is done stays done. The answer holds the responses
// so far (protocol.md §6).
func transaction(ctx context.Context, c *call) (result, error) {
	operations, err := c.params.list("operations")
	if err != nil {
		return nil, err
	}
	session, err := c.anySession()
	if err != nil {
		return nil, err
	}
	if c.depth >= maxTransactionDepth {
		return nil, malformed("transactions are nested deeper than %d", maxTransactionDepth)
	}
	responses := make([]json.RawMessage, 0, len(operations))
	values := make([]json.RawMessage, 0, len(operations))
	for i, raw := range operations {
		a, err := c.operation(ctx, i, raw, session, values)
		if err != nil {
			return nil, err
		}
		responses, values = append(responses, a.text), append(values, a.value)
		if a.failed {
			break
		}
	}
	return result{sessionParam: session, "value": responses}, nil
}

// operation runs one operation. An error fails the whole transaction.
func (c *call) operation(ctx context.Context, i int, raw json.RawMessage, session string, values []json.RawMessage) (*answer, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, failuref(codeInternal, "Unexpected error while processing method: operation %d is no object", i)
	}
	if !isIndex(members["id"], i) {
		return nil, malformed("Id of request '%d' should be '%d'", i, i)
	}
	id := json.RawMessage(strconv.Itoa(i))
	members["id"] = id
	r, bad := newRequest(members)
	if bad != nil {
		return fail(id, bad), nil
	}
	if !r.badParams {
		p, err := resolve(r.params, values)
		if err != nil {
			return nil, err
		}
		r.params = p.with(session)
	}
	return c.server.process(ctx, r, c.depth+1), nil
}

// isIndex tells whether a JSON value converts to the unsigned number i the way jsoncpp does it.
func isIndex(raw json.RawMessage, i int) bool {
	switch s := string(raw); s {
	case "", "null", "false":
		return i == 0
	case "true":
		return i == 1
	default:
		f, err := strconv.ParseFloat(s, 64)
		return err == nil && f >= 0 && math.Trunc(f) == float64(i)
	}
}

// resolve replaces every text "newref:k" in the parameters by the value that operation k returned.
func resolve(p params, values []json.RawMessage) (params, error) {
	for name, raw := range p {
		if !mayRefer(raw) {
			continue
		}
		var v any
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		if err := dec.Decode(&v); err != nil {
			return nil, err // cannot happen: raw is part of a valid value
		}
		v, err := replace(v, values)
		if err != nil {
			return nil, err
		}
		if p[name], err = json.Marshal(v); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// mayRefer spares most parameters the search. An escape may hide any letter.
func mayRefer(raw json.RawMessage) bool {
	return bytes.Contains(raw, []byte(newref)) || bytes.Contains(raw, []byte(`\u`))
}

func replace(v any, values []json.RawMessage) (any, error) {
	var err error
	switch v := v.(type) {
	case string:
		if index, ok := strings.CutPrefix(v, newref); ok && index != "" {
			return valueOf(index, values)
		}
	case []any:
		for i := range v {
			if v[i], err = replace(v[i], values); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for name := range v {
			if v[name], err = replace(v[name], values); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

func valueOf(index string, values []json.RawMessage) (json.RawMessage, error) {
	k, err := strconv.Atoi(index)
	if err != nil || k < 0 {
		return nil, malformed("Invalid index of newref '%s'", index)
	}
	if k >= len(values) || values[k] == nil {
		return nil, malformed("Result not found on request %d", k)
	}
	return values[k], nil
}
