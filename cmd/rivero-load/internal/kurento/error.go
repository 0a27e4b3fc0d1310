package kurento

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/sourcegraph/jsonrpc2"
)

// CodeEventNotSupported answers a subscription to an event that the class does not have.
const CodeEventNotSupported = 40106

// Error is an error answer of the server.
type Error struct {
	Code    int64
	Type    string // Kurento's name of the code, "" if the server gave none
	Message string
}

// Error names the code first, so that equal failures sort together.
func (e *Error) Error() string { return fmt.Sprintf("error %d: %s", e.Code, e.Message) }

// HasCode tells whether err is an Error of that code.
func HasCode(err error, code int64) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}

func newError(e *jsonrpc2.Error) *Error {
	out := &Error{Code: e.Code, Message: e.Message}
	var data struct {
		Type string `json:"type"`
	}
	if e.Data != nil && json.Unmarshal(*e.Data, &data) == nil {
		out.Type = data.Type
	}
	return out
}
