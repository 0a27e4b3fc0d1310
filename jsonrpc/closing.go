package jsonrpc

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"

	"github.com/gorilla/websocket"
)

const (
	closeTimeout = 2 * time.Second        // in which a client has to read why it is disconnected
	leaveTimeout = 500 * time.Millisecond // the same when the server ends
)

// say sends a close message.
func (c *conn) say(code int, reason string) {
	text := websocket.FormatCloseMessage(code, reason)
	if err := c.socket.WriteControl(websocket.CloseMessage, text, time.Now().Add(leaveTimeout)); err != nil {
		c.log.Debug().Err(err).Msg("client cannot be told why it is disconnected")
	}
}

// refuse ends a connection to a wrong path the way the original does.
func (c *conn) refuse() {
	c.say(websocket.CloseProtocolError, "Invalid path")
	c.socket.SetReadLimit(maxMessage)
	if err := c.socket.SetReadDeadline(time.Now().Add(closeTimeout)); err == nil {
		for err == nil { // until the client answers our close message
			_, _, err = c.socket.NextReader()
		}
	}
	c.cut()
}

// leave ends the connection because the server ends.
func (c *conn) leave() {
	c.say(websocket.CloseGoingAway, "")
	select {
	case <-c.ended: // by the client's answer
	case <-time.After(leaveTimeout):
	}
	c.cut()
}

// linger takes what a client still sends: ending a socket that has unread input would reset the connection, and our
// close message might never be read.
func (c *conn) linger() {
	raw := c.socket.NetConn()
	if err := raw.SetReadDeadline(time.Now().Add(closeTimeout)); err == nil {
		_, _ = io.CopyN(io.Discard, raw, 2*maxMessage) // the client or the deadline ends it
	}
}

// cut ends the socket at once. Unlike closing it in form it never blocks, even over TLS with a full socket.
func (c *conn) cut() {
	raw := c.socket.NetConn()
	if t, ok := raw.(*tls.Conn); ok {
		raw = t.NetConn()
	}
	if err := raw.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		c.log.Debug().Err(err).Msg("socket cannot be closed")
	}
}
