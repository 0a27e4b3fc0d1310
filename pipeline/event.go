package pipeline

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/rivero-media/rivero/pipeline/wire"
)

// EventType describes an event of a class.
type EventType struct {
	Name    string
	Aliases []string     // names of 6.x under which the same event is heard too (api.md)
	Data    reflect.Type // the struct of the event's own fields
}

// Event is implemented by event structs through one of RaiseBase, Media and Error. Its Go type name is
// the event's name.
type Event interface{ parent() string }

// RaiseBase is embedded by events without a type member: ObjectCreated, ObjectDestroyed.
type RaiseBase struct{}

func (RaiseBase) parent() string { return "RaiseBase" }

// Media is embedded by all other events: their data carries the event's name as its type.
type Media struct{}

func (Media) parent() string { return "Media" }

// Parent is the name of the event's parent in the published descriptions.
func (e EventType) Parent() string {
	return reflect.Zero(e.Data).Interface().(Event).parent()
}

// raiseBaseMembers and mediaMembers are what Emit adds to the members of an event, by the parent that describes them.
type (
	raiseBaseMembers struct {
		Source          Object `kurento:"source"`
		Timestamp       string `kurento:"timestamp"` // 6.x: seconds since 1970
		TimestampMillis string `kurento:"timestampMillis"`
		Tags            []Tag  `kurento:"tags"`
	}
	mediaMembers struct {
		Type string `kurento:"type"`
	}
)

func (e EventType) isAlias(name string) bool { return slices.Contains(e.Aliases, name) }

// Raises describes event E, with the names that 6.x had for it.
func Raises[E Event](aliases ...string) EventType {
	t := reflect.TypeFor[E]()
	return EventType{Name: t.Name(), Aliases: aliases, Data: t}
}

// Notification is an event on its way to one subscriber.
type Notification struct {
	Object string          // id of the source
	Type   string          // the name that was subscribed to
	Data   json.RawMessage // encoded members
}

// Subscriber is told of events. Notify is called from any goroutine, possibly with a lock of the media
// plane held: it queues and returns.
type Subscriber interface{ Notify(n Notification) }

// subscriptions are who listens to one object.
type subscriptions struct {
	mu     sync.Mutex
	byName map[string]map[Subscriber]int // how often each has subscribed
}

// Subscribe has sub told of event name of this object. Subscribing again counts: each Subscribe needs its
// Unsubscribe, but every event is delivered once.
func (o *MediaObject) Subscribe(name string, sub Subscriber) error {
	if o.class.Event(name) == nil {
		return Errorf(EventNotSupported, "Event '%s' not supported", name)
	}
	s := &o.subs
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byName == nil {
		s.byName = make(map[string]map[Subscriber]int)
	}
	if s.byName[name] == nil {
		s.byName[name] = make(map[Subscriber]int)
	}
	s.byName[name][sub]++
	return nil
}

// Unsubscribe takes one Subscribe back. Unknown ones are ignored.
func (o *MediaObject) Unsubscribe(name string, sub Subscriber) {
	s := &o.subs
	s.mu.Lock()
	defer s.mu.Unlock()
	switch n := s.byName[name][sub]; {
	case n > 1:
		s.byName[name][sub] = n - 1
	case n == 1:
		delete(s.byName[name], sub)
	}
}

// clear ends all subscriptions: what happens to a released object is nobody's business any more.
func (s *subscriptions) clear() {
	s.mu.Lock()
	s.byName = nil
	s.mu.Unlock()
}

// of lists who listens to an event under one name.
func (s *subscriptions) of(name string) []Subscriber {
	s.mu.Lock()
	defer s.mu.Unlock()
	subs := make([]Subscriber, 0, len(s.byName[name]))
	for sub := range s.byName[name] {
		subs = append(subs, sub)
	}
	return subs
}

// Emit raises an event: it is stamped with source, tags and time and put on the queue of every session that
// has subscribed to it, under each name it is known by. It never blocks.
func (o *MediaObject) Emit(e Event) {
	now := time.Now()
	t := o.class.Event(reflect.TypeOf(e).Name())
	if t == nil {
		o.server.log.Error().Str("class", o.class.Name).Type("event", e).Msg("event is not in the class table")
		return
	}
	o.emitAs(t.Name, false, e, now)
	for _, alias := range t.Aliases {
		o.emitAs(alias, true, e, now)
	}
}

func (o *MediaObject) emitAs(name string, old bool, e Event, now time.Time) {
	subs := o.subs.of(name)
	if len(subs) == 0 {
		return
	}
	data := wire.Members(e)
	data["source"] = o.id
	data["tags"] = o.eventTags()
	data["timestampMillis"] = strconv.FormatInt(now.UnixMilli(), 10)
	if old {
		data["timestamp"] = strconv.FormatInt(now.Unix(), 10)
	}
	if _, own := data["type"]; !own && e.parent() == "Media" {
		data["type"] = name
	}
	raw, err := wire.Encode(data)
	if err != nil {
		o.server.log.Error().Err(err).Str("event", name).Msg("event cannot be encoded")
		return
	}
	for _, sub := range subs {
		sub.Notify(Notification{Object: o.id, Type: name, Data: raw})
	}
}
