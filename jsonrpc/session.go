package jsonrpc

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"

	"github.com/rivero-media/rivero/pipeline"
)

// SessionTable knows who holds which objects and where each session's events go (protocol.md §3, §7, §8).
// A session is known, to clients, while it holds an object.
type SessionTable struct {
	objects *pipeline.Server
	emptied func() // called without the lock when the last object was released

	mu      sync.Mutex
	byID    map[string]*session
	owned   map[*mailbox]*session            // which session a connection has
	holders map[string]map[*session]struct{} // by object id
	dying   map[string]int                   // ids of objects that are being released, and by how many
}

// session is one client's references and subscriptions. All but owner is guarded by the table.
type session struct {
	id    string
	owner atomic.Pointer[mailbox] // nil while no connection has it: events are lost
	used  bool                    // since the collector last looked
	held  map[string]pipeline.Object
	subs  map[string]map[string]string // object id -> subscription id -> event name
}

var _ pipeline.Sessions = (*SessionTable)(nil)

// NewSessionTable returns a table without sessions. emptied, which may be nil, is called whenever
// the last object of a client is gone.
func NewSessionTable(objects *pipeline.Server, emptied func()) *SessionTable {
	if emptied == nil {
		emptied = func() {}
	}
	return &SessionTable{
		objects: objects, emptied: emptied,
		byID:    make(map[string]*session),
		owned:   make(map[*mailbox]*session),
		holders: make(map[string]map[*session]struct{}),
		dying:   make(map[string]int),
	}
}

// Notify sends an event to the connection that has the session now. The order of calls is kept.
func (s *session) Notify(n pipeline.Notification) {
	if box := s.owner.Load(); box != nil {
		box.put(eventText(n))
	}
}

// IDs lists the known sessions, sorted.
func (t *SessionTable) IDs() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	ids := []string{}
	for _, id := range slices.Sorted(maps.Keys(t.byID)) {
		if len(t.byID[id].held) > 0 {
			ids = append(ids, id)
		}
	}
	return ids
}

// touch tells whether a session is known and, if so, keeps it from being collected.
func (t *SessionTable) touch(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.byID[id]
	if s == nil || len(s.held) == 0 {
		return false
	}
	s.used = true
	return true
}

// get is called locked.
func (t *SessionTable) get(id string) *session {
	s := t.byID[id]
	if s == nil {
		s = &session{id: id, held: make(map[string]pipeline.Object), subs: make(map[string]map[string]string)}
		t.byID[id] = s
	}
	return s
}

// tidy forgets a session that neither holds anything nor has a connection. Called locked.
func (t *SessionTable) tidy(s *session) {
	if len(s.held) == 0 && s.owner.Load() == nil {
		delete(t.byID, s.id)
	}
}

// bind gives a session to a connection. The connection loses the session it had, and the session the
// connection it had.
func (t *SessionTable) bind(box *mailbox, id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.get(id)
	s.used = true
	if t.owned[box] == s {
		return
	}
	t.leave(box)
	if old := s.owner.Load(); old != nil {
		delete(t.owned, old)
	}
	s.owner.Store(box)
	t.owned[box] = s
}

// unbind says that a connection is gone.
func (t *SessionTable) unbind(box *mailbox) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.leave(box)
}

// leave is called locked.
func (t *SessionTable) leave(box *mailbox) {
	if s := t.owned[box]; s != nil {
		delete(t.owned, box)
		s.owner.Store(nil)
		t.tidy(s)
	}
}

// of is the session a connection has.
func (t *SessionTable) of(box *mailbox) (id string, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.owned[box]; s != nil {
		return s.id, true
	}
	return "", false
}

// use finds an object and makes the session hold it and everything above it.
func (t *SessionTable) use(session, object string) (pipeline.Object, error) {
	o, err := t.objects.Object(object)
	if err != nil {
		return nil, err
	}
	return o, t.hold(session, o)
}

func (t *SessionTable) hold(session string, o pipeline.Object) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.alive(o); err != nil {
		return err
	}
	t.ref(t.get(session), o)
	return nil
}

// add makes a new object known: it is held by its creator and by everybody who holds its parent.
func (t *SessionTable) add(session string, o pipeline.Object) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.alive(o); err != nil {
		return err
	}
	if parent := o.Base().Parent(); parent != nil {
		for s := range t.holders[parent.ID()] {
			t.link(s, o)
		}
	}
	t.ref(t.get(session), o)
	return nil
}

// alive tells whether an object can still be held. Called locked.
func (t *SessionTable) alive(o pipeline.Object) error {
	for p := o; p != nil; p = p.Base().Parent() {
		if t.dying[p.ID()] > 0 {
			return gone(o.ID())
		}
	}
	_, err := t.objects.Object(o.ID())
	return err
}

// gone is the error for an object that somebody has just released.
func gone(id string) error {
	return pipeline.Errorf(pipeline.ObjectNotFound, "Object '%s' not found", id)
}

// ref is called locked.
func (t *SessionTable) ref(s *session, o pipeline.Object) {
	s.used = true
	for ; o != nil; o = o.Base().Parent() {
		if _, ok := s.held[o.ID()]; ok {
			return // who holds an object holds what is above it
		}
		t.link(s, o)
	}
}

// link is called locked.
func (t *SessionTable) link(s *session, o pipeline.Object) {
	s.held[o.ID()] = o
	if t.holders[o.ID()] == nil {
		t.holders[o.ID()] = make(map[*session]struct{})
	}
	t.holders[o.ID()][s] = struct{}{}
}

// subscribe has a session hear an event of an object and returns the id of the subscription.
func (t *SessionTable) subscribe(session, object, event string) (string, error) {
	o, err := t.use(session, object)
	if err != nil {
		return "", err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.byID[session]
	if s == nil || s.held[object] == nil {
		return "", gone(object)
	}
	if err := o.Base().Subscribe(event, s); err != nil {
		return "", err
	}
	if s.subs[object] == nil {
		s.subs[object] = make(map[string]string)
	}
	id := uuid.NewString()
	s.subs[object][id] = event
	return id, nil
}

// unsubscribe ends a subscription; an unknown one is ignored.
func (t *SessionTable) unsubscribe(session, object, subscription string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.byID[session]
	if s == nil || s.held[object] == nil {
		return
	}
	if event, ok := s.subs[object][subscription]; ok {
		delete(s.subs[object], subscription)
		s.held[object].Base().Unsubscribe(event, s)
	}
}
