package jsonrpc

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// remember has the cache keep an answer.
func remember(c *retries, key retryKey, text string) {
	x, _ := c.begin(key)
	a := &answer{text: []byte(text)}
	c.keep(key, x, a)
	x.finish(a)
}

func TestRetriesTakeBoundedMemory(t *testing.T) {
	c := newRetries(false)
	text := strings.Repeat("x", 1<<20)
	const answers = 3 * maxRetryBytes >> 20
	for i := range answers {
		remember(c, retryKey{"session", fmt.Sprint(i)}, text)
	}
	if c.bytes > maxRetryBytes || len(c.byKey) != len(c.finished) {
		t.Errorf("%d bytes, %d keys, %d answers", c.bytes, len(c.byKey), len(c.finished))
	}
	if _, first := c.begin(retryKey{"session", "0"}); !first {
		t.Error("the oldest answer is still there")
	}
	if x, first := c.begin(retryKey{"session", fmt.Sprint(answers - 1)}); first || len(x.wait().text) != len(text) {
		t.Error("the newest answer is gone")
	}
}

func TestRetryKeys(t *testing.T) {
	long := `"` + strings.Repeat("x", maxRetryID+1) + `"`
	for _, c := range []struct {
		id       string
		disabled bool
		want     string
		ok       bool
	}{
		{`7`, false, "7", true},
		{`"7"`, false, "7", true},
		{`"\u0037"`, false, "7", true},
		{`true`, false, "true", true},
		{``, false, "", false},
		{long, false, "", false},
		{`7`, true, "", false},
	} {
		key, ok := newRetries(c.disabled).keyOf("s", &request{id: json.RawMessage(c.id)})
		if ok != c.ok || key.id != c.want {
			t.Errorf("%.20s: %v %v", c.id, key, ok)
		}
	}
}

func TestDisabledRequestCache(t *testing.T) {
	s := startServer(t, Config{DisableRequestCache: true}, testObjects(t))
	c := dial(t, s)
	for range 2 {
		c.send(`{"jsonrpc":"2.0","id":1,"method":"create","params":{"type":"MediaPipeline","sessionId":"s"}}`)
		c.receive()
	}
	if n := len(s.objects.Pipelines()); n != 2 {
		t.Errorf("%d pipelines, want 2", n)
	}
}
