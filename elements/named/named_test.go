package named

import (
	"errors"
	"testing"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/pipeline"
)

func TestFind(t *testing.T) {
	objects := elementtest.Server(t, nil)
	one, other := elementtest.Pipeline(t, objects), elementtest.Pipeline(t, objects)
	create := func(p *pipeline.MediaPipeline, name string) pipeline.Object {
		o := elementtest.Create(t, objects, "TestSink", elementtest.In(p))
		elementtest.Must(t, o, "setName", map[string]any{"name": name})
		return o
	}
	stage := create(other, "the stage")
	create(one, "twin")
	create(other, "twin")
	for _, name := range []string{"the stage", stage.ID()} {
		if found, in, err := Find(objects, name); err != nil || found != stage || in != other {
			t.Errorf("%q: %v in %v, %v", name, found, in, err)
		}
	}
	for name, want := range map[string]error{"nobody": ErrNone, "": ErrNone, one.ID(): ErrNone, "twin": ErrSeveral} {
		if _, _, err := Find(objects, name); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", name, err, want)
		}
	}
}

func TestWhatIsLocal(t *testing.T) {
	if Local("192.0.2.1:1") || !Local("[::ffff:127.0.0.1]:1") || LocalName("example.com:80") || !LocalName("[::1]:80") || !LocalName("LOCALHOST") {
		t.Error("what is local")
	}
}

func TestToken(t *testing.T) {
	s := Settings{Access: AccessToken, Token: "s3cret"}
	if !s.Knows("s3cret") || s.Knows("s3cre") || s.Knows("") || (Settings{Access: AccessToken}).Knows("") || s.Off() || !(Settings{}).Off() {
		t.Error("who is admitted")
	}
}
