package jsonrpc

import (
	"errors"
	"fmt"

	"github.com/rivero-media/rivero/pipeline"
)

// Codes of JSON-RPC 2.0 §5.1, and the one the original uses for everything it has no code for.
const (
	codeParse          = -32700
	codeInvalidRequest = -32600
	codeMethodNotFound = -32601
	codeInvalidParams  = -32602
	codeInternal       = -32603
	codeServer         = -32000
)

// failure is an error in the form it has on the wire.
type failure struct {
	code    int
	message string
	kind    string // data.type, "" for no data
}

func (f *failure) Error() string { return f.message }

func failuref(code int, format string, args ...any) *failure {
	return &failure{code: code, message: fmt.Sprintf(format, args...)}
}

var (
	errParse          = &failure{codeParse, "Parse error.", "PARSE_ERROR"}
	errInvalidRequest = &failure{codeInvalidRequest, "Invalid JSON-RPC request.", ""}
	errMethodNotFound = &failure{codeMethodNotFound, "Method not found.", ""}
	errParamsRequired = &failure{codeInvalidParams, "'params' is required", "INVALID_PARAMS"}
)

func errInvalidSession() error { return pipeline.Errorf(pipeline.InvalidSession, "Invalid session") }

// failureOf maps any error to the wire. What has no number of the protocol is what an exception is to the
// original.
func failureOf(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	var fault *pipeline.Fault
	if errors.As(err, &fault) {
		return &failure{code: fault.Code, message: fault.Message, kind: fault.Type()}
	}
	return failuref(codeInternal, "Unexpected error while processing method: %v", err)
}
