package jsonrpc

import (
	"errors"
	"io"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
	"github.com/rs/zerolog"
)

const (
	maxMessage   = 32_000_000       // bytes, as in the original; a larger one closes with 1009
	writeTimeout = 30 * time.Second // in which a client has to take a message
	maxAside     = 64               // slow requests of one client under way

	// A socket without traffic is pinged: proxies cut those that are idle for 60 s. A client that does not answer to
	// three pings is gone.
	pingPeriod = 25 * time.Second
	maxSilence = 3 * pingPeriod
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
	ended  chan struct{} // closed when the connection is done with
}

func newConn(s *Server, socket *websocket.Conn) *conn {
	c := &conn{server: s, socket: socket, aside: make(chan struct{}, maxAside), ended: make(chan struct{})}
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
	var helpers sync.WaitGroup
	done := make(chan struct{})
	helpers.Go(c.write)
	helpers.Go(func() { c.beat(done) })
	c.socket.SetReadLimit(maxMessage)
	err := c.read()
	close(done)
	c.server.sessions.unbind(c.box)
	c.box.close()
	if errors.Is(err, websocket.ErrReadLimit) {
		c.linger()
	}
	c.cut()
	helpers.Wait()
	c.lanes.wait()
	c.log.Info().AnErr("reason", err).Msg("client disconnected")
}

func (c *conn) read() error {
	c.socket.SetPongHandler(func(string) error { return c.listen() })
	for c.box.settle() {
		if err := c.listen(); err != nil {
			return err
		}
		_, message, err := c.socket.NextReader()
		if err != nil {
			return err
		}
		text, err := io.ReadAll(heard{c, message})
		if err != nil {
			return err
		}
		c.handle(text)
	}
	return nil
}

// listen gives the client time again to be heard.
func (c *conn) listen() error { return c.socket.SetReadDeadline(time.Now().Add(maxSilence)) }

// heard reads a message of which any part is a sign of life.
type heard struct {
	conn    *conn
	message io.Reader
}

func (h heard) Read(p []byte) (int, error) {
	if err := h.conn.listen(); err != nil {
		return 0, err
	}
	return h.message.Read(p)
}

// beat pings the client until done is closed.
func (c *conn) beat(done <-chan struct{}) {
	tick := time.NewTicker(pingPeriod)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case now := <-tick.C:
			if err := c.socket.WriteControl(websocket.PingMessage, nil, now.Add(pingPeriod)); err != nil {
				c.log.Debug().Err(err).Msg("client cannot be pinged")
			}
		}
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
	lane, slow := c.server.route(r)
	if _, given := r.params[sessionParam]; !given && slow {
		r.params = r.params.with(uuid.NewString())
	}
	session, ok := r.session()
	x, run := c.exchange(r, session, ok)
	stays := isBound && ok && session == bound // the answer does not give the connection another session
	switch {
	case slow && ok:
		c.runAside(x, run, lane, session)
	case stays && lane != "":
		c.answerInOrder(x, len(text))
		c.lanes.do(lane, run)
	case stays && r.method == "ping":
		c.answerInOrder(x, len(text))
		run()
	default:
		c.runAlone(x, run, len(text))
	}
}

// answerInOrder takes the next place for the answer.
func (c *conn) answerInOrder(x *exchange, size int) {
	put := c.order.next(size)
	x.then(func(a *answer) { put(a.text) })
}

// runAlone executes a request that may concern everything: after those before it and before those behind it.
func (c *conn) runAlone(x *exchange, run func(), size int) {
	c.order.settle()
	run()
	a := x.wait()
	if a.binds {
		c.server.sessions.bind(c.box, a.session)
	}
	c.order.next(size)(a.text)
}

// runAside executes a slow request after what its pipeline has to do before it, in the way of nobody: its answer
// goes out when it is there.
func (c *conn) runAside(x *exchange, run func(), lane, session string) {
	c.server.sessions.bind(c.box, session)
	x.then(func(a *answer) { c.box.put(a.text) })
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

// exchange finds or begins the exchange of a request. known tells whether the request has a session already. run
// executes the request, or does nothing when this is a retry.
func (c *conn) exchange(r *request, session string, known bool) (x *exchange, run func()) {
	s := c.server
	key, keyed := s.retries.keyOf(session, r)
	x, first := &exchange{}, true
	if keyed && known {
		if x, first = s.retries.begin(key); !first {
			return x, func() {}
		}
	}
	return x, func() {
		a := s.process(s.ctx, r, 0)
		a.value = nil // only transactions refer to it
		if !known {
			key.session = a.session // the answer began it
		}
		if keyed && (known || a.binds) {
			s.retries.keep(key, x, a)
		}
		x.finish(a)
	}
}
