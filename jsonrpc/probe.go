package jsonrpc

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"time"

	"github.com/gorilla/websocket"
)

// Probe asks the server at a ws:// or wss:// URL for a pong: what a health check wants to know. It waits no longer
// than ctx. The certificate of the server is not checked, for it is asked at an address that the certificate need not
// name.
func Probe(ctx context.Context, url string) error {
	dialer := websocket.Dialer{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	socket, _, err := dialer.DialContext(ctx, url, nil)
	if err != nil {
		return err
	}
	defer socket.Close()
	if until, ok := ctx.Deadline(); ok {
		if err := socket.NetConn().SetDeadline(until); err != nil {
			return err
		}
	}
	if err := socket.WriteMessage(websocket.TextMessage, []byte(`{"jsonrpc":"2.0","id":1,"method":"ping","params":{}}`)); err != nil {
		return err
	}
	socket.SetReadLimit(1 << 10)
	_, text, err := socket.ReadMessage()
	if err != nil {
		return err
	}
	var answer struct{ Result struct{ Value string } }
	if json.Unmarshal(text, &answer) != nil || answer.Result.Value != "pong" {
		return fmt.Errorf("the answer to ping is %.100q", text)
	}
	deadline := time.Now().Add(time.Second)
	return socket.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), deadline)
}
