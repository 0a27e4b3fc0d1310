package jsonrpc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/conf"
	"github.com/rivero-media/rivero/elements"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/wire"
)

// gates let a test decide when an operation goes on. A gate is there when it is first named.
type gates struct {
	mu     sync.Mutex
	byName map[string]*gate
}

type gate struct{ reached, open chan struct{} }

func (g *gates) get(name string) *gate {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.byName == nil {
		g.byName = make(map[string]*gate)
	}
	if g.byName[name] == nil {
		g.byName[name] = &gate{make(chan struct{}, 100), make(chan struct{})}
	}
	return g.byName[name]
}

// reached waits until an operation has come to the gate.
func (g *gates) reached(t testing.TB, name string) {
	t.Helper()
	select {
	case <-g.get(name).reached:
	case <-time.After(patience):
		t.Fatalf("nobody came to gate %s", name)
	}
}

func (g *gates) open(name string) { close(g.get(name).open) }

func (g *gates) pass(ctx context.Context, name string) error {
	gate := g.get(name)
	gate.reached <- struct{}{}
	select {
	case <-gate.open:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// probe is an element with operations that tests need.
type probe struct {
	pipeline.MediaElement
	gates *gates
}

type inPipeline struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
}

type gateParams struct {
	Gate string `kurento:"gate"`
}

// Probed is an event of Probe.
type Probed struct {
	pipeline.Media
	Number int `kurento:"number"`
}

// testClasses are classes that only tests have. Their operations stop at gates.
func testClasses(g *gates) []*pipeline.Class {
	wait := func(ctx context.Context, p *probe, params gateParams) (string, error) {
		return params.Gate, p.gates.pass(ctx, params.Gate)
	}
	return []*pipeline.Class{{
		Name: "Probe", Module: "core", Parent: pipeline.MediaElementClass,
		New: pipeline.New(func(_ context.Context, c pipeline.Creation, params inPipeline) (pipeline.Object, error) {
			p := &probe{gates: g}
			p.Setup(c, p, params.MediaPipeline, params.MediaPipeline)
			return p, nil
		}),
		Methods: pipeline.Methods(
			pipeline.Op("wait", wait),
			pipeline.Slow(pipeline.Op("takeLong", wait)),
			pipeline.Do("panic", func(context.Context, *probe, pipeline.None) error { panic("out of luck") }),
			pipeline.Do("fail", func(context.Context, *probe, pipeline.None) error {
				return fmt.Errorf("no luck: %w", errors.New("none left"))
			}),
			pipeline.Do("emit", func(_ context.Context, p *probe, n struct {
				Number int `kurento:"number"`
			}) error {
				p.Emit(Probed{Number: n.Number})
				return nil
			}),
		),
		Events: []pipeline.EventType{pipeline.Raises[Probed]("OldProbed")},
	}}
}

// allClasses is an object model with every class there is, as the program has it by default but for what change does.
func allClasses(t testing.TB, change ...func(*conf.Config)) *pipeline.Server {
	t.Helper()
	return classesOf(t, func(*pipeline.Class) bool { return true }, change...)
}

// recordedClasses is allClasses without the modules that recorded servers did not have.
func recordedClasses(t testing.TB, change ...func(*conf.Config)) *pipeline.Server {
	t.Helper()
	return classesOf(t, func(c *pipeline.Class) bool { return c.WireModule() == wire.DefaultModule }, change...)
}

func classesOf(t testing.TB, wanted func(*pipeline.Class) bool, change ...func(*conf.Config)) *pipeline.Server {
	t.Helper()
	c, err := conf.Load(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.HttpEndpoint.ServerPort = 0 // the real one may be in use
	for _, f := range change {
		f(c)
	}
	set, err := elements.Open(c, func(string) zerolog.Logger { return zerolog.Nop() })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(set.Close)
	settings := testSettings
	settings.Steps = elements.Steps(c)
	unwanted := func(c *pipeline.Class) bool { return !wanted(c) }
	objects := pipeline.NewServer(settings, slices.DeleteFunc(set.Classes, unwanted), zerolog.Nop())
	t.Cleanup(objects.Close)
	return objects
}
