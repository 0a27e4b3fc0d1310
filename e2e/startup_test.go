//go:build e2e

package e2e

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// The port of the control protocol answers plain HTTP as its users expect.
func TestHTTPOnTheSamePort(t *testing.T) {
	s := startServer(t)
	get := func(path string, header http.Header) (int, string) {
		t.Helper()
		req, err := http.NewRequest(http.MethodGet, s.page()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, values := range header {
			req.Header[name] = values
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}

	if status, body := get("", nil); status != http.StatusOK || !strings.Contains(body, "<title>Rivero playground</title>") {
		t.Errorf("GET /: %d %.100s", status, body)
	}
	if status, body := get("vendor/kurento-client.js", nil); status != http.StatusOK || len(body) < 1_000_000 {
		t.Errorf("GET the client: %d, %d bytes", status, len(body))
	}
	if status, _ := get("kurento", nil); status != http.StatusUpgradeRequired {
		t.Errorf("GET /kurento without upgrade: %d, want 426", status)
	}
	// Kurento's docker health check sends no Sec-WebSocket-Version and is content with exactly this status.
	upgrade := http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Origin": {"127.0.0.1"}}
	if status, _ := get("kurento", upgrade); status != http.StatusInternalServerError {
		t.Errorf("health check: %d, want 500", status)
	}
}
