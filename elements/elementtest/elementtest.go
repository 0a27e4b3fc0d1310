// Package elementtest is the suite that every element has to pass, and the elements that tests connect to it: a
// Source that produces packets and a Sink that counts them. Only tests import it.
package elementtest

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
	"github.com/rivero-media/rivero/pipeline/wire"
)

// patience is how long a condition may take to become true on a busy machine.
const patience = 30 * time.Second

// Eventually waits until cond is true.
func Eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain: %s", patience, what)
		}
		<-tick.C
	}
}

// Server is an object model with the given classes and those of this package. It is closed with the test.
func Server(t testing.TB, steps codec.Steps, classes ...*pipeline.Class) *pipeline.Server {
	s := pipeline.NewServer(pipeline.Settings{Steps: steps}, append(classes, SourceClass, SinkClass, RawClass), zerolog.Nop())
	t.Cleanup(s.Close)
	return s
}

// Create makes an object from parameters given as a Go value that encodes to their JSON.
func Create(t testing.TB, s *pipeline.Server, class string, params any) pipeline.Object {
	t.Helper()
	o, err := TryCreate(s, class, params)
	if err != nil {
		t.Fatalf("create %s %v: %v", class, params, err)
	}
	return o
}

// TryCreate is Create for parameters that may be refused.
func TryCreate(s *pipeline.Server, class string, params any) (pipeline.Object, error) {
	raw, err := json.Marshal(params)
	if err != nil {
		return nil, err
	}
	return s.Create(context.Background(), class, raw)
}

// Pipeline makes a MediaPipeline.
func Pipeline(t testing.TB, s *pipeline.Server) *pipeline.MediaPipeline {
	return Create(t, s, "MediaPipeline", nil).(*pipeline.MediaPipeline)
}

// In is the parameters of a constructor that needs a pipeline, and others.
func In(p *pipeline.MediaPipeline, others ...any) map[string]any {
	params := map[string]any{"mediaPipeline": p.ID()}
	for i := 0; i < len(others); i += 2 {
		params[others[i].(string)] = others[i+1]
	}
	return params
}

// Invoke calls an operation and returns its result as JSON.
func Invoke(o pipeline.Object, operation string, params any) (string, error) {
	raw, err := json.Marshal(params)
	if err != nil {
		return "", err
	}
	m := o.Base().Class().Method(operation)
	if m == nil {
		return "", fmt.Errorf("%s has no operation %s", o.Base().Class().Name, operation)
	}
	v, err := m.Invoke(context.Background(), o, raw)
	if err != nil {
		return "", err
	}
	out, err := wire.Encode(v)
	return string(out), err
}

// Must is Invoke for operations that have to succeed.
func Must(t testing.TB, o pipeline.Object, operation string, params any) string {
	t.Helper()
	out, err := Invoke(o, operation, params)
	if err != nil {
		t.Fatalf("%s %v: %v", operation, params, err)
	}
	return out
}

// Connect links two elements for all kinds of media.
func Connect(t testing.TB, from, to pipeline.Object) {
	t.Helper()
	Must(t, from, "connect", map[string]any{"sink": to.ID()})
}

// Events collects what an object raises.
type Events struct {
	mu   sync.Mutex
	seen []pipeline.Notification
}

// Listen subscribes to events of an object.
func Listen(t testing.TB, o pipeline.Object, names ...string) *Events {
	t.Helper()
	e := &Events{}
	for _, n := range names {
		if err := o.Base().Subscribe(n, e); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

// Notify is part of pipeline.Subscriber.
func (e *Events) Notify(n pipeline.Notification) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seen = append(e.seen, n)
}

// Types are the names of all events so far, in order.
func (e *Events) Types() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var types []string
	for _, n := range e.seen {
		types = append(types, n.Type)
	}
	return types
}

// Await waits for an event and returns its data.
func (e *Events) Await(t testing.TB, name string) map[string]any {
	t.Helper()
	var data map[string]any
	Eventually(t, "event "+name, func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		for i, n := range e.seen {
			if n.Type == name {
				if err := json.Unmarshal(n.Data, &data); err != nil {
					t.Fatal(err)
				}
				e.seen = append(e.seen[:i], e.seen[i+1:]...)
				return true
			}
		}
		return false
	})
	return data
}

// Sink is an element that takes everything, unless it is told otherwise, and counts it.
type Sink struct {
	pipeline.MediaElement
	mu      sync.Mutex
	packets [len(media.Kinds)]int
	last    [len(media.Kinds)]media.Packet
	formats [len(media.Kinds)]*media.Format
	ends    int
	Frames  bool   // takes whole frames only; set before connecting
	Sound   string // the only codec of sound that it takes, "": any; set before connecting
}

// SinkClass describes Sink.
var SinkClass = &pipeline.Class{
	Name: "TestSink", Module: "test", Parent: pipeline.MediaElementClass,
	New: pipeline.New(func(_ context.Context, c pipeline.Creation, p pipelineParams) (pipeline.Object, error) {
		s := &Sink{Frames: p.Frames, Sound: p.Sound}
		s.Setup(c, s, p.MediaPipeline, p.MediaPipeline)
		s.Update(func(g *graph.Edit, n *graph.Node) {
			for _, k := range media.Kinds {
				g.SetInput(n, k, &sinkInput{s, k})
			}
		})
		return s, nil
	}),
}

type pipelineParams struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
	Frames        bool                    `kurento:"frames,optional,default=false"`
	Sound         string                  `kurento:"sound,optional,default="`
}

type sinkInput struct {
	sink *Sink
	kind media.Kind
}

func (in *sinkInput) Accept(f media.Format) (int, bool) {
	other := f.Kind == media.Audio && in.sink.Sound != "" && f.Codec != in.sink.Sound
	return 0, f.Kind == in.kind && !other && (!in.sink.Frames || !f.Packed)
}

func (in *sinkInput) Bind(f *media.Format, _ media.Source) {
	in.sink.mu.Lock()
	defer in.sink.mu.Unlock()
	in.sink.formats[in.kind] = f
}

func (in *sinkInput) Write(p *media.Packet) {
	in.sink.mu.Lock()
	defer in.sink.mu.Unlock()
	if in.sink.formats[in.kind] == p.Format {
		in.sink.packets[in.kind]++
		in.sink.last[in.kind] = *p
		in.sink.last[in.kind].Data = nil // valid during Write only
	}
}

func (in *sinkInput) End() {
	in.sink.mu.Lock()
	defer in.sink.mu.Unlock()
	in.sink.ends++
}

// Count is how many packets of a kind have come.
func (s *Sink) Count(k media.Kind) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.packets[k]
}

// Last is the last packet of a kind, without its data.
func (s *Sink) Last(k media.Kind) media.Packet {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last[k]
}

// Ends is how many streams have come to their end.
func (s *Sink) Ends() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ends
}

// Source is an element that produces packets of audio and video all the time.
type Source struct {
	pipeline.MediaElement
	outputs [2]*media.Output
	stop    chan struct{}
	done    sync.WaitGroup
	once    sync.Once
}

// SourceClass describes Source.
var SourceClass = &pipeline.Class{
	Name: "TestSource", Module: "test", Parent: pipeline.MediaElementClass,
	New: pipeline.New(func(_ context.Context, c pipeline.Creation, p pipelineParams) (pipeline.Object, error) {
		s := &Source{stop: make(chan struct{})}
		s.Setup(c, s, p.MediaPipeline, p.MediaPipeline)
		for i, f := range []media.Format{
			{Kind: media.Audio, Codec: media.Opus, Packed: !p.Frames, ClockRate: 48000, Channels: 2},
			{Kind: media.Video, Codec: media.VP8, Packed: !p.Frames, ClockRate: 90000},
		} {
			s.outputs[i] = s.NewOutput(media.NoUpstream{})
			s.outputs[i].SetFormat(f)
		}
		s.Update(func(g *graph.Edit, n *graph.Node) {
			g.SetOutput(n, media.Audio, s.outputs[0])
			g.SetOutput(n, media.Video, s.outputs[1])
		})
		s.done.Go(s.produce)
		return s, nil
	}),
}

// keyFrame is the beginning of a VP8 key frame of 16x16 pixels (RFC 6386 §9.1) and nothing that could be decoded.
var keyFrame = []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 16, 0, 16, 0, 0, 0, 0}

func (s *Source) produce() {
	var b media.Burst
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-s.stop:
			return
		case <-tick.C:
		}
		for _, out := range s.outputs {
			data := keyFrame
			if out.Format().Kind == media.Video && out.Format().Packed {
				data = append([]byte{0x10}, keyFrame...) // RFC 7741 §4.2: start of partition 0
			}
			p := media.Packet{Format: out.Format(), PTS: media.Now(), At: media.Now(), Key: true, Data: data, Burst: &b}
			p.RTP.Version, p.RTP.SequenceNumber, p.RTP.Timestamp, p.RTP.Marker = 2, uint16(n), uint32(n*90), true
			out.Write(&p)
		}
		b.Flush()
	}
}

// Close ends the production.
func (s *Source) Close() {
	s.once.Do(func() { close(s.stop) })
	s.done.Wait()
	s.MediaElement.Close()
}

// Suite is what every element has to pass: create makes one in a pipeline.
func Suite(t *testing.T, s *pipeline.Server, create func(p *pipeline.MediaPipeline) pipeline.Object) {
	t.Run("links change under traffic", func(t *testing.T) {
		p := Pipeline(t, s)
		defer s.Release(p)
		e := create(p)
		source, sink := Create(t, s, "TestSource", In(p)), Create(t, s, "TestSink", In(p))
		for range 20 {
			Connect(t, source, e)
			Connect(t, e, sink)
			Must(t, source, "disconnect", map[string]any{"sink": e.ID()})
			Connect(t, e, e) // loops are legal
			Must(t, e, "disconnect", map[string]any{"sink": sink.ID(), "mediaType": "VIDEO"})
		}
	})
	t.Run("every event can be subscribed to", func(t *testing.T) {
		p := Pipeline(t, s)
		defer s.Release(p)
		e := create(p)
		for c := e.Base().Class(); c != nil; c = c.Parent {
			for _, ev := range c.Events {
				Listen(t, e, append([]string{ev.Name}, ev.Aliases...)...)
			}
		}
		if err := e.Base().Subscribe("NoSuchEvent", &Events{}); err == nil {
			t.Error("an unknown event can be subscribed to")
		}
	})
	t.Run("every getter answers", func(t *testing.T) {
		p := Pipeline(t, s)
		defer s.Release(p)
		e := create(p)
		for c := e.Base().Class(); c != nil; c = c.Parent {
			for _, m := range c.Methods {
				if m.IsGetter() {
					Must(t, e, m.Name, nil)
				}
			}
		}
	})
	t.Run("released while connected, and twice", func(t *testing.T) {
		p := Pipeline(t, s)
		e := create(p)
		source, sink := Create(t, s, "TestSource", In(p)), Create(t, s, "TestSink", In(p))
		Connect(t, source, e)
		Connect(t, e, sink)
		gone := Listen(t, s.Manager(), "ObjectDestroyed")
		s.Release(e)
		s.Release(e)
		e.Close()
		if got := gone.Await(t, "ObjectDestroyed")["objectId"]; got != e.ID() {
			t.Errorf("destroyed %v", got)
		}
		if _, err := s.Object(e.ID()); err == nil {
			t.Error("a released object is still found")
		}
		if types := gone.Types(); len(types) != 0 {
			t.Errorf("more was destroyed: %v", types)
		}
		s.Release(p)
	})
	t.Run("released with its pipeline", func(t *testing.T) {
		p := Pipeline(t, s)
		e := create(p)
		Connect(t, Create(t, s, "TestSource", In(p)), e)
		s.Release(p)
		if _, err := s.Object(e.ID()); err == nil {
			t.Error("the pipeline is gone, the element is not")
		}
	})
}
