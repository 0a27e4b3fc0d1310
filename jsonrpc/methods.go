package jsonrpc

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"github.com/rivero-media/rivero/pipeline"
)

// call is one execution of a method.
type call struct {
	server *Server
	params params
	depth  int // of transactions around it
}

// method is one row of the protocol's table (protocol.md §4).
type method struct {
	bare bool // can be called without params
	run  func(ctx context.Context, c *call) (result, error)
}

func methodTable() map[string]method {
	return map[string]method{
		"ping":         {bare: true, run: ping},
		"connect":      {bare: true, run: connect},
		"create":       {run: create},
		"describe":     {run: describe},
		"invoke":       {run: invoke},
		"subscribe":    {run: subscribe},
		"unsubscribe":  {run: unsubscribe},
		"release":      {run: release},
		"ref":          {run: ref},
		"unref":        {run: unref},
		"keepAlive":    {run: keepAlive},
		"closeSession": {run: closeSession},
		"transaction":  {run: transaction},
	}
}

// maxSessionID bounds the session ids that clients choose, in bytes.
const maxSessionID = 1024

// session is the id the request has to come with.
func (c *call) session() (string, error) {
	id, err := c.params.text(sessionParam)
	if err == nil && len(id) > maxSessionID {
		err = failuref(codeServer, "'%s' parameter is longer than %d bytes", sessionParam, maxSessionID)
	}
	return id, err
}

// anySession is the session of a request that begins one when it comes without.
func (c *call) anySession() (string, error) {
	if _, given := c.params[sessionParam]; given {
		return c.session()
	}
	return uuid.NewString(), nil
}

func ping(_ context.Context, c *call) (result, error) {
	res := result{"value": "pong"}
	if _, given := c.params[sessionParam]; given {
		session, err := c.session()
		if err != nil {
			return nil, err
		}
		res[sessionParam] = session
	}
	return res, nil
}

func connect(_ context.Context, c *call) (result, error) {
	session, err := c.anySession()
	if err != nil {
		return nil, err
	}
	if _, given := c.params[sessionParam]; given && !c.server.sessions.touch(session) {
		return nil, errInvalidSession()
	}
	return result{"serverId": c.server.objects.ID(), sessionParam: session}, nil
}

func create(ctx context.Context, c *call) (result, error) {
	class, err := c.params.text("type")
	if err != nil {
		return nil, err
	}
	session, err := c.anySession()
	if err != nil {
		return nil, err
	}
	if err := c.server.objects.CanCreate(class); err != nil {
		return nil, err
	}
	if err := (limits{fraction: c.server.live.Load().ExceptionLimit}).check(); err != nil {
		return nil, err
	}
	o, err := c.server.objects.Create(ctx, class, c.params["constructorParams"])
	if err != nil {
		return nil, err
	}
	if err := c.server.sessions.add(session, o); err != nil {
		return nil, err
	}
	return result{sessionParam: session, "value": o.ID()}, nil
}

func describe(_ context.Context, c *call) (result, error) {
	o, session, err := c.object()
	if err != nil {
		return nil, err
	}
	class := o.Base().Class()
	return result{
		"hierarchy": class.Hierarchy(), "qualifiedType": class.QualifiedName(), "type": class.Name, sessionParam: session,
	}, nil
}

// object finds the object of a request and makes the request's session hold it.
func (c *call) object() (o pipeline.Object, session string, err error) {
	id, err := c.params.text(objectParam)
	if err != nil {
		return nil, "", err
	}
	if session, err = c.anySession(); err != nil {
		return nil, "", err
	}
	o, err = c.server.sessions.use(session, id)
	return o, session, err
}

func invoke(ctx context.Context, c *call) (result, error) {
	operation, err := c.params.text("operation")
	if err != nil {
		return nil, err
	}
	o, session, err := c.object()
	if err != nil {
		return nil, err
	}
	m := o.Base().Class().Method(operation)
	if m == nil {
		return nil, pipeline.Errorf(pipeline.MalformedTransaction,
			"Method '%s' with %d parameters not found", operation, len(c.params.object("operationParams")))
	}
	var params json.RawMessage
	if raw := c.params["operationParams"]; len(raw) > 0 && raw[0] == '{' {
		params = raw
	}
	value, err := m.Invoke(ctx, o, params)
	if err != nil {
		return nil, err
	}
	return result{sessionParam: session, "value": value}, nil
}

func subscribe(_ context.Context, c *call) (result, error) {
	event, err := c.params.text("type")
	if err != nil {
		return nil, err
	}
	object, err := c.params.text(objectParam)
	if err != nil {
		return nil, err
	}
	session, err := c.anySession()
	if err != nil {
		return nil, err
	}
	id, err := c.server.sessions.subscribe(session, object, event)
	if err != nil {
		return nil, err
	}
	return result{sessionParam: session, "value": id}, nil
}

func unsubscribe(_ context.Context, c *call) (result, error) {
	object, err := c.params.text(objectParam)
	if err != nil {
		return nil, err
	}
	subscription, err := c.params.text("subscription")
	if err != nil {
		return nil, err
	}
	session, err := c.session()
	if err != nil {
		return nil, err
	}
	c.server.sessions.unsubscribe(session, object, subscription)
	return result{sessionParam: session}, nil
}

func release(_ context.Context, c *call) (result, error) {
	object, err := c.params.text(objectParam)
	if err != nil {
		return nil, err
	}
	session, err := c.anySession()
	if err != nil {
		return nil, err
	}
	c.server.sessions.release(object)
	return result{sessionParam: session}, nil
}

// held are the parameters of ref and unref.
func (c *call) held() (object, session string, err error) {
	if object, err = c.params.text(objectParam); err != nil {
		return "", "", err
	}
	session, err = c.session()
	return object, session, err
}

func ref(_ context.Context, c *call) (result, error) {
	object, session, err := c.held()
	if err != nil {
		return nil, err
	}
	if _, err := c.server.sessions.use(session, object); err != nil {
		return nil, err
	}
	return result{sessionParam: session}, nil
}

func unref(_ context.Context, c *call) (result, error) {
	object, session, err := c.held()
	if err != nil {
		return nil, err
	}
	c.server.sessions.drop(session, object)
	return result{sessionParam: session}, nil
}

func keepAlive(_ context.Context, c *call) (result, error) {
	session, err := c.session()
	if err != nil {
		return nil, err
	}
	if !c.server.sessions.touch(session) {
		return nil, errInvalidSession()
	}
	return result{sessionParam: session}, nil
}

func closeSession(_ context.Context, c *call) (result, error) {
	session, err := c.session()
	if err != nil {
		return nil, err
	}
	release, err := c.params.flag("release")
	if err != nil {
		return nil, err
	}
	c.server.sessions.end(session, release)
	return nil, nil
}
