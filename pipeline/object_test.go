package pipeline_test

import (
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/pipeline"
)

const uuid = `[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`

func TestIDs(t *testing.T) {
	w := newWorld(t)
	p := w.create("MediaPipeline")
	e := w.create("kurento.PassThrough", "mediaPipeline", p)
	f := w.create("office.Folder", "mediaPipeline", p)
	inner := w.create("Folder", "folder", f)
	for _, c := range []struct {
		o       pipeline.Object
		pattern string
	}{
		{p, uuid + `_kurento\.MediaPipeline`},
		{e, regexp.QuoteMeta(p.ID()) + `/` + uuid + `_kurento\.PassThrough`},
		{f, regexp.QuoteMeta(p.ID()) + `/` + uuid + `_office\.Folder`},
		{inner, regexp.QuoteMeta(f.ID()) + `/` + uuid + `_office\.Folder`},
		{w.Manager(), `manager_ServerManager`},
	} {
		if !regexp.MustCompile("^" + c.pattern + "$").MatchString(c.o.ID()) {
			t.Errorf("id %s", c.o.ID())
		}
		if o, err := w.Object(c.o.ID()); err != nil || o != c.o {
			t.Errorf("%s: found %v, %v", c.o.ID(), o, err)
		}
		w.expect(`"`+c.o.ID()+`"`, c.o, "getId")
		w.expect(`"`+c.o.ID()+`"`, c.o, "getName")
	}
}

func TestParents(t *testing.T) {
	w := newWorld(t)
	p := w.create("MediaPipeline")
	f := w.create("Folder", "mediaPipeline", p)
	inner := w.create("Folder", "folder", f)
	lone := w.create("Folder")
	id := func(o pipeline.Object) string { return `"` + o.ID() + `"` }
	w.expect(`null`, p, "getParent")
	w.expect(id(p), p, "getMediaPipeline")
	w.expect(id(p), f, "getParent")
	w.expect(id(f), inner, "getParent")
	w.expect(id(p), inner, "getMediaPipeline")
	w.expect(`null`, lone, "getMediaPipeline")
	w.expect(`null`, w.Manager(), "getMediaPipeline")
	w.expect(`null`, w.Manager(), "getParent")
	w.expect(`[`+id(f)+`]`, p, "getChildren")
	w.expect(`[`+id(f)+`]`, p, "getChilds")
	w.expect(`[`+id(inner)+`]`, f, "getChildren")
	w.expect(`[]`, inner, "getChildren")
	var ids []string
	for range 20 {
		ids = append(ids, w.create("Folder", "folder", lone).ID())
	}
	slices.Sort(ids)
	var children []string
	for _, c := range lone.Base().Children() {
		children = append(children, c.ID())
	}
	same(t, children, ids...)
}

func TestNamesAndTags(t *testing.T) {
	w := newWorld(t)
	p := w.create("MediaPipeline")
	w.expect(`null`, p, "setName", "name", "main")
	w.expect(`"main"`, p, "getName")
	w.expect(`null`, p, "setName", "name", "")
	w.expect(`"`+p.ID()+`"`, p, "getName")
	w.expect(`40001 MARSHALL_ERROR: 'name' parameter should be a string`, p, "setName")

	w.expect(`[]`, p, "getTags")
	w.expect(`null`, p, "addTag", "key", "b", "value", "1")
	w.expect(`null`, p, "addTag", "key", "a", "value", "2")
	w.expect(`null`, p, "addTag", "key", "b", "value", "3")
	w.expect(`"3"`, p, "getTag", "key", "b")
	w.expect(`[{"__module__":"kurento","__type__":"Tag","key":"a","value":"2"},{"__module__":"kurento","__type__":"Tag","key":"b","value":"3"}]`, p, "getTags")
	w.expect(`null`, p, "removeTag", "key", "b")
	w.expect(`null`, p, "removeTag", "key", "b")
	w.expect(`40110 MEDIA_OBJECT_TAG_KEY_NOT_FOUND: Tag key not found`, p, "getTag", "key", "b")

	w.expect(`false`, p, "getSendTagsInEvents")
	w.expect(`null`, p, "setSendTagsInEvents", "sendTagsInEvents", true)
	w.expect(`true`, p, "getSendTagsInEvents")
	if got, now := w.invoke(p, "getCreationTime"), time.Now().Unix(); got != fmt.Sprint(now) && got != fmt.Sprint(now-1) {
		t.Errorf("created at %s, now %d", got, now)
	}
}

func TestCreateRefuses(t *testing.T) {
	w := newWorld(t)
	p := w.create("MediaPipeline")
	e := w.create("PassThrough", "mediaPipeline", p)
	for _, c := range []struct {
		class  string
		params []any
		raw    string
		want   string
	}{
		{class: "Nothing", want: "Factory 'Nothing' not found"},
		{class: "", want: "Factory '' not found"},
		{class: "MediaObject", want: "Factory 'MediaObject' not found"},
		{class: "core.MediaPipeline", want: "Factory 'core.MediaPipeline' not found"},
		{class: "ServerManager", want: "Factory 'ServerManager' not found"},
		{class: "PassThrough", raw: ``, want: "'constructorParams' is required"},
		{class: "PassThrough", raw: `null`, want: "'constructorParams' is required"},
		{class: "PassThrough", raw: `[]`, want: "'constructorParams' should be an object"},
		{class: "PassThrough", raw: `{}`, want: "'mediaPipeline' parameter should be a string"},
		{class: "PassThrough", raw: `{"mediaPipeline":"x"}`, want: "Object 'x' not found"},
		{class: "PassThrough", raw: `{"mediaPipeline":"newref:0"}`, want: "Object 'newref:0' not found. Possibly using a transactional object without committing the transaction."},
		{class: "PassThrough", raw: `{"mediaPipeline":"` + e.ID() + `"}`, want: "object '" + e.ID() + "' is of the wrong class for parameter 'mediaPipeline'"},
		{class: "MediaPipeline", raw: `"x"`, want: "'constructorParams' should be an object"},
		{class: "Folder", raw: `{"fail":true}`, want: "no room"},
	} {
		o, err := w.Create(t.Context(), c.class, []byte(c.raw))
		if err == nil || err.Error() != c.want {
			t.Errorf("%s %s: %v, %v, want %s", c.class, c.raw, o, err, c.want)
		}
	}
	if n := len(p.Base().Children()); n != 1 {
		t.Errorf("%d children, want 1", n)
	}
	for _, raw := range []string{"", "null", "{}", `{"x":1}`} { // a class without parameters
		if _, err := w.Create(t.Context(), "MediaPipeline", []byte(raw)); err != nil {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

func TestClasses(t *testing.T) {
	w := newWorld(t)
	f := w.create("Folder")
	class := f.Base().Class()
	if class.QualifiedName() != "office.Folder" {
		t.Error(class.QualifiedName())
	}
	same(t, class.Hierarchy(), "kurento.MediaObject")
	same(t, w.create("PassThrough", "mediaPipeline", w.create("MediaPipeline")).Base().Class().Hierarchy(),
		"kurento.MediaElement", "kurento.MediaObject")
	if class.Method("getName") == nil || class.Method("connect") != nil {
		t.Error("operations of the parents are inherited, others are not")
	}
	if class.Event("Error") == nil || class.Event("OldFiled") == nil || class.Event("ElementConnected") != nil {
		t.Error("events of the parents are inherited, others are not")
	}
	w.expect(`"page 7"`, f, "page", "number", 7)
	// An operation of a class that the object is not of is the server's mistake, and no panic.
	m := class.Method("page")
	if _, err := m.Invoke(t.Context(), w.Manager(), []byte(`{"number":1}`)); err == nil {
		t.Error("an operation takes an object of another class")
	}
}

func TestAClassIsListedOnce(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a class may be listed twice")
		}
	}()
	pipeline.NewServer(pipeline.Settings{}, []*pipeline.Class{pipeline.MediaPipelineClass}, zerolog.Nop())
}
