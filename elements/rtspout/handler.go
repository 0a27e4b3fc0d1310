package rtspout

import (
	"errors"
	"net/url"
	"strings"
	"sync"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/headers"
	"github.com/bluenviron/gortsplib/v5/pkg/liberrors"

	"github.com/rivero-media/rivero/elements/named"
)

// handler is what the library calls: on the goroutine of a connection, or of a session while that of the connection waits.
type handler struct{ *Server }

// statusConflict is as in HTTP; RTSP 1.0 has no word for it.
const statusConflict base.StatusCode = 409

// client is one connection.
type client struct {
	mu       sync.Mutex
	admitted bool
	path     string  // of output
	output   *output // that was described and has no session yet
	playing  *output // whose PLAY is about to be answered
}

// OnConnOpen is part of gortsplib.ServerHandler, as the methods below.
func (h *handler) OnConnOpen(ctx *gortsplib.ServerHandlerOnConnOpenCtx) {
	ctx.Conn.SetUserData(&client{})
}

func of(c *gortsplib.ServerConn) *client { return c.UserData().(*client) }

// OnDescribe tells what an element gives out.
func (h *handler) OnDescribe(ctx *gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	c := of(ctx.Conn)
	if refused, err := h.admit(ctx.Conn, ctx.Request, ctx.Query); refused != nil {
		return refused, nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	o, err := h.describe(c, ctx.Path)
	if err != nil {
		return h.refuse(ctx.Conn, ctx.Path, err), nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, o.stream, nil
}

// describe is the output of a connection for a path, a new one if there is none. Called locked.
func (h *handler) describe(c *client, path string) (*output, error) {
	if c.output != nil && (c.path != path || c.output.isGone()) {
		h.objects.Release(c.output)
		c.output = nil
	}
	if c.output == nil {
		o, err := h.open(strings.Trim(path, "/"))
		if err != nil {
			return nil, err
		}
		c.path, c.output = path, o
	}
	return c.output, nil
}

// OnSetup takes one stream of it.
func (h *handler) OnSetup(ctx *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	if refused, err := h.admit(ctx.Conn, ctx.Request, ctx.Query); refused != nil {
		return refused, nil, err
	}
	if o, ok := ctx.Session.UserData().(*output); ok {
		return &base.Response{StatusCode: base.StatusOK}, o.stream, nil
	}
	c := of(ctx.Conn)
	c.mu.Lock()
	defer c.mu.Unlock()
	o, err := h.describe(c, ctx.Path)
	if err != nil {
		return h.refuse(ctx.Conn, ctx.Path, err), nil, nil
	}
	c.output = nil // the session's
	ctx.Session.SetUserData(o)
	h.log.Info().Str("client", ctx.Conn.NetConn().RemoteAddr().String()).Str("session", o.ID()).Str("path", ctx.Path).
		Stringer("transport", protocol(ctx.Transport.Protocol)).Msg("player begins")
	return &base.Response{StatusCode: base.StatusOK}, o.stream, nil
}

// OnPlay has the sending begin, when that is answered.
func (h *handler) OnPlay(ctx *gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	c := of(ctx.Conn)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.playing, _ = ctx.Session.UserData().(*output)
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// OnResponse comes when the library has made the session one that packets are written to: what was sent before would be lost.
func (h *handler) OnResponse(conn *gortsplib.ServerConn, r *base.Response) {
	c := of(conn)
	c.mu.Lock()
	o := c.playing
	c.playing = nil
	c.mu.Unlock()
	if o != nil && r.StatusCode == base.StatusOK {
		o.play()
	}
}

// OnPause leaves out what comes until PLAY.
func (h *handler) OnPause(*gortsplib.ServerHandlerOnPauseCtx) (*base.Response, error) {
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// OnGetParameter is how players say that they are there.
func (h *handler) OnGetParameter(*gortsplib.ServerHandlerOnGetParameterCtx) (*base.Response, error) {
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// OnStreamWriteError comes from the goroutine that writes.
func (h *handler) OnStreamWriteError(ctx *gortsplib.ServerHandlerOnStreamWriteErrorCtx) {
	if o, ok := ctx.Session.UserData().(*output); ok {
		o.overflow()
	}
}

// OnSessionClose ends what a player had.
func (h *handler) OnSessionClose(ctx *gortsplib.ServerHandlerOnSessionCloseCtx) {
	if o, ok := ctx.Session.UserData().(*output); ok {
		h.log.Info().AnErr("reason", ctx.Error).Str("session", o.ID()).Uint64("dropped", o.dropped.Load()).Msg("player leaves")
		h.objects.Release(o)
	}
}

// OnConnClose ends what a client had that did not play.
func (h *handler) OnConnClose(ctx *gortsplib.ServerHandlerOnConnCloseCtx) {
	c := of(ctx.Conn)
	c.mu.Lock()
	o := c.output
	c.output = nil
	c.mu.Unlock()
	if o != nil {
		h.objects.Release(o)
	}
}

// admit tells with a response why a request may not be made, nil: it may. A connection is judged once.
func (h *handler) admit(conn *gortsplib.ServerConn, r *base.Request, query string) (refused *base.Response, err error) {
	c := of(conn)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.admitted {
		return nil, nil
	}
	settings := h.settings.Load()
	code, why := base.StatusOK, ""
	switch {
	case settings.Off():
		code, why = base.StatusForbidden, "mediaServer.streams.access is off"
	case conn.Transport().Tunnel != gortsplib.TunnelNone: // which pages of other sites can make
		code, why = base.StatusForbidden, "RTSP over HTTP"
	case settings.Access == named.AccessToken && !h.credentials(conn, r, query, settings):
		code, why, err = base.StatusUnauthorized, "the token is needed", liberrors.ErrServerAuth{}
	case settings.Access == named.AccessLoopback && !named.Local(conn.NetConn().RemoteAddr().String()):
		code, why = base.StatusForbidden, "only this machine itself may do that"
	}
	if code == base.StatusOK {
		c.admitted = true
		return nil, nil
	}
	if code != base.StatusUnauthorized || len(r.Header["Authorization"]) > 0 { // nobody knows before the first 401 what to say (RFC 2617 §3.1)
		h.log.Warn().Str("client", conn.NetConn().RemoteAddr().String()).Str("reason", why).Msg("player refused")
	}
	return &base.Response{StatusCode: code}, err
}

// credentials tells whether a request has the token: as the password of anybody, or in its query.
func (h *handler) credentials(conn *gortsplib.ServerConn, r *base.Request, query string, s *named.Settings) bool {
	if values, err := url.ParseQuery(query); err == nil && s.Knows(values.Get("token")) {
		return true
	}
	user := "anybody" // who says nothing is told how to
	var given headers.Authorization
	if given.Unmarshal(r.Header["Authorization"]) == nil && given.Username != "" {
		user = given.Username
	}
	return conn.VerifyCredentials(r, user, s.Token) && s.Token != ""
}

// refuse is the answer to a request that failed.
func (h *handler) refuse(conn *gortsplib.ServerConn, path string, err error) *base.Response {
	code := base.StatusInternalServerError
	switch {
	case errors.Is(err, named.ErrNone):
		code = base.StatusNotFound
	case errors.Is(err, named.ErrSeveral):
		code = statusConflict
	case errors.Is(err, errNoMedia), errors.Is(err, errShutdown):
		code = base.StatusServiceUnavailable
	}
	h.log.Warn().Err(err).Str("client", conn.NetConn().RemoteAddr().String()).Str("path", path).Msg("player refused")
	return &base.Response{StatusCode: code, StatusMessage: err.Error()}
}

// protocol is the transport of a session, for people.
type protocol gortsplib.Protocol

func (p protocol) String() string {
	if gortsplib.Protocol(p) == gortsplib.ProtocolTCP {
		return "TCP"
	}
	return "UDP"
}
