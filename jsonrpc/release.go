package jsonrpc

import (
	"slices"
	"strings"
	"time"

	"github.com/rivero-media/rivero/pipeline"
)

// drop makes a session let go of an object and of everything below it. What nobody holds then is released.
func (t *SessionTable) drop(session, object string) {
	t.mu.Lock()
	var dead []pipeline.Object
	if s := t.byID[session]; s != nil && s.held[object] != nil {
		t.unref(s, s.held[object], &dead)
		t.tidy(s)
	}
	t.mu.Unlock()
	t.bury(dead)
}

// end makes a session let go of everything; release ends its objects for everybody.
func (t *SessionTable) end(session string, release bool) {
	t.mu.Lock()
	var dead []pipeline.Object
	if s := t.byID[session]; s != nil {
		t.clear(s, release, &dead)
	}
	t.mu.Unlock()
	t.bury(dead)
}

// clear is called locked.
func (t *SessionTable) clear(s *session, release bool, dead *[]pipeline.Object) {
	for _, o := range s.top() {
		if release {
			t.forget(o, dead)
		} else {
			t.unref(s, o, dead)
		}
	}
	// Objects that cannot be released were not forgotten.
	for _, o := range s.top() {
		t.unref(s, o, dead)
	}
	t.tidy(s)
}

// top are the objects of a session that have no parent, ordered by id.
func (s *session) top() []pipeline.Object {
	var top []pipeline.Object
	for _, o := range s.held {
		if o.Base().Parent() == nil {
			top = append(top, o)
		}
	}
	slices.SortFunc(top, func(a, b pipeline.Object) int { return strings.Compare(a.ID(), b.ID()) })
	return top
}

// release ends an object and everything below it, whoever holds it. An unknown one is ignored.
func (t *SessionTable) release(object string) {
	o, err := t.objects.Object(object)
	if err != nil {
		return
	}
	t.mu.Lock()
	var dead []pipeline.Object
	t.forget(o, &dead)
	t.mu.Unlock()
	t.bury(dead)
}

// unref is called locked.
func (t *SessionTable) unref(s *session, o pipeline.Object, dead *[]pipeline.Object) {
	if _, ok := s.held[o.ID()]; !ok {
		return // nor anything below it
	}
	for _, c := range o.Base().Children() {
		t.unref(s, c, dead)
	}
	subs := t.unlink(s, o)
	if len(t.holders[o.ID()]) == 0 {
		delete(t.holders, o.ID())
		if t.doom(o, dead) {
			return
		}
	}
	for _, event := range subs {
		o.Base().Unsubscribe(event, s)
	}
}

// forget makes everybody let go of an object. Called locked.
func (t *SessionTable) forget(o pipeline.Object, dead *[]pipeline.Object) {
	if !t.doom(o, dead) {
		return
	}
	for _, c := range o.Base().Children() {
		t.forget(c, dead)
	}
	for s := range t.holders[o.ID()] {
		t.unlink(s, o)
		t.tidy(s)
	}
	delete(t.holders, o.ID())
}

// unlink takes an object from a session and returns the session's subscriptions to it. Called locked.
func (t *SessionTable) unlink(s *session, o pipeline.Object) (subs map[string]string) {
	subs = s.subs[o.ID()]
	delete(s.subs, o.ID())
	delete(s.held, o.ID())
	delete(t.holders[o.ID()], s)
	return subs
}

// doom marks an object as about to be released, with its subscriptions: what it says on its way out is heard. It is
// false for the server manager, which cannot be released. Called locked.
func (t *SessionTable) doom(o pipeline.Object, dead *[]pipeline.Object) bool {
	if o == pipeline.Object(t.objects.Manager()) {
		return false
	}
	t.dying[o.ID()]++
	*dead = append(*dead, o)
	return true
}

// bury releases objects. Called without the lock, since elements raise events and take their time.
func (t *SessionTable) bury(dead []pipeline.Object) {
	if len(dead) == 0 {
		return
	}
	isDead := make(map[pipeline.Object]bool, len(dead))
	for _, o := range dead {
		isDead[o] = true
	}
	for _, o := range dead {
		if !isDead[o.Base().Parent()] { // the parent's release includes it
			t.objects.Release(o)
		}
	}
	t.mu.Lock()
	for _, o := range dead {
		if t.dying[o.ID()]--; t.dying[o.ID()] == 0 {
			delete(t.dying, o.ID())
		}
	}
	t.mu.Unlock()
	if t.empty() {
		t.emptied()
	}
}

// empty tells whether no session holds anything but the server manager.
func (t *SessionTable) empty() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, manager := t.holders[t.objects.Manager().ID()]
	return len(t.holders) == 0 || len(t.holders) == 1 && manager
}

// collect ends the sessions that nobody used since the last call. Called once per collector period.
func (t *SessionTable) collect() {
	t.mu.Lock()
	var dead []pipeline.Object
	for _, s := range t.byID {
		if !s.used {
			t.clear(s, false, &dead)
		}
		s.used = false
	}
	t.mu.Unlock()
	t.bury(dead)
}

// keepConnected marks the sessions that have a connection as used.
func (t *SessionTable) keepConnected() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.owned {
		s.used = true
	}
}

// run keeps and collects sessions until stop is closed: a session without use and without connection ends
// between one and two periods later.
func (t *SessionTable) run(period time.Duration, stop <-chan struct{}) {
	tick := time.NewTicker(period / 4)
	defer tick.Stop()
	for quarter := 1; ; quarter++ {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		t.keepConnected()
		if quarter%4 == 0 {
			t.collect()
			t.keepConnected()
		}
	}
}
