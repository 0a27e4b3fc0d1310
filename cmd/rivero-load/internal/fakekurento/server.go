package fakekurento

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sourcegraph/jsonrpc2"
)

// Faults make a server misbehave; the zero value is a good one.
type Faults struct {
	RejectOffers bool          // processOffer: error 40205
	OldEvents    bool          // candidates are announced as OnIceCandidate only
	Mute         bool          // no media is forwarded
	LoseEach     int           // of the packets to each viewer, every how many is lost; 0: none
	Delay        time.Duration // that each packet waits
}

// Server is a fake media server. Its endpoints forward what they receive to the endpoints connected to them.
type Server struct {
	URL string

	faults  Faults
	pool    *pool
	counter atomic.Int64

	mu        sync.Mutex
	pipelines map[string]bool
	endpoints map[string]*endpoint
	ports     map[string]*endpoint // hubs and their ports, with what is linked to a port
	closed    int                  // sessions closed by their client
}

// New starts a server that ends with the test.
func New(t testing.TB, faults Faults) *Server {
	t.Helper()
	pool, err := newPool()
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{faults: faults, pool: pool, pipelines: make(map[string]bool), endpoints: make(map[string]*endpoint), ports: make(map[string]*endpoint)}
	t.Cleanup(s.releaseAll)
	s.URL = Listen(t, s.handle)
	return s
}

// Objects is the number of pipelines, endpoints, hubs and ports that exist.
func (s *Server) Objects() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.pipelines) + len(s.endpoints) + len(s.ports)
}

// Created is the number of objects that were ever made.
func (s *Server) Created() int64 { return s.counter.Load() }

// SessionsClosed is the number of closeSession requests.
func (s *Server) SessionsClosed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

type request struct {
	Type              string
	Object            string
	Operation         string
	ConstructorParams struct{ MediaPipeline, Hub string }
	OperationParams   struct {
		Offer     string
		Sink      string
		Candidate struct{ Candidate string }
	}
}

func (s *Server) handle(c *Conn, method string, raw json.RawMessage) (any, *jsonrpc2.Error) {
	var r request
	if err := json.Unmarshal(raw, &r); err != nil {
		return nil, Error(-32602, "INVALID_PARAMS", err.Error())
	}
	var value any
	var err *jsonrpc2.Error
	switch method {
	case "connect":
	case "create":
		value, err = s.create(c, r)
	case "subscribe":
		err = s.subscribe(r)
	case "invoke":
		value, err = s.invoke(r)
	case "release":
		s.release(r.Object)
	case "closeSession":
		s.releaseAll()
		s.mu.Lock()
		s.closed++
		s.mu.Unlock()
		return nil, nil
	default:
		err = &jsonrpc2.Error{Code: jsonrpc2.CodeMethodNotFound, Message: "Method not found."}
	}
	if err != nil {
		return nil, err
	}
	return map[string]any{"sessionId": "session", "value": value}, nil
}

func (s *Server) create(c *Conn, r request) (string, *jsonrpc2.Error) {
	n := s.counter.Add(1)
	switch r.Type {
	case "MediaPipeline":
		id := fmt.Sprintf("%d_kurento.MediaPipeline", n)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.pipelines[id] = true
		return id, nil
	case "Composite", "HubPort": // who is linked to a port of this one sees himself
		id := fmt.Sprintf("%s%s/%d_kurento.%s", r.ConstructorParams.MediaPipeline, r.ConstructorParams.Hub, n, r.Type)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.ports[id] = nil
		return id, nil
	case "WebRtcEndpoint":
		id := fmt.Sprintf("%s/%d_kurento.WebRtcEndpoint", r.ConstructorParams.MediaPipeline, n)
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.pipelines[r.ConstructorParams.MediaPipeline] {
			return "", notFound(r.ConstructorParams.MediaPipeline)
		}
		e, err := newEndpoint(s.pool, s.faults, func(candidate string, line int) {
			name := "IceCandidateFound"
			if s.faults.OldEvents {
				name = "OnIceCandidate"
			}
			c.Event(id, name, map[string]any{"source": id, "candidate": map[string]any{
				"__type__": "IceCandidate", "candidate": candidate, "sdpMid": fmt.Sprint(line), "sdpMLineIndex": line,
			}})
		})
		if err != nil {
			return "", Error(40003, "UNEXPECTED_ERROR", err.Error())
		}
		s.endpoints[id] = e
		return id, nil
	}
	return "", Error(40108, "MEDIA_OBJECT_NOT_AVAILABLE", "Factory '"+r.Type+"' not found")
}

func notFound(id string) *jsonrpc2.Error {
	return Error(40101, "MEDIA_OBJECT_NOT_FOUND", "Object '"+id+"' not found")
}

func (s *Server) subscribe(r request) *jsonrpc2.Error {
	if s.endpoint(r.Object) == nil {
		return notFound(r.Object)
	}
	if s.faults.OldEvents != (r.Type == "OnIceCandidate") {
		return Error(40106, "MEDIA_OBJECT_EVENT_NOT_SUPPORTED", "Event '"+r.Type+"' not supported")
	}
	return nil
}

func (s *Server) endpoint(id string) *endpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.endpoints[id]
}

// link connects an endpoint and a port.
func (s *Server) link(r request) (done bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, isPort := s.ports[r.OperationParams.Sink]; isPort {
		s.ports[r.OperationParams.Sink] = s.endpoints[r.Object]
		return true
	}
	from, isPort := s.ports[r.Object]
	sink := s.endpoints[r.OperationParams.Sink]
	if isPort && from != nil && sink != nil {
		from.connect(sink)
	}
	return isPort
}

func (s *Server) invoke(r request) (any, *jsonrpc2.Error) {
	if r.Operation == "connect" && s.link(r) {
		return nil, nil
	}
	e := s.endpoint(r.Object)
	if e == nil {
		return nil, notFound(r.Object)
	}
	var err error
	switch r.Operation {
	case "connect":
		sink := s.endpoint(r.OperationParams.Sink)
		if sink == nil {
			return nil, notFound(r.OperationParams.Sink)
		}
		e.connect(sink)
	case "processOffer":
		if s.faults.RejectOffers {
			return nil, Error(40205, "PROCESS_OFFER_ERROR", "Error processing offer")
		}
		var answer string
		if answer, err = e.processOffer(r.OperationParams.Offer); err == nil {
			return answer, nil
		}
	case "setMaxVideoSendBandwidth": // it forwards what it gets
	case "gatherCandidates":
		err = e.gather()
	case "addIceCandidate":
		err = e.addCandidate(r.OperationParams.Candidate.Candidate)
	default:
		return nil, Error(40008, "MALFORMED_TRANSACTION", "Method '"+r.Operation+"' not found")
	}
	if err != nil {
		return nil, Error(40003, "UNEXPECTED_ERROR", err.Error())
	}
	return nil, nil
}

// release removes an object and its children.
func (s *Server) release(id string) {
	var gone []*endpoint
	s.mu.Lock()
	delete(s.pipelines, id)
	for port := range s.ports {
		if port == id || strings.HasPrefix(port, id+"/") {
			delete(s.ports, port)
		}
	}
	for child, e := range s.endpoints {
		if child == id || strings.HasPrefix(child, id+"/") {
			delete(s.endpoints, child)
			gone = append(gone, e)
		}
	}
	s.mu.Unlock()
	for _, e := range gone {
		e.close()
	}
}

func (s *Server) releaseAll() {
	s.mu.Lock()
	var all []string
	for id := range s.pipelines {
		all = append(all, id)
	}
	s.mu.Unlock()
	for _, id := range all {
		s.release(id)
	}
}
