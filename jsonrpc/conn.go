package jsonrpc

import (
	"crypto/tls"
	"errors"
	"net"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
	"github.com/rs/zerolog"
)

const (
	maxMessage   = 32_000_000       // bytes, as in the original; a larger one closes with 1009
	writeTimeout = 30 * time.Second // in which a client has to take a message
	closeTimeout = 2 * time.Second  // in which a client has to answer our closing
	maxAside     = 64               // slow requests of one client under way
)

// conn is one client's socket: a loop that reads requests, a goroutine that writes, and lanes for the work
// between. Its owner is the HTTP handler that runs serve.
type conn struct {
	server *Server
	socket *websocket.Conn
	log    zerolog.Logger
	box    *mailbox
	order  *order
	lanes  lanes
	aside  chan struct{} // a token for each slow request
}

func newConn(s *Server, socket *websocket.Conn) *conn {
	c := &conn{server: s, socket: socket, aside: make(chan struct{}, maxAside)}
	c.log = s.log.With().Str("client", socket.RemoteAddr().String()).Logger()
	c.box = newMailbox(func() {
		c.log.Warn().Int("bytes", hardBacklog).Msg("client does not read what is sent to it and is disconnected")
		c.cut()
	})
	c.order = newOrder(c.box)
	return c
}

// serve handles the client until the socket ends, and returns when everything it asked for is done.
func (c *conn) serve() {
	var writer = make(chan struct{})
	go func() {
		defer close(writer)
		c.write()
	}()
	c.socket.SetReadLimit(maxMessage)
	err := c.read()
	c.server.sessions.unbind(c.box)
	c.box.close()
	c.finish(err)
	<-writer
	c.lanes.wait()
	c.log.Info().AnErr("reason", err).Msg("client disconnected")
}

func (c *conn) read() error {
	for c.box.settle() {
		_, text, err := c.socket.ReadMessage()
		if err != nil {
			return err
		}
		c.handle(text)
	}
	return nil
}

// finish ends the socket. Where we are the one who ends it the client gets the time to read why.
func (c *conn) finish(err error) {
	if errors.Is(err, websocket.ErrReadLimit) {
		linger(c.socket)
	}
	c.cut()
}

// cut ends the socket at once. Unlike closing it properly it never blocks, even over TLS with a full socket.
func (c *conn) cut() {
	raw := c.socket.NetConn()
	if t, ok := raw.(*tls.Conn); ok {
		raw = t.NetConn()
	}
	if err := raw.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		c.log.Debug().Err(err).Msg("socket cannot be closed")
	}
}

func (c *conn) write() {
	for {
		batch, ok := c.box.take()
		if !ok {
			return
		}
		for _, text := range batch {
			err := c.socket.SetWriteDeadline(time.Now().Add(writeTimeout))
			if err == nil {
				err = c.socket.WriteMessage(websocket.TextMessage, text)
			}
			if err != nil {
				c.box.close()
				c.cut()
				return
			}
			c.box.sent(text)
		}
	}
}

// handle reads one message and has the request done at its place in the order. It returns when the next
// message may be looked at.
func (c *conn) handle(text []byte) {
	r, bad := parse(text)
	if bad != nil {
		c.order.next(len(text))(fail(nil, bad).text)
		return
	}
	bound, isBound := c.server.sessions.of(c.box)
	if _, given := r.params[sessionParam]; !given && isBound && !r.badParams {
		r.params = r.params.with(bound)
	}
	session, given := r.session()
	rebinds := !isBound || session != bound
	lane, slow := c.server.route(r)
	if slow && !given {
		session, given = uuid.NewString(), true
		r.params = r.params.with(session)
	}
	x, run := c.exchange(r, session, given)
	switch {
	case slow:
		if rebinds {
			c.server.sessions.bind(c.box, session)
		}
		x.then(func(a *answer) { c.box.put(a.text) })
		c.setAside(lane, run)
	case lane != "" && !rebinds:
		put := c.order.next(len(text))
		x.then(func(a *answer) { put(a.text) })
		c.lanes.do(lane, run)
	case r.method == "ping" && !rebinds:
		put := c.order.next(len(text))
		x.then(func(a *answer) { put(a.text) })
		run()
	default:
		c.order.settle()
		run()
		a := x.wait()
		if a.binds {
			c.server.sessions.bind(c.box, a.session)
		}
		c.order.next(len(text))(a.text)
	}
}

// exchange finds or begins the exchange of a request. run executes the request, or does nothing when this is
// a retry.
func (c *conn) exchange(r *request, session string, given bool) (x *exchange, run func()) {
	s := c.server
	key, known := s.retries.keyOf(session, r)
	x, first := &exchange{}, true
	if known && given {
		if x, first = s.retries.begin(key); !first {
			return x, func() {}
		}
	}
	return x, func() {
		a := s.process(s.ctx, r, 0)
		a.value = nil // only transactions refer to it
		if known && !given {
			key.session = a.session
		}
		if known && (given || a.binds) {
			s.retries.keep(key, x, a)
		}
		x.finish(a)
	}
}

// setAside runs a slow request after what its pipeline has to do before it, and in the way of nobody.
func (c *conn) setAside(lane string, run func()) {
	c.aside <- struct{}{}
	slow := func() {
		defer func() { <-c.aside }()
		run()
	}
	if lane == "" {
		c.lanes.aside(slow)
		return
	}
	c.lanes.do(lane, func() { c.lanes.aside(slow) })
}
