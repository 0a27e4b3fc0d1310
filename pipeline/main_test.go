package pipeline_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/elements/passthrough"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// folder is an object that holds others: what a hub is to its ports.
type folder struct {
	pipeline.MediaObject
	onClose func()
}

func (f *folder) Close() {
	if f.onClose != nil {
		f.onClose()
	}
}

type folderParams struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline,optional"`
	Folder        *folder                 `kurento:"folder,optional"`
	Fail          bool                    `kurento:"fail,optional"`
}

// Filed is an event of Folder, Shelved one that has no type member.
type (
	Filed struct {
		pipeline.Media
		Page int `kurento:"page"`
	}
	Shelved struct {
		pipeline.RaiseBase
	}
	unknown struct{ pipeline.Media }
)

// world is a server with the classes of the tests.
type world struct {
	*testing.T
	*pipeline.Server
}

func newWorld(t *testing.T) *world {
	t.Helper()
	class := &pipeline.Class{
		Name: "Folder", Module: "office", Parent: pipeline.MediaObjectClass,
		New: pipeline.New(func(_ context.Context, c pipeline.Creation, p folderParams) (pipeline.Object, error) {
			if p.Fail {
				return nil, errors.New("no room")
			}
			f := &folder{}
			switch {
			case p.Folder != nil:
				f.Setup(c, p.Folder)
			case p.MediaPipeline != nil:
				f.Setup(c, p.MediaPipeline)
			default:
				f.Setup(c, nil)
			}
			return f, nil
		}),
		Methods: pipeline.Methods(pipeline.Op("page", func(_ context.Context, f *folder, p struct {
			Number int `kurento:"number"`
		}) (string, error) {
			return fmt.Sprintf("page %d", p.Number), nil
		})),
		Refer:  reflect.TypeFor[*folder](),
		Events: []pipeline.EventType{pipeline.Raises[Filed]("OldFiled"), pipeline.Raises[Shelved]()},
	}
	settings := pipeline.Settings{EncoderBitrate: codec.Bitrates{Target: 300_000, Max: 1000_000}, Metadata: json.RawMessage(`{"a":1}`)}
	s := pipeline.NewServer(settings, []*pipeline.Class{passthrough.Class, class}, zerolog.Nop())
	t.Cleanup(s.Close)
	return &world{t, s}
}

// create makes an object from pairs of parameter names and objects.
func (w *world) create(class string, params ...any) pipeline.Object {
	w.Helper()
	o, err := w.Create(w.Context(), class, object(params))
	if err != nil {
		w.Fatal(err)
	}
	return o
}

func object(params []any) json.RawMessage {
	var members []string
	for i := 0; i < len(params); i += 2 {
		value, err := wire.Encode(params[i+1])
		if err != nil {
			panic(err)
		}
		members = append(members, fmt.Sprintf("%q:%s", params[i], value))
	}
	return json.RawMessage("{" + strings.Join(members, ",") + "}")
}

// invoke calls an operation and returns the result or the error as it goes on the wire.
func (w *world) invoke(o pipeline.Object, operation string, params ...any) string {
	w.Helper()
	m := o.Base().Class().Method(operation)
	if m == nil {
		w.Fatalf("no operation %s", operation)
	}
	v, err := m.Invoke(w.Context(), o, object(params))
	if err != nil {
		var fault *pipeline.Fault
		if errors.As(err, &fault) {
			return fmt.Sprintf("%d %s: %v", fault.Code, fault.Type(), err)
		}
		return err.Error()
	}
	raw, err := wire.Encode(v)
	if err != nil {
		w.Fatal(err)
	}
	return string(raw)
}

func (w *world) expect(want string, o pipeline.Object, operation string, params ...any) {
	w.Helper()
	if got := w.invoke(o, operation, params...); got != want {
		w.Errorf("%s %v: got %s, want %s", operation, params, got, want)
	}
}

// listener notes what it is told.
type listener struct {
	mu   sync.Mutex
	told []pipeline.Notification
}

func (l *listener) Notify(n pipeline.Notification) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = append(l.told, n)
}

// names are the types of the events told, with one member of their data, and forgets them.
func (l *listener) take(member string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var names []string
	for _, n := range l.told {
		var data map[string]any
		if err := json.Unmarshal(n.Data, &data); err != nil {
			panic(err)
		}
		names = append(names, fmt.Sprint(n.Type, " ", data[member]))
	}
	l.told = nil
	return names
}

func (w *world) listen(o pipeline.Object, events ...string) *listener {
	w.Helper()
	l := &listener{}
	for _, name := range events {
		if err := o.Base().Subscribe(name, l); err != nil {
			w.Fatal(err)
		}
	}
	return l
}

func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q, want %q", got, want)
	}
}
