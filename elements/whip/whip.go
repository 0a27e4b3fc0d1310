// Package whip lets browsers and encoders send to elements (WHIP, RFC 9725) and receive from them (WHEP) over plain HTTP,
// without a Kurento client: a client names an element, and whoever may posts an offer to its name. Each session is a
// WebRtcEndpoint beside that element, connected to it; the package knows elements only by the operations that clients know.
//
//	POST /whip/NAME   an offer of who sends       DELETE /whip/NAME/ID   its end
//	POST /whep/NAME   an offer of who receives    DELETE /whep/NAME/ID   its end
//	PATCH /whip/NAME/ID, /whep/NAME/ID   more of its candidates, or a restart of ICE
package whip

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/elements/named"
	"github.com/rivero-media/rivero/pipeline"
)

// Handler answers requests to the paths above. Whoever made it closes it, before the objects.
type Handler struct {
	objects  *pipeline.Server
	settings atomic.Pointer[named.Settings]
	log      zerolog.Logger

	mu       sync.Mutex
	sessions map[string]*session // by the id of their endpoint
	closed   bool
	watchers sync.WaitGroup
}

// New returns a handler.
func New(objects *pipeline.Server, s named.Settings, log zerolog.Logger) *Handler {
	h := &Handler{objects: objects, log: log, sessions: make(map[string]*session)}
	h.Configure(s)
	return h
}

// Configure exchanges the settings. Sessions go on.
func (h *Handler) Configure(s named.Settings) { h.settings.Store(&s) }

// Handles tells whether a path is one of the handler's.
func Handles(path string) bool {
	return strings.HasPrefix(path, "/whip/") || strings.HasPrefix(path, "/whep/")
}

// ServeHTTP is part of http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	settings := h.settings.Load()
	if settings.Off() {
		http.NotFound(w, r)
		return
	}
	way, name, id, ok := parse(r.URL.EscapedPath())
	if !ok {
		http.NotFound(w, r)
		return
	}
	if settings.Access == named.AccessToken { // players and encoders are on other sites
		head := w.Header()
		head.Set("Access-Control-Allow-Origin", "*")
		head.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match")
		head.Set("Access-Control-Allow-Methods", "POST, PATCH, DELETE")
		head.Set("Access-Control-Expose-Headers", "Location, ETag, Accept-Patch")
	}
	if r.Method == http.MethodOptions {
		w.Header().Set("Accept-Post", sdpType)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if code, why := admit(settings, r); code != http.StatusOK {
		if code == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", "Bearer")
		}
		h.log.Warn().Str("client", r.RemoteAddr).Str("path", r.URL.Path).Str("reason", why).Msg("request refused")
		http.Error(w, why, code)
		return
	}
	switch {
	case r.Method == http.MethodPost && id == "":
		h.begin(w, r, way, name)
	case r.Method == http.MethodPatch && id != "":
		h.change(w, r, way, name, id)
	case r.Method == http.MethodDelete && id != "":
		h.end(w, way, name, id)
	default:
		w.Header().Set("Allow", map[bool]string{true: "POST, OPTIONS", false: "PATCH, DELETE, OPTIONS"}[id == ""])
		http.Error(w, "method not allowed: "+r.Method, http.StatusMethodNotAllowed)
	}
}

// way is the direction of a session.
type way string

const (
	sends    way = "whip"
	receives way = "whep"
)

// parse takes a path apart: /whip/NAME or /whip/NAME/ID.
func parse(path string) (w way, name, id string, ok bool) {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	if len(parts) < 2 || len(parts) > 3 || parts[1] == "" {
		return "", "", "", false
	}
	name, err := url.PathUnescape(parts[1])
	if len(parts) == 3 {
		id = parts[2]
	}
	return way(parts[0]), name, id, err == nil && (len(parts) == 2 || id != "")
}

// admit tells with a status of HTTP whether a request may be made, and why not.
func admit(s *named.Settings, r *http.Request) (code int, why string) {
	if s.Access == named.AccessToken {
		token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !bearer || !s.Knows(token) {
			return http.StatusUnauthorized, "a bearer token is needed"
		}
		return http.StatusOK, ""
	}
	if !named.Local(r.RemoteAddr) || !named.LocalName(r.Host) {
		return http.StatusForbidden, "only this machine itself may do that"
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		if u, err := url.Parse(origin); err != nil || !named.LocalName(u.Host) {
			return http.StatusForbidden, "only pages of this machine may do that"
		}
	}
	return http.StatusOK, ""
}

// Close ends all sessions. Requests that come later are refused.
func (h *Handler) Close() {
	h.mu.Lock()
	h.closed = true
	for _, s := range h.sessions {
		s.stop()
	}
	h.mu.Unlock()
	h.watchers.Wait()
}
