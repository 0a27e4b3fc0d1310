package whip

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/rivero-media/rivero/elements/named"
	"github.com/rivero-media/rivero/pipeline"
)

const (
	sdpType = "application/sdp"
	// maxOffer is far above what browsers write.
	maxOffer = 64 << 10
	// gathering bounds how long candidates are waited for: the answer has all there are, since nothing follows it.
	gathering = 3 * time.Second
	// lostFor is how long a session stays whose peer cannot be reached, at the beginning too.
	lostFor = 30 * time.Second
)

// session is one peer: a WebRtcEndpoint, and who watches over it.
type session struct {
	way      way
	name     string
	element  pipeline.Object // what the peer sends to or receives from
	endpoint pipeline.Object
	gathered chan struct{} // holds a token when all own candidates are known
	state    chan string   // the latest ConnectionState
	ended    chan struct{} // closed by stop

	onceEnded sync.Once

	mu    sync.Mutex
	offer string // as of now
	etag  string // of the ICE session
}

func (s *session) stop() { s.onceEnded.Do(func() { close(s.ended) }) }

// Notify is part of pipeline.Subscriber.
func (s *session) Notify(n pipeline.Notification) {
	switch n.Type {
	case "IceGatheringDone":
		select {
		case s.gathered <- struct{}{}:
		default: // told already
		}
	case "ConnectionStateChanged":
		var event struct{ NewState string }
		if json.Unmarshal(n.Data, &event) != nil {
			return // written by this server
		}
		select { // one that nobody has looked at yet is out of date
		case <-s.state:
		default:
		}
		select {
		case s.state <- event.NewState:
		default: // a newer one
		}
	}
}

// refusal is an error with a status of HTTP.
type refusal struct {
	code int
	text string
}

func (r refusal) Error() string { return r.text }

// begin answers an offer.
func (h *Handler) begin(w http.ResponseWriter, r *http.Request, way way, name string) {
	answer, s, err := h.accept(r, way, name)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", sdpType)
	w.Header().Set("Location", "/"+string(way)+"/"+url.PathEscape(name)+"/"+url.PathEscape(s.endpoint.ID()))
	w.Header().Set("ETag", s.tag())
	w.Header().Set("Accept-Patch", fragmentType)
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, answer) // who has gone meanwhile does not connect, and is forgotten
}

// accept makes a session for an offer, and its answer.
func (h *Handler) accept(r *http.Request, way way, name string) (answer string, s *session, err error) {
	offer, err := body(r, sdpType)
	if err != nil {
		return "", nil, err
	}
	element, in, err := named.Find(h.objects, name)
	if err != nil {
		return "", nil, err
	}
	s = &session{
		way: way, name: name, element: element, offer: offer, etag: newTag(),
		gathered: make(chan struct{}, 1), state: make(chan string, 1), ended: make(chan struct{}),
	}
	params, err := json.Marshal(map[string]string{"mediaPipeline": in.ID()})
	if err != nil {
		return "", nil, err
	}
	if s.endpoint, err = h.objects.Create(r.Context(), "WebRtcEndpoint", params); err != nil {
		return "", nil, err
	}
	if err = h.keep(s); err != nil { // before it is connected: it would take the place of another who sends
		h.objects.Release(s.endpoint)
		return "", nil, err
	}
	if answer, err = h.negotiate(r.Context(), s); err != nil {
		s.stop()
		return "", nil, err
	}
	h.log.Info().Str("client", r.RemoteAddr).Str("session", s.endpoint.ID()).Str("element", element.ID()).Str("way", string(way)).Msg("session begins")
	return answer, s, nil
}

// negotiate connects the endpoint and returns its answer, with all candidates.
func (h *Handler) negotiate(ctx context.Context, s *session) (answer string, err error) {
	for _, event := range []string{"IceGatheringDone", "ConnectionStateChanged"} {
		if err := s.endpoint.Base().Subscribe(event, s); err != nil {
			return "", err
		}
	}
	from, to := s.endpoint, s.element
	if s.way == receives {
		from, to = to, from
	}
	if _, err = invoke(ctx, from, "connect", map[string]string{"sink": to.ID()}); err == nil {
		_, err = invoke(ctx, s.endpoint, "processOffer", map[string]string{"offer": s.offer})
	}
	if err == nil {
		_, err = invoke(ctx, s.endpoint, "gatherCandidates", nil)
	}
	if err != nil {
		return "", err
	}
	return s.described(ctx)
}

// described is the answer with all candidates.
func (s *session) described(ctx context.Context) (answer string, err error) {
	limit := time.NewTimer(gathering)
	defer limit.Stop()
	select {
	case <-s.gathered:
	case <-limit.C: // a STUN server that does not answer: what there is will do
	case <-ctx.Done():
		return "", ctx.Err()
	}
	return invoke(ctx, s.endpoint, "getLocalSessionDescriptor", nil)
}

// invoke calls an operation whose result, if any, is a text.
func invoke(ctx context.Context, o pipeline.Object, operation string, params any) (string, error) {
	m := o.Base().Class().Method(operation)
	if m == nil {
		return "", refusal{http.StatusConflict, fmt.Sprintf("a %s has no %s", o.Base().Class().Name, operation)}
	}
	raw, err := json.Marshal(params)
	if err != nil {
		return "", err
	}
	result, err := m.Invoke(ctx, o, raw)
	text, _ := result.(string)
	return text, err
}

// keep notes a session and watches over it, which releases the endpoint in the end. An element that one peer sends to takes no
// other.
func (h *Handler) keep(s *session) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return refusal{http.StatusServiceUnavailable, "the server is shutting down"}
	}
	for _, other := range h.sessions {
		if s.way == sends && other.way == sends && other.element == s.element {
			return refusal{http.StatusConflict, fmt.Sprintf("somebody sends to %q already", s.name)}
		}
	}
	h.sessions[s.endpoint.ID()] = s
	h.watchers.Go(func() { h.watch(s) })
	return nil
}

// watch releases the endpoint when the session has ended or its peer cannot be reached any more.
func (h *Handler) watch(s *session) {
	lost := time.NewTimer(lostFor)
	defer lost.Stop()
	for over := false; !over; {
		select {
		case state := <-s.state:
			if lost.Stop(); state != "CONNECTED" {
				lost.Reset(lostFor)
			}
		case <-lost.C:
			over = true
		case <-s.ended:
			over = true
		}
	}
	h.mu.Lock()
	delete(h.sessions, s.endpoint.ID())
	h.mu.Unlock()
	h.objects.Release(s.endpoint)
	h.log.Info().Str("session", s.endpoint.ID()).Msg("session ends")
}

// end ends a session at the wish of its peer.
func (h *Handler) end(w http.ResponseWriter, way way, name, id string) {
	s := h.session(way, name, id)
	if s == nil {
		http.Error(w, "no such session", http.StatusNotFound)
		return
	}
	s.stop()
	w.WriteHeader(http.StatusOK)
}
