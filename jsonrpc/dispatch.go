package jsonrpc

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"
)

// session is the id that came with a request or was injected, "" and false for none or one that is refused.
func (r *request) session() (id string, ok bool) {
	id, ok = scalarText(r.params[sessionParam])
	if !ok || len(id) > maxSessionID {
		return "", false
	}
	return id, true
}

// route says which pipeline's lane a request belongs to, "" when it belongs to none or to several, and whether
// it takes long by design.
func (s *Server) route(r *request) (lane string, slow bool) {
	inner := ""
	switch r.method {
	case "create":
		inner = "constructorParams"
	case "invoke":
		inner = "operationParams"
		slow = s.isSlow(r.params)
	case "subscribe", "unsubscribe", "release", "describe", "ref", "unref":
	default:
		return "", false
	}
	for _, raw := range r.params.object(inner) {
		if !s.sameLane(raw, &lane) {
			return "", slow
		}
	}
	if r.method != "create" && !s.sameLane(r.params[objectParam], &lane) {
		return "", slow
	}
	return lane, slow
}

// sameLane looks which pipeline a parameter names, if any, and tells whether there is still at most one.
func (s *Server) sameLane(raw []byte, lane *string) bool {
	id, ok := scalarText(raw)
	if !ok {
		return true
	}
	o, err := s.objects.Object(id)
	if err != nil {
		return true
	}
	p := o.Base().Pipeline()
	if p == nil || *lane != "" && *lane != p.ID() {
		return false
	}
	*lane = p.ID()
	return true
}

func (s *Server) isSlow(p params) bool {
	id, err := p.text(objectParam)
	if err != nil {
		return false
	}
	operation, err := p.text("operation")
	if err != nil {
		return false
	}
	o, err := s.objects.Object(id)
	if err != nil {
		return false
	}
	m := o.Base().Class().Method(operation)
	return m != nil && m.Slow
}

// process executes a request. A panic of a method is its answer, and nobody else's trouble.
func (s *Server) process(ctx context.Context, r *request, depth int) (a *answer) {
	started := time.Now()
	defer func() {
		if p := recover(); p != nil {
			s.log.Error().Str("method", r.method).Any("panic", p).Bytes("stack", debug.Stack()).Msg("request failed")
			a = fail(r.id, failureOf(fmt.Errorf("%v", p)))
		}
	}()
	res, err := s.call(ctx, r, depth)
	if e := s.log.Debug(); e.Enabled() {
		operation, _ := scalarText(r.params["operation"])
		object, _ := scalarText(r.params[objectParam])
		e.Str("method", r.method).Str("object", object).Str("operation", operation).
			Dur("took", time.Since(started)).AnErr("error", err).Msg("request")
	}
	if err != nil {
		return fail(r.id, failureOf(err))
	}
	return succeed(r, res)
}

func (s *Server) call(ctx context.Context, r *request, depth int) (result, error) {
	m, ok := s.methods[r.method]
	switch {
	case !ok:
		return nil, errMethodNotFound
	case r.badParams:
		return nil, failuref(codeInternal, "Unexpected error while processing method: 'params' should be an object")
	case r.params == nil && !m.bare:
		return nil, errParamsRequired
	}
	return m.run(ctx, &call{server: s, params: r.params, depth: depth})
}
