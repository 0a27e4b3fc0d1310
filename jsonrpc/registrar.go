package jsonrpc

import (
	"context"
	"net"
	neturl "net/url"
	"time"

	"github.com/gorilla/websocket"

	"github.com/rivero-media/rivero/pipeline/wire"
)

// Pauses before the registrar is tried again: doubled each time.
const (
	firstPause = 100 * time.Millisecond
	longPause  = 10 * time.Second
)

// announce tells the registrar, if there is one, where clients find this server: at wss when there is that.
// Called locked, once.
func (s *Server) announce(listeners []listener) {
	if s.config.Registrar == "" || len(listeners) == 0 {
		return
	}
	l := listeners[len(listeners)-1]
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		s.log.Error().Err(err).Msg("address cannot be announced")
		return
	}
	url := l.scheme + "://" + net.JoinHostPort(s.config.RegistrarLocalAddress, port) + "/" + s.config.Path
	s.work.Go(func() { s.register(url) })
}

// register stays connected to the registrar until the server ends.
func (s *Server) register(url string) {
	text, err := wire.Encode(map[string]any{
		"jsonrpc": "2.0", "method": "register", "params": map[string]any{"ws": url},
	})
	if err != nil {
		s.log.Error().Err(err).Msg("registration cannot be encoded")
		return
	}
	registrar := "of no URL"
	if u, err := neturl.Parse(s.config.Registrar); err == nil {
		registrar = u.Redacted()
	}
	log := s.log.With().Str("registrar", registrar).Logger()
	for pause := firstPause; ; pause = min(2*pause, longPause) {
		registered, err := registerOnce(s.ctx, s.config.Registrar, text)
		if s.ctx.Err() != nil {
			return
		}
		log.Warn().Err(err).Msg("no connection to the registrar")
		if registered {
			pause = firstPause
		}
		select {
		case <-s.ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// registerOnce connects, registers and stays until the connection ends. Answers are ignored.
func registerOnce(ctx context.Context, address string, text []byte) (registered bool, err error) {
	socket, _, err := websocket.DefaultDialer.DialContext(ctx, address, nil)
	if err != nil {
		return false, err
	}
	defer context.AfterFunc(ctx, func() { socket.NetConn().Close() })()
	defer socket.NetConn().Close()
	if err := socket.WriteMessage(websocket.TextMessage, text); err != nil {
		return false, err
	}
	socket.SetReadLimit(maxMessage)
	for {
		if _, _, err := socket.ReadMessage(); err != nil {
			return true, err
		}
	}
}
