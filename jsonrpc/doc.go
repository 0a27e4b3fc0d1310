// Package jsonrpc is the control plane: JSON-RPC 2.0 over WebSocket as Kurento Media Server speaks it. It
// owns connections, sessions, the order of requests and answers, the cache that makes retries harmless,
// transactions, the delivery of events, and the only mapping from errors to the wire. It calls the object
// model (package pipeline) and never sees media.
//
// A request goes: connection (conn.go) -> parse (message.go) -> session and retry (session.go, retry.go) ->
// its place in the order (order.go, lanes.go) -> method (methods.go) -> answer.
package jsonrpc
