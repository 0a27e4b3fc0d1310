// Package fakekurento is a Kurento server made of Pion PeerConnections, for the tests of the load tester: enough of the
// protocol for its calls, real ICE, DTLS and SRTP, and faults on demand.
package fakekurento

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	ws "github.com/gorilla/websocket"
	"github.com/rs/zerolog"
	"github.com/sourcegraph/jsonrpc2"
	jsonrpcws "github.com/sourcegraph/jsonrpc2/websocket"
)

// Conn is one client of a fake server.
type Conn struct{ rpc *jsonrpc2.Conn }

// Event sends an onEvent notification. A client that has gone does not get it.
func (c *Conn) Event(object, name string, data any) {
	_ = c.rpc.Notify(context.Background(), "onEvent", map[string]any{
		"value": map[string]any{"object": object, "type": name, "data": data},
	})
}

// Close drops the connection without any farewell.
func (c *Conn) Close() { _ = c.rpc.Close() }

// Handler answers the requests of a connection, one at a time. A nil error sends result.
type Handler func(c *Conn, method string, params json.RawMessage) (result any, err *jsonrpc2.Error)

// Listen serves JSON-RPC over WebSocket at the returned address until the test ends.
func Listen(t testing.TB, handle Handler) (url string) {
	t.Helper()
	var conns sync.WaitGroup
	upgrader := ws.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return // Upgrade has answered
		}
		conns.Add(1)
		defer conns.Done()
		quiet := zerolog.Nop()
		rpc := jsonrpc2.NewConn(context.Background(), jsonrpcws.NewObjectStream(conn),
			rpcHandler(handle), jsonrpc2.SetLogger(&quiet))
		<-rpc.DisconnectNotify()
	}))
	t.Cleanup(func() {
		conns.Wait()
		server.Close()
	})
	return "ws" + strings.TrimPrefix(server.URL, "http") + "/kurento"
}

type rpcHandler Handler

func (h rpcHandler) Handle(ctx context.Context, rpc *jsonrpc2.Conn, req *jsonrpc2.Request) {
	var params json.RawMessage
	if req.Params != nil {
		params = *req.Params
	}
	result, err := h(&Conn{rpc}, req.Method, params)
	// A failing reply means that the client has gone, which it will notice itself.
	if err != nil {
		_ = rpc.ReplyWithError(ctx, req.ID, err)
	} else {
		_ = rpc.Reply(ctx, req.ID, result)
	}
}

// Error makes an error answer as Kurento does, with the name of its code in the data.
func Error(code int64, name, message string) *jsonrpc2.Error {
	e := &jsonrpc2.Error{Code: code, Message: message}
	e.SetError(map[string]string{"type": name})
	return e
}
