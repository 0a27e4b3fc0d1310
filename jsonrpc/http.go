package jsonrpc

import (
	"net/http"
	"strings"

	"github.com/gorilla/websocket"
)

// versions of the WebSocket protocol that the original answers a client with that asked for another one. 7 and 8
// are drafts with the frames of 13.
const versions = "0,7,8,13"

var upgrader = websocket.Upgrader{
	CheckOrigin: func(*http.Request) bool { return true },
	Error: func(w http.ResponseWriter, _ *http.Request, _ int, reason error) {
		http.Error(w, reason.Error(), http.StatusBadRequest)
	},
}

// ServeHTTP takes WebSocket clients, and answers what the original answers to those who fail to become one
// (protocol.md §1).
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	right := r.URL.Path == "/"+s.config.Path
	if !websocket.IsWebSocketUpgrade(r) {
		if !right {
			s.fallback.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "Upgrade")
		http.Error(w, "this path is a WebSocket", http.StatusUpgradeRequired)
		return
	}
	switch v := strings.TrimSpace(r.Header.Get("Sec-WebSocket-Version")); v {
	case "", "0":
		// Taken for draft 0, which has a body that is missing here. The official health check sends such a request
		// and takes exactly this status for health.
		http.Error(w, "WebSocket version 0 is not supported", http.StatusInternalServerError)
		return
	case "7", "8":
		r.Header.Set("Sec-WebSocket-Version", "13")
	case "13":
	default:
		w.Header().Set("Sec-WebSocket-Version", versions)
		http.Error(w, "WebSocket version "+v+" is not supported", http.StatusBadRequest)
		return
	}
	socket, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		s.log.Debug().Err(err).Str("client", r.RemoteAddr).Msg("WebSocket handshake refused")
		return
	}
	c := newConn(s, socket)
	if !s.track(c) {
		c.say(websocket.CloseGoingAway, "")
		c.cut()
		return
	}
	defer s.untrack(c)
	if !right {
		c.log.Info().Str("path", r.URL.Path).Msg("client asked for a path that does not exist")
		c.refuse()
		return
	}
	c.log.Info().Str("origin", r.Header.Get("Origin")).Msg("client connected")
	c.serve()
}
