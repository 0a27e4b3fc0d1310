package pipeline_test

import (
	"strings"
	"testing"

	"github.com/rivero-media/rivero/pipeline"
)

func TestSubscriptions(t *testing.T) {
	w := newWorld(t)
	f := w.create("Folder")
	if err := f.Base().Subscribe("Nothing", &listener{}); err == nil || err.Error() != "Event 'Nothing' not supported" {
		t.Error(err)
	}
	once, twice, old := w.listen(f, "Filed"), w.listen(f, "Filed", "Filed"), w.listen(f, "OldFiled", "Filed")
	file := func() { f.Base().Emit(Filed{Page: 1}) }
	file()
	same(t, once.take("page"), "Filed 1")
	same(t, twice.take("page"), "Filed 1")
	same(t, old.take("page"), "Filed 1", "OldFiled 1")
	for range 2 {
		f.Base().Unsubscribe("Filed", once)
	}
	f.Base().Unsubscribe("Filed", twice)
	f.Base().Unsubscribe("Nothing", twice)
	file()
	same(t, once.take("page"))
	same(t, twice.take("page"), "Filed 1")
	f.Base().Unsubscribe("Filed", twice)
	file()
	same(t, twice.take("page"))
}

func TestEventData(t *testing.T) {
	w := newWorld(t)
	f := w.create("Folder")
	l := w.listen(f, "Filed", "OldFiled", "Shelved", "Error")
	w.invoke(f, "addTag", "key", "k", "value", "v")
	f.Base().Emit(Filed{Page: 3})
	f.Base().Emit(Shelved{})
	f.Base().Emit(pipeline.Error{Description: "d", ErrorCode: 4, Type: "INVALID_URI"})
	w.invoke(f, "setSendTagsInEvents", "sendTagsInEvents", true)
	f.Base().Emit(Shelved{})
	f.Base().Emit(unknown{}) // not in the class table: logged, not sent
	want := []string{
		`Filed {"page":3,"source":"ID","tags":[],"timestampMillis":"T","type":"Filed"}`,
		`OldFiled {"page":3,"source":"ID","tags":[],"timestamp":"S","timestampMillis":"T","type":"OldFiled"}`,
		`Shelved {"source":"ID","tags":[],"timestampMillis":"T"}`,
		`Error {"description":"d","errorCode":4,"source":"ID","tags":[],"timestampMillis":"T","type":"INVALID_URI"}`,
		`Shelved {"source":"ID","tags":[{"__module__":"kurento","__type__":"Tag","key":"k","value":"v"}],"timestampMillis":"T"}`,
	}
	var got []string
	for _, n := range l.told {
		if n.Object != f.ID() {
			t.Errorf("object %s", n.Object)
		}
		got = append(got, n.Type+" "+untimed(strings.ReplaceAll(string(n.Data), f.ID(), "ID")))
	}
	same(t, got, want...)
}

// untimed replaces the times in an event's data.
func untimed(data string) string {
	for _, c := range []struct{ name, sign string }{{"timestampMillis", "T"}, {"timestamp", "S"}} {
		if before, after, ok := strings.Cut(data, `"`+c.name+`":"`); ok {
			_, rest, _ := strings.Cut(after, `"`)
			data = before + `"` + c.name + `":"` + c.sign + `"` + rest
		}
	}
	return data
}

func TestElementEvents(t *testing.T) {
	w := newWorld(t)
	p := w.create("MediaPipeline")
	a, b, c := w.create("PassThrough", "mediaPipeline", p), w.create("PassThrough", "mediaPipeline", p), w.create("PassThrough", "mediaPipeline", p)
	l := w.listen(a, "ElementConnected", "ElementDisconnected")
	w.expect(`null`, a, "connect", "sink", b)
	same(t, l.take("mediaType"), "ElementConnected AUDIO", "ElementConnected VIDEO", "ElementConnected DATA")
	w.expect(`null`, c, "connect", "sink", b, "mediaType", "VIDEO") // takes it over
	same(t, l.take("mediaType"), "ElementDisconnected VIDEO")
	w.expect(`null`, a, "disconnect", "sink", b) // also for what is not connected
	same(t, l.take("mediaType"), "ElementDisconnected AUDIO", "ElementDisconnected VIDEO", "ElementDisconnected DATA")
	w.expect(`null`, a, "connect", "sink", b, "mediaType", "AUDIO")
	w.expect(`[{"__module__":"kurento","__type__":"ElementConnectionData","sink":"`+b.ID()+`","sinkDescription":"default","source":"`+
		a.ID()+`","sourceDescription":"default","type":"AUDIO"}]`, a, "getSinkConnections")
	w.expect(`[]`, a, "getSourceConnections")
	w.expect(`[]`, b, "getSourceConnections", "mediaType", "DATA")
	l.take("")
	w.Release(b)
	same(t, l.take("mediaType"), "ElementDisconnected AUDIO")

	other := w.create("PassThrough", "mediaPipeline", w.create("MediaPipeline"))
	w.expect(`40004 CONNECT_ERROR: Media elements do not share pipeline`, a, "connect", "sink", other)
	w.expect(`40101 MEDIA_OBJECT_NOT_FOUND: Object '`+b.ID()+`' not found`, a, "connect", "sink", b)
	w.expect(`40101 MEDIA_OBJECT_NOT_FOUND: object '`+p.ID()+`' is of the wrong class for parameter 'sink'`, a, "connect", "sink", p)
	w.expect(`40107 MEDIA_OBJECT_ILLEGAL_PARAM_ERROR: Media type DATA is not supported for MediaFlowingIn`, a, "isMediaFlowingIn", "mediaType", "DATA")
	w.expect(`false`, a, "isMediaFlowingOut", "mediaType", "AUDIO")
	w.expect(`null`, a, "getStats")
}
