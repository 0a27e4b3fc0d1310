package pipeline

import (
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/rs/zerolog"
)

// Object is anything a client can name by id.
type Object interface {
	ID() string
	Base() *MediaObject
	// Close ends everything the object owns and returns when it has ended. It may be called twice. Only
	// Server.Release and constructors that fail call it.
	Close()
}

// Creation is what a constructor gets to set its object up with.
type Creation struct {
	server *Server
	class  *Class
	params json.RawMessage
}

// Given tells whether the client gave a parameter, for constructors that do better than the published default.
func (c Creation) Given(param string) bool {
	var members map[string]json.RawMessage
	if json.Unmarshal(c.params, &members) != nil {
		return false
	}
	_, ok := members[param]
	return ok
}

// MediaObject is the base of every object. It is embedded and set up by the constructor.
type MediaObject struct {
	server  *Server
	class   *Class
	id      string
	parent  Object // nil for pipelines and the server manager
	created time.Time
	subs    subscriptions

	released atomic.Bool   // no longer known; it may still be closing
	ended    chan struct{} // closed when it is released and closed

	mu       sync.Mutex
	name     string // "" means the id
	tags     map[string]string
	sendTags bool
	children map[string]Object // until they have ended
}

// Setup gives the object its identity. parent is nil for a pipeline.
func (o *MediaObject) Setup(b Creation, parent Object) {
	id := uuid.NewString()
	if parent != nil {
		id = parent.ID() + "/" + id
	}
	o.setup(b, parent, id+"_"+b.class.QualifiedName())
}

func (o *MediaObject) setup(b Creation, parent Object, id string) {
	o.server, o.class, o.parent, o.id = b.server, b.class, parent, id
	o.created = time.Now()
	o.ended = make(chan struct{})
	o.tags = make(map[string]string)
	o.children = make(map[string]Object)
}

// ID is the object's id on the wire.
func (o *MediaObject) ID() string { return o.id }

// Base lets every object be seen as its base.
func (o *MediaObject) Base() *MediaObject { return o }

// Class is the class the object was created from.
func (o *MediaObject) Class() *Class { return o.class }

// Parent is the object this one was created in, nil at the top.
func (o *MediaObject) Parent() Object { return o.parent }

// Log is the logger of the object's class with the object's id in every line.
func (o *MediaObject) Log() zerolog.Logger {
	return o.server.settings.Load().ClassLog(o.class.Name).With().Str("object", o.id).Logger()
}

// Server owns the object.
func (o *MediaObject) Server() *Server { return o.server }

// Pipeline is the media pipeline the object belongs to, nil for none.
func (o *MediaObject) Pipeline() *MediaPipeline {
	for top := o; ; top = top.parent.Base() {
		if top.parent == nil {
			self, _ := o.server.find(top.id)
			p, _ := self.(*MediaPipeline)
			return p
		}
		if p, ok := top.parent.(*MediaPipeline); ok {
			return p
		}
	}
}

// Children are the objects created in this one, ordered by id.
func (o *MediaObject) Children() []Object {
	o.mu.Lock()
	defer o.mu.Unlock()
	children := make([]Object, 0, len(o.children))
	for _, id := range slices.Sorted(maps.Keys(o.children)) {
		if c := o.children[id]; !c.Base().released.Load() {
			children = append(children, c)
		}
	}
	return children
}

// youngestFirst are the children in the order in which they are released: what was created later may depend on
// what was there before.
func (o *MediaObject) youngestFirst() []Object {
	o.mu.Lock()
	children := slices.Collect(maps.Values(o.children))
	o.mu.Unlock()
	slices.SortFunc(children, func(a, b Object) int { return b.Base().created.Compare(a.Base().created) })
	return children
}

// leaveParent takes an object that has ended from its parent.
func (o *MediaObject) leaveParent() {
	if o.parent == nil {
		return
	}
	parent := o.parent.Base()
	parent.mu.Lock()
	defer parent.mu.Unlock()
	delete(parent.children, o.id)
}

// Name is the name the client gave, the id before that.
func (o *MediaObject) Name() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.name == "" {
		return o.id
	}
	return o.name
}

func (o *MediaObject) setName(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.name = name
}

// tagList are the object's tags, ordered by key.
func (o *MediaObject) tagList() []Tag {
	o.mu.Lock()
	defer o.mu.Unlock()
	tags := make([]Tag, 0, len(o.tags))
	for _, k := range slices.Sorted(maps.Keys(o.tags)) {
		tags = append(tags, Tag{Key: k, Value: o.tags[k]})
	}
	return tags
}

// eventTags are the tags that go with every event, none unless the client asked for them.
func (o *MediaObject) eventTags() []Tag {
	o.mu.Lock()
	send := o.sendTags
	o.mu.Unlock()
	if !send {
		return nil
	}
	return o.tagList()
}
