// Package kurento is a small client of the Kurento protocol (JSON-RPC 2.0 over a WebSocket): objects, operations and
// events of one session. It knows no media.
package kurento

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	ws "github.com/gorilla/websocket"
	"github.com/rs/zerolog"
	"github.com/sourcegraph/jsonrpc2"
	jsonrpcws "github.com/sourcegraph/jsonrpc2/websocket"
)

const (
	maxMessage   = 32_000_000       // bytes; Kurento's own limit
	writeTimeout = 10 * time.Second // a server that does not read for so long is lost
)

// ErrClosed is returned by calls on a connection that was closed by either side.
var ErrClosed = errors.New("connection to the media server is closed")

// Options are the settings of Dial; the zero value serves for ws:// addresses.
type Options struct {
	Insecure bool           // accept any certificate of a wss:// server
	Log      zerolog.Logger // protocol violations of the server
}

// Client is one connection and its session. Its methods may be called from any goroutine. Who made it calls Close.
type Client struct {
	rpc      *jsonrpc2.Conn
	readDone chan struct{}

	mu        sync.Mutex
	sessionID string
	handlers  map[string]func(Event) // by object id
}

// Dial connects to a media server, for example at ws://localhost:8888/kurento, and opens a session there. The context
// limits the dialling only.
func Dial(ctx context.Context, url string, opts Options) (*Client, error) {
	dialer := ws.Dialer{HandshakeTimeout: writeTimeout}
	if opts.Insecure {
		dialer.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // asked for by the user
	}
	conn, resp, err := dialer.DialContext(ctx, url, nil)
	if err != nil {
		if resp != nil {
			return nil, fmt.Errorf("dial %s: %w: HTTP status %s", url, err, resp.Status)
		}
		return nil, fmt.Errorf("dial %s: %w", url, err)
	}
	conn.SetReadLimit(maxMessage)
	c := &Client{readDone: make(chan struct{}), handlers: make(map[string]func(Event))}
	s := &stream{ObjectStream: jsonrpcws.NewObjectStream(conn), conn: conn, readDone: c.readDone}
	c.rpc = jsonrpc2.NewConn(context.Background(), s, handler{c}, jsonrpc2.SetLogger(&opts.Log))
	// Ask for the session id now: concurrent first requests would get a session each.
	if err := c.call(ctx, "connect", params{}, nil); err != nil {
		return nil, fmt.Errorf("connect to %s: %w", url, errors.Join(err, c.Close()))
	}
	return c, nil
}

// Close closes the connection and returns when its reader has ended. The server keeps the session's objects for its
// garbage collection: release them, or call CloseSession, before.
func (c *Client) Close() error {
	err := c.rpc.Close()
	<-c.readDone
	if errors.Is(err, jsonrpc2.ErrClosed) {
		return nil
	}
	return err
}

// Done is closed when the connection is closed by either side.
func (c *Client) Done() <-chan struct{} { return c.rpc.DisconnectNotify() }

// Create makes an object of the remote class and returns its id. constructorParams may be nil.
func (c *Client) Create(ctx context.Context, class string, constructorParams any) (id string, err error) {
	p := params{"type": class}
	if constructorParams != nil {
		p["constructorParams"] = constructorParams
	}
	var result struct {
		Value string `json:"value"`
	}
	if err := c.call(ctx, "create", p, &result); err != nil {
		return "", fmt.Errorf("create %s: %w", class, err)
	}
	return result.Value, nil
}

// Invoke calls an operation and decodes its value into result; operationParams and result may be nil.
func (c *Client) Invoke(ctx context.Context, object, operation string, operationParams, result any) error {
	p := params{"object": object, "operation": operation}
	if operationParams != nil {
		p["operationParams"] = operationParams
	}
	reply := struct {
		Value any `json:"value"`
	}{Value: result}
	if err := c.call(ctx, "invoke", p, &reply); err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	return nil
}

// Subscribe asks for an event of an object; see Handle.
func (c *Client) Subscribe(ctx context.Context, object, event string) error {
	if err := c.call(ctx, "subscribe", params{"object": object, "type": event}, nil); err != nil {
		return fmt.Errorf("subscribe %s: %w", event, err)
	}
	return nil
}

// Release destroys an object and its children on the server, and forgets their handlers.
func (c *Client) Release(ctx context.Context, object string) error {
	c.forget(object)
	if err := c.call(ctx, "release", params{"object": object}, nil); err != nil {
		return fmt.Errorf("release: %w", err)
	}
	return nil
}

// CloseSession releases every object of the session. Without a session there is nothing to do.
func (c *Client) CloseSession(ctx context.Context) error {
	if c.session() == "" {
		return nil
	}
	if err := c.call(ctx, "closeSession", params{"release": true}, nil); err != nil {
		return fmt.Errorf("closeSession: %w", err)
	}
	return nil
}

type params map[string]any

// call sends one request in the client's session and waits for its answer.
func (c *Client) call(ctx context.Context, method string, p params, result any) error {
	if id := c.session(); id != "" {
		p["sessionId"] = id
	}
	var raw json.RawMessage
	err := c.rpc.Call(ctx, method, p, &raw)
	var rpcErr *jsonrpc2.Error
	switch {
	case errors.As(err, &rpcErr):
		return newError(rpcErr)
	case errors.Is(err, jsonrpc2.ErrClosed):
		return ErrClosed
	case err != nil:
		return err
	}
	c.learnSession(raw)
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(raw, result); err != nil {
		return fmt.Errorf("answer to %s: %w", method, err)
	}
	return nil
}

func (c *Client) session() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sessionID
}

// learnSession keeps the session that the server made for the first request.
func (c *Client) learnSession(raw json.RawMessage) {
	var reply struct {
		SessionID string `json:"sessionId"`
	}
	if json.Unmarshal(raw, &reply) != nil || reply.SessionID == "" {
		return
	}
	c.mu.Lock()
	c.sessionID = reply.SessionID
	c.mu.Unlock()
}

// stream adds a limit to each write and tells when jsonrpc2's reader, which ends at the first error, has ended.
type stream struct {
	jsonrpcws.ObjectStream
	conn     *ws.Conn
	readDone chan struct{}
}

func (s *stream) WriteObject(v any) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	return s.ObjectStream.WriteObject(v)
}

// Close says goodbye first, so that the server does not log a lost client.
func (s *stream) Close() error {
	goodbye := ws.FormatCloseMessage(ws.CloseNormalClosure, "")
	_ = s.conn.WriteControl(ws.CloseMessage, goodbye, time.Now().Add(time.Second)) // the server may have gone
	return s.ObjectStream.Close()
}

func (s *stream) ReadObject(v any) error {
	err := s.ObjectStream.ReadObject(v)
	if err != nil {
		close(s.readDone)
	}
	return err
}
