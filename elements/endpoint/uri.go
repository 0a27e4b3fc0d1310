package endpoint

import (
	"context"
	"reflect"
	"strings"
	"sync"

	"github.com/rivero-media/rivero/pipeline"
)

// UriClass describes UriEndpoint.
var UriClass = &pipeline.Class{
	Name: "UriEndpoint", Module: "core", Parent: Class,
	Methods: pipeline.Methods(
		pipeline.Get("uri", func(e uriEndpoint) string { return e.AsUriEndpoint().uri }),
		pipeline.Get("state", func(e uriEndpoint) State { return e.AsUriEndpoint().State() }),
		pipeline.Do("pause", func(ctx context.Context, e uriEndpoint, _ pipeline.None) error { return e.Pause(ctx) }),
		pipeline.Do("stop", func(ctx context.Context, e uriEndpoint, _ pipeline.None) error { return e.Stop(ctx) }),
	),
	Events: []pipeline.EventType{pipeline.Raises[UriEndpointStateChanged]()},
	Types:  []reflect.Type{reflect.TypeFor[State]()},
}

// uriEndpoint is what a concrete endpoint looks like to the class table.
type uriEndpoint interface {
	pipeline.Element
	AsUriEndpoint() *UriEndpoint
	Pause(ctx context.Context) error
	Stop(ctx context.Context) error
}

// UriEndpoint is the base of endpoints that read or write something named by a
// URI. Concrete endpoints add Pause and Stop.
type UriEndpoint struct {
	pipeline.MediaElement
	uri string

	mu    sync.Mutex
	state State
}

// State is what a UriEndpoint is doing.
type State = UriEndpointState

// UriEndpointState is the remote name of State.
type UriEndpointState string

// The states, spelled as clients see them.
const (
	Stopped State = "STOP"
	Started State = "START"
	Paused  State = "PAUSE"
)

// Values are the texts of the protocol.
func (UriEndpointState) Values() []string { return []string{"STOP", "START", "PAUSE"} }

// UriEndpointStateChanged is raised on every change of state.
type UriEndpointStateChanged struct {
	pipeline.Media
	State UriEndpointState `kurento:"state"`
}

// Setup gives the endpoint its identity and URI.
func (u *UriEndpoint) Setup(c pipeline.Creation, self pipeline.Element, p *pipeline.MediaPipeline, uri string) {
	u.uri, u.state = uri, Stopped
	u.MediaElement.Setup(c, self, p, p)
}

// AsUriEndpoint lets every endpoint with a URI be seen as its base.
func (u *UriEndpoint) AsUriEndpoint() *UriEndpoint { return u }

// URI is the text the client gave.
func (u *UriEndpoint) URI() string { return u.uri }

// Resolve is the URI with the default path in front of it when it names no scheme.
func (u *UriEndpoint) Resolve(defaultPath string) string {
	if strings.Contains(u.uri, "://") {
		return u.uri
	}
	return strings.TrimSuffix(defaultPath, "/") + "/" + strings.TrimPrefix(u.uri, "/")
}

// State is what the endpoint is doing now.
func (u *UriEndpoint) State() State {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.state
}

// SetState changes the state and raises UriEndpointStateChanged; false when it was that already.
func (u *UriEndpoint) SetState(s State) bool {
	u.mu.Lock()
	changed := u.state != s
	u.state = s
	u.mu.Unlock()
	if changed {
		u.Emit(UriEndpointStateChanged{State: s})
	}
	return changed
}
