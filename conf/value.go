package conf

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// value is the destination of a setting inside a Config.
type value interface {
	// set parses text and stores it. On an error the old value stays, except when the
	// error is an adjustment.
	set(text string) error
	// raw is the stored value itself, secrets included.
	raw() any
	// assign stores what raw of the same setting gave.
	assign(any)
	fmt.Stringer
}

// adjustment is the error of a parser that could use the value after changing it. Its
// text says what became of it.
type adjustment struct{ text string }

func (a adjustment) Error() string { return a.text }

func adjusted(format string, args ...any) error {
	return adjustment{fmt.Sprintf(format, args...)}
}

// usable reports whether a parser's result is to be stored in spite of err.
func usable(err error) bool {
	var a adjustment
	return err == nil || errors.As(err, &a)
}

type field[T any] struct {
	to    *T
	parse func(text string) (T, error)
}

func bind[T any](to *T, parse func(string) (T, error)) value { return field[T]{to, parse} }

func (f field[T]) set(text string) error {
	v, err := f.parse(text)
	if usable(err) {
		*f.to = v
	}
	return err
}

func (f field[T]) raw() any { return *f.to }

func (f field[T]) assign(v any) { *f.to = v.(T) }

// String gives the value as it would be written in a file, lists with commas.
func (f field[T]) String() string {
	switch v := any(*f.to).(type) {
	case time.Duration:
		return strconv.FormatFloat(v.Seconds(), 'f', -1, 64)
	case json.RawMessage:
		return string(v)
	case []string:
		return strings.Join(v, ",")
	case []Codec:
		names := make([]string, len(v))
		for i, codec := range v {
			names[i] = codec.String()
		}
		return strings.Join(names, ",")
	default:
		return fmt.Sprint(v)
	}
}
