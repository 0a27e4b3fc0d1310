package kurento_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sourcegraph/jsonrpc2"
	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/cmd/rivero-load/internal/fakekurento"
	"github.com/rivero-media/rivero/cmd/rivero-load/internal/kurento"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script records the requests of a test and answers them.
type script struct {
	mu       sync.Mutex
	requests []map[string]any // each with "method"
	answer   fakekurento.Handler
}

func (s *script) handle(c *fakekurento.Conn, method string, raw json.RawMessage) (any, *jsonrpc2.Error) {
	request := map[string]any{}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &request); err != nil {
			return nil, fakekurento.Error(-32602, "INVALID_PARAMS", err.Error())
		}
	}
	request["method"] = method
	s.mu.Lock()
	s.requests = append(s.requests, request)
	s.mu.Unlock()
	if s.answer != nil {
		if result, err := s.answer(c, method, raw); result != nil || err != nil {
			return result, err
		}
	}
	if method == "closeSession" {
		return nil, nil
	}
	return map[string]any{"sessionId": "s1", "value": "object1"}, nil
}

func (s *script) last() map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[len(s.requests)-1]
}

func dial(t *testing.T, s *script) *kurento.Client {
	t.Helper()
	url := fakekurento.Listen(t, s.handle)
	c, err := kurento.Dial(t.Context(), url, kurento.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return c
}

func TestRequests(t *testing.T) {
	s := &script{}
	c := dial(t, s)
	if got := s.last()["method"]; got != "connect" {
		t.Errorf("first request is %v", got)
	}
	ctx := t.Context()
	id, err := c.Create(ctx, "WebRtcEndpoint", map[string]string{"mediaPipeline": "p"})
	if err != nil || id != "object1" {
		t.Fatalf("create: %q, %v", id, err)
	}
	want(t, s.last(), `{"method":"create","type":"WebRtcEndpoint","constructorParams":{"mediaPipeline":"p"},"sessionId":"s1"}`)

	var value string
	if err := c.Invoke(ctx, id, "processOffer", map[string]string{"offer": "v=0"}, &value); err != nil || value != "object1" {
		t.Fatalf("invoke: %q, %v", value, err)
	}
	want(t, s.last(), `{"method":"invoke","object":"object1","operation":"processOffer","operationParams":{"offer":"v=0"},"sessionId":"s1"}`)

	if err := c.Release(ctx, id); err != nil {
		t.Error(err)
	}
	want(t, s.last(), `{"method":"release","object":"object1","sessionId":"s1"}`)
	if err := c.CloseSession(ctx); err != nil {
		t.Error(err)
	}
	want(t, s.last(), `{"method":"closeSession","release":true,"sessionId":"s1"}`)
}

func want(t *testing.T, got map[string]any, wantJSON string) {
	t.Helper()
	var expect any
	if err := json.Unmarshal([]byte(wantJSON), &expect); err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(expect)
	if string(a) != string(b) {
		t.Errorf("request %s, want %s", a, b)
	}
}

func TestErrors(t *testing.T) {
	s := &script{answer: func(c *fakekurento.Conn, method string, _ json.RawMessage) (any, *jsonrpc2.Error) {
		switch method {
		case "create":
			return nil, fakekurento.Error(40108, "MEDIA_OBJECT_NOT_AVAILABLE", "Factory 'X' not found")
		case "invoke":
			return map[string]any{"value": 17}, nil
		case "release":
			c.Close()
		}
		return nil, nil
	}}
	c := dial(t, s)
	_, err := c.Create(t.Context(), "X", nil)
	var kerr *kurento.Error
	if !errors.As(err, &kerr) || kerr.Code != 40108 || kerr.Type != "MEDIA_OBJECT_NOT_AVAILABLE" || !kurento.HasCode(err, 40108) {
		t.Errorf("create: %#v", err)
	}
	if got := err.Error(); got != "create X: error 40108: Factory 'X' not found" {
		t.Errorf("message %q", got)
	}
	var text string
	if err := c.Invoke(t.Context(), "o", "getName", nil, &text); err == nil || !strings.Contains(err.Error(), "answer to invoke") {
		t.Errorf("number for a string: %v", err)
	}
	if err := c.Release(t.Context(), "o"); !errors.Is(err, kurento.ErrClosed) {
		t.Errorf("connection dropped: %v", err)
	}
	<-c.Done()
	if err := c.CloseSession(t.Context()); !errors.Is(err, kurento.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}

func TestCallEndsWithItsContext(t *testing.T) {
	release := make(chan struct{})
	s := &script{answer: func(_ *fakekurento.Conn, method string, _ json.RawMessage) (any, *jsonrpc2.Error) {
		if method == "create" {
			<-release
		}
		return nil, nil
	}}
	c := dial(t, s)
	t.Cleanup(func() { close(release) }) // before the client and the server are closed
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Create(ctx, "MediaPipeline", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestDialErrors(t *testing.T) {
	if _, err := kurento.Dial(t.Context(), "ws://127.0.0.1:1/kurento", kurento.Options{}); err == nil {
		t.Error("dialled a closed port")
	}
	s := &script{answer: func(c *fakekurento.Conn, _ string, _ json.RawMessage) (any, *jsonrpc2.Error) {
		c.Close()
		return nil, nil
	}}
	if _, err := kurento.Dial(t.Context(), fakekurento.Listen(t, s.handle), kurento.Options{}); !errors.Is(err, kurento.ErrClosed) {
		t.Errorf("server that hangs up: %v", err)
	}
}

// TestCandidates takes candidates under the name of 7.x and, from a server that refuses that name, under the older one.
func TestCandidates(t *testing.T) {
	for _, name := range []string{kurento.EventIceCandidateFound, kurento.EventOnIceCandidate} {
		t.Run(name, func(t *testing.T) {
			s := &script{answer: func(c *fakekurento.Conn, method string, raw json.RawMessage) (any, *jsonrpc2.Error) {
				switch {
				case method == "subscribe" && !strings.Contains(string(raw), name):
					return nil, fakekurento.Error(kurento.CodeEventNotSupported, "MEDIA_OBJECT_EVENT_NOT_SUPPORTED", "Event not supported")
				case method == "invoke":
					data := map[string]any{"candidate": map[string]any{
						"__module__": "kurento", "__type__": "IceCandidate",
						"candidate": "candidate:1 1 UDP 1 192.0.2.1 9 typ host", "sdpMid": "video0", "sdpMLineIndex": 1,
					}}
					c.Event("another", name, data)
					c.Event("object1", "IceGatheringDone", map[string]any{})
					c.Event("object1", name, data)
				}
				return nil, nil
			}}
			c := dial(t, s)
			events := make(chan kurento.Event, 8)
			c.Handle("object1", func(e kurento.Event) { events <- e })
			if err := c.SubscribeCandidates(t.Context(), "object1"); err != nil {
				t.Fatal(err)
			}
			if err := c.Invoke(t.Context(), "object1", "gatherCandidates", nil, nil); err != nil {
				t.Fatal(err)
			}
			if _, ok := (<-events).Candidate(); ok {
				t.Error("IceGatheringDone taken for a candidate")
			}
			candidate, ok := (<-events).Candidate()
			if !ok || candidate.SDPMid != "video0" || candidate.SDPMLineIndex != 1 || !strings.HasPrefix(candidate.Candidate, "candidate:") {
				t.Errorf("got %+v %v", candidate, ok)
			}
			if err := c.Release(t.Context(), "object1"); err != nil {
				t.Fatal(err)
			}
			if err := c.Invoke(t.Context(), "object1", "gatherCandidates", nil, nil); err != nil {
				t.Fatal(err)
			}
			if len(events) != 0 {
				t.Error("events of a released object are still delivered")
			}
		})
	}
}
