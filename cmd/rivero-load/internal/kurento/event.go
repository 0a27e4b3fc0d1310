package kurento

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/sourcegraph/jsonrpc2"
)

// Event is what a subscription delivers.
type Event struct {
	Object string          `json:"object"` // id of the source
	Type   string          `json:"type"`   // name it was subscribed under
	Data   json.RawMessage `json:"data"`
}

// IceCandidate is Kurento's complex type of that name.
type IceCandidate struct {
	Module        string `json:"__module__,omitempty"`
	Type          string `json:"__type__,omitempty"`
	Candidate     string `json:"candidate"`
	SDPMid        string `json:"sdpMid"`
	SDPMLineIndex uint16 `json:"sdpMLineIndex"`
}

// Names under which servers announce their ICE candidates: 6.5 and later, and before that.
const (
	EventIceCandidateFound = "IceCandidateFound"
	EventOnIceCandidate    = "OnIceCandidate"
)

// Candidate reads the candidate of an IceCandidateFound or OnIceCandidate event; ok is false for every other event.
func (e Event) Candidate() (c IceCandidate, ok bool) {
	if e.Type != EventIceCandidateFound && e.Type != EventOnIceCandidate {
		return c, false
	}
	var data struct {
		Candidate *IceCandidate `json:"candidate"`
	}
	if json.Unmarshal(e.Data, &data) != nil || data.Candidate == nil {
		return c, false
	}
	return *data.Candidate, true
}

// SubscribeCandidates asks for an endpoint's ICE candidates by whichever name the server knows.
func (c *Client) SubscribeCandidates(ctx context.Context, endpoint string) error {
	err := c.Subscribe(ctx, endpoint, EventIceCandidateFound)
	if HasCode(err, CodeEventNotSupported) {
		err = c.Subscribe(ctx, endpoint, EventOnIceCandidate)
	}
	return err
}

// Handle sets the function that receives the events of an object. It is called on the connection's reader, one event at
// a time, and must not block or make calls. Events may come before the answer to the request that caused them.
func (c *Client) Handle(object string, f func(Event)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handlers[object] = f
}

// forget drops the handlers of an object and its children, whose ids begin with their parent's.
func (c *Client) forget(object string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id := range c.handlers {
		if id == object || strings.HasPrefix(id, object+"/") {
			delete(c.handlers, id)
		}
	}
}

// handler takes the server's notifications.
type handler struct{ c *Client }

func (h handler) Handle(_ context.Context, _ *jsonrpc2.Conn, req *jsonrpc2.Request) {
	if req.Method != "onEvent" || req.Params == nil {
		return
	}
	var p struct {
		Value Event `json:"value"`
	}
	if json.Unmarshal(*req.Params, &p) != nil {
		return
	}
	h.c.mu.Lock()
	f := h.c.handlers[p.Value.Object]
	h.c.mu.Unlock()
	if f != nil {
		f(p.Value)
	}
}
