package pipeline_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rivero-media/rivero/pipeline"
)

func TestReleaseTellsChildrenFirst(t *testing.T) {
	w := newWorld(t)
	l := w.listen(w.Manager(), "ObjectCreated", "ObjectDestroyed")
	p := w.create("MediaPipeline")
	a := w.create("Folder", "mediaPipeline", p)
	b := w.create("Folder", "mediaPipeline", p)
	a1 := w.create("Folder", "folder", a)
	same(t, l.take("object"), "ObjectCreated "+p.ID(), "ObjectCreated "+a.ID(), "ObjectCreated "+b.ID(), "ObjectCreated "+a1.ID())
	w.Release(p)
	same(t, l.take("objectId"), "ObjectDestroyed "+b.ID(), "ObjectDestroyed "+a1.ID(), "ObjectDestroyed "+a.ID(), "ObjectDestroyed "+p.ID())
	for _, o := range []pipeline.Object{p, a, b, a1} {
		if _, err := w.Object(o.ID()); err == nil || err.Error() != "Object '"+o.ID()+"' not found" {
			t.Error(err)
		}
		w.Release(o)
	}
	same(t, l.take("objectId"))
}

func TestReleaseOfAChildLeavesTheRest(t *testing.T) {
	w := newWorld(t)
	p := w.create("MediaPipeline")
	a, b := w.create("Folder", "mediaPipeline", p), w.create("Folder", "mediaPipeline", p)
	w.Release(a)
	w.expect(`["`+b.ID()+`"]`, p, "getChildren")
}

func TestTheManagerStays(t *testing.T) {
	w := newWorld(t)
	w.Release(w.Manager())
	w.expect(`"manager_ServerManager"`, w.Manager(), "getId")
	if _, err := w.Object("manager_ServerManager"); err != nil {
		t.Error(err)
	}
}

func TestAReleasedObjectIsSilent(t *testing.T) {
	w := newWorld(t)
	f := w.create("Folder")
	l := w.listen(f, "Filed")
	f.(*folder).onClose = func() { f.Base().Emit(Filed{Page: 9}) } // its last words are heard
	w.Release(f)
	f.Base().Emit(Filed{Page: 10})
	same(t, l.take("page"), "Filed 9")
}

// TestReleaseWaits: who releases an object that another is releasing returns when it has ended, and so does who
// releases its parent.
func TestReleaseWaits(t *testing.T) {
	w := newWorld(t)
	p := w.create("MediaPipeline")
	f := w.create("Folder", "mediaPipeline", p)
	closing, proceed := make(chan struct{}), make(chan struct{})
	var closed atomic.Int32
	f.(*folder).onClose = func() {
		close(closing)
		<-proceed
		closed.Add(1)
	}
	var all sync.WaitGroup
	all.Go(func() { w.Release(f) })
	<-closing
	w.expect(`[]`, p, "getChildren") // it is no child any more, though it has not ended
	for _, o := range []pipeline.Object{f, p} {
		all.Go(func() {
			w.Release(o)
			if closed.Load() != 1 {
				t.Error("released before it had ended")
			}
		})
	}
	close(proceed)
	all.Wait()
}

func TestNothingIsCreatedInWhatIsReleased(t *testing.T) {
	w := newWorld(t)
	p := w.create("MediaPipeline")
	w.Release(p)
	if _, err := w.Create(t.Context(), "Folder", object([]any{"mediaPipeline", p})); err == nil {
		t.Error("created in a released pipeline")
	}
}

func TestClose(t *testing.T) {
	w := newWorld(t)
	p := w.create("MediaPipeline")
	f := w.create("Folder", "mediaPipeline", p)
	closed := 0
	f.(*folder).onClose = func() { closed++ }
	w.Close()
	w.Close()
	if closed != 1 {
		t.Errorf("closed %d times", closed)
	}
	if o, err := w.Create(t.Context(), "MediaPipeline", nil); err == nil {
		t.Errorf("created %s after the end", o.ID())
	}
}

// TestCreateAndReleaseRace creates and releases from many sides at once: nothing is left, and every object that was
// created is destroyed.
func TestCreateAndReleaseRace(t *testing.T) {
	w := newWorld(t)
	l := w.listen(w.Manager(), "ObjectCreated", "ObjectDestroyed")
	p := w.create("MediaPipeline")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 50 {
				o, err := w.Create(t.Context(), "PassThrough", object([]any{"mediaPipeline", p}))
				if err != nil {
					return // the pipeline is gone
				}
				if i%2 == 0 {
					w.Release(o)
				}
			}
			if i == 0 {
				w.Release(p)
			}
		})
	}
	all.Wait()
	w.Release(p)
	created, destroyed := map[string]bool{}, map[string]bool{}
	for _, n := range l.told {
		ids := created
		if n.Type == "ObjectDestroyed" {
			ids = destroyed
		}
		ids[idIn(string(n.Data))] = true
	}
	for id := range created {
		if _, err := w.Object(id); err == nil || !destroyed[id] {
			t.Errorf("%s is left", id)
		}
	}
	if len(created) != len(destroyed) {
		t.Errorf("%d created, %d destroyed", len(created), len(destroyed))
	}
}

// idIn is the object or objectId in an event's data.
func idIn(data string) string {
	var id string
	for _, name := range []string{"object", "objectId"} {
		if _, err := fmt.Sscanf(data, `{"`+name+`":%q`, &id); err == nil {
			return id
		}
	}
	return ""
}
