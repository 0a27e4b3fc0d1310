package whip

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"github.com/rivero-media/rivero/elements/named"
	"github.com/rivero-media/rivero/pipeline"
)

// session finds the one of a path, nil: there is none.
func (h *Handler) session(way way, name, escaped string) *session {
	id, err := url.PathUnescape(escaped)
	if err != nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.sessions[id]; s != nil && s.way == way && s.name == name {
		return s
	}
	return nil
}

// change takes what a peer tells of ICE behind its offer (RFC 9725 §4.3): more candidates, or new credentials, with which ICE
// begins anew.
func (h *Handler) change(w http.ResponseWriter, r *http.Request, way way, name, id string) {
	s := h.session(way, name, id)
	if s == nil {
		http.Error(w, "no such session", http.StatusNotFound)
		return
	}
	answer, err := s.change(r)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	w.Header().Set("ETag", s.tag())
	if answer == "" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	h.log.Info().Str("client", r.RemoteAddr).Str("session", s.endpoint.ID()).Msg("ice restarts")
	w.Header().Set("Content-Type", fragmentType)
	_, _ = io.WriteString(w, answer) // who has gone meanwhile does not connect, and is forgotten
}

// refuse answers a request with an error.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	code := http.StatusInternalServerError
	var known refusal
	var fault *pipeline.Fault
	switch {
	case errors.As(err, &known):
		code = known.code
	case errors.Is(err, named.ErrNone):
		code = http.StatusNotFound
	case errors.Is(err, named.ErrSeveral):
		code = http.StatusConflict
	case errors.As(err, &fault):
		code = http.StatusBadRequest // what the element says of the offer
	}
	h.log.Warn().Err(err).Str("client", r.RemoteAddr).Str("path", r.URL.Path).Msg("request refused")
	http.Error(w, err.Error(), code)
}

// body reads a description of a type.
func body(r *http.Request, want string) (string, error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != want {
		return "", refusal{http.StatusUnsupportedMediaType, fmt.Sprintf("want %s, not %q", want, kind)}
	}
	text, err := io.ReadAll(io.LimitReader(r.Body, maxOffer+1))
	switch {
	case err != nil:
		return "", refusal{http.StatusBadRequest, err.Error()}
	case len(text) > maxOffer:
		return "", refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("a description of more than %d bytes", maxOffer)}
	}
	return string(text), nil
}

// tag names the present ICE session (RFC 9725 §4.3.1).
func (s *session) tag() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.etag
}

// change carries a fragment out. The answer to a restart is a fragment, else there is none.
func (s *session) change(r *http.Request) (answer string, err error) {
	text, err := body(r, fragmentType)
	if err != nil {
		return "", err
	}
	f, err := parseFragment(text)
	if err != nil {
		return "", refusal{http.StatusBadRequest, err.Error()}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	restarts := f.ufrag != "" && f.ufrag != credential(s.offer, "a=ice-ufrag:")
	switch match := r.Header.Get("If-Match"); {
	case match == "":
		return "", refusal{http.StatusPreconditionRequired, "If-Match is needed"}
	case match != "*" && match != s.etag:
		return "", refusal{http.StatusPreconditionFailed, fmt.Sprintf("If-Match %.60s is not the present ICE session", match)}
	case restarts && match != "*":
		return "", refusal{http.StatusBadRequest, fmt.Sprintf("ice-ufrag %.40q is not that of the offer; a restart has If-Match: *", f.ufrag)}
	case restarts:
		if answer, err = s.restart(r.Context(), f); err != nil {
			return "", err
		}
	}
	for _, c := range f.candidates {
		params := map[string]any{"candidate": map[string]any{"candidate": c.text, "sdpMid": c.mid, "sdpMLineIndex": c.line}}
		if _, err := invoke(r.Context(), s.endpoint, "addIceCandidate", params); err != nil {
			return "", err
		}
	}
	return answer, nil
}

// restart begins ICE anew, with the credentials of a fragment: the peer has offered that in short. Called locked.
func (s *session) restart(ctx context.Context, f fragment) (answer string, err error) {
	offer := f.renewed(s.offer)
	select { // what an earlier gathering has told
	case <-s.gathered:
	default:
	}
	if _, err := invoke(ctx, s.endpoint, "processOffer", map[string]string{"offer": offer}); err != nil {
		return "", err
	}
	s.offer, s.etag = offer, newTag()
	if answer, err = s.described(ctx); err != nil {
		return "", err
	}
	return fragmentOf(answer), nil
}

func newTag() string { return `"` + uuid.NewString() + `"` }
