package jsonrpc

import (
	"encoding/json"
	"testing"
)

func TestScalarText(t *testing.T) {
	for _, c := range []struct {
		raw, want string
		ok        bool
	}{
		{`"x"`, "x", true},
		{`""`, "", true},
		{`"a\"b\\c"`, `a"b\c`, true},
		{`"\u00e9\ud83d\ude00"`, "é😀", true},
		{`12.50`, "12.50", true},
		{`false`, "false", true},
		{`null`, "", true},
		{`[]`, "", false},
		{`{}`, "", false},
		{``, "", false},
	} {
		if got, ok := scalarText(json.RawMessage(c.raw)); got != c.want || ok != c.ok {
			t.Errorf("%s: %q %v", c.raw, got, ok)
		}
	}
}

func TestFlag(t *testing.T) {
	for raw, want := range map[string]string{
		`true`: "true", `false`: "false", `null`: "false", `0`: "false", `0.5`: "true", `-1`: "true",
		`"true"`: "error", `{}`: "error", `[]`: "error",
	} {
		got := "error"
		if v, err := (params{"f": json.RawMessage(raw)}).flag("f"); err == nil {
			got = map[bool]string{true: "true", false: "false"}[v]
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", raw, got, want)
		}
	}
	if v, err := (params{}).flag("f"); v || err != nil {
		t.Error(v, err)
	}
}

func TestRelax(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":1}`:              `{"a":1}`,
		"{/* c */\"a\":1}":     `{ "a":1}`,
		"{\"a\":1} // c\nrest": `{"a":1}  rest`,
		"{\"a\":\"//x/*y*/\"}": `{"a":"//x/*y*/"}`,
		"\"a\nb\x1f\"":         `"a\u000ab\u001f"`,
		`"a\"/*"`:              `"a\"/*"`,
		`/* open`:              ` `,
		`"open`:                `"open`,
		`"\`:                   `"\`,
		`1/2`:                  `1/2`,
	} {
		if got := string(relax([]byte(in))); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
