// Package recorder is the RecorderEndpoint class: what is connected to it is written into a file. The writing itself is
// in the recorder package at the top of the project.
package recorder

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rivero-media/rivero/elements/access"
	"github.com/rivero-media/rivero/elements/endpoint"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
	"github.com/rivero-media/rivero/recorder"
)

// Settings are what the class needs of the configuration.
type Settings struct {
	DefaultPath string // in front of URIs without a scheme
	Access      *access.Policy
	Uploads     Uploads
	StartWait   time.Duration // how long a file waits for a kind from which nothing comes, 0: for ever
	ClosesGaps  bool          // GENPTS: lost sound leaves no hole
}

// stopWait is how long stopAndWait waits at most, as the original does.
const stopWait = 4 * time.Second

// settle is how long a recording that lacks a kind its profile allows waits for it to be connected: clients
// connect one kind after the other, some of them after record (OpenVidu).
const settle = 500 * time.Millisecond

// Endpoint is a RecorderEndpoint.
type Endpoint struct {
	endpoint.UriEndpoint
	profile  profile
	rec      *recorder.Recorder
	eosStops bool

	mu      sync.Mutex
	settled *time.Timer // until the kinds that are connected count as all that will come
	waiting bool        // for that
	ended   [len(media.Kinds)]bool
	refused [len(media.Kinds)]refusal
	begun   bool // record was called
	closed  bool
	tasks   sync.WaitGroup // goroutines that stop the recording at the end of its source
}

// refusal is what comes and cannot be recorded.
type refusal struct {
	codec, reason string
	told          bool // to the client
}

// Class describes RecorderEndpoint. settings gives those that a new endpoint starts with.
func Class(settings func() Settings) *pipeline.Class {
	return &pipeline.Class{
		Name: "RecorderEndpoint", Module: "elements", Parent: endpoint.UriClass,
		New: pipeline.New(func(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
			return create(settings(), c, p)
		}),
		Methods: pipeline.Methods(
			pipeline.Do("record", func(_ context.Context, e *Endpoint, _ pipeline.None) error { return e.record() }),
			pipeline.Slow(pipeline.Do("stopAndWait", func(ctx context.Context, e *Endpoint, _ pipeline.None) error {
				return e.stopAndWait(ctx)
			})),
		),
		Events: []pipeline.EventType{
			pipeline.Raises[Recording](), pipeline.Raises[Paused](), pipeline.Raises[Stopped](),
		},
		Types: []reflect.Type{reflect.TypeFor[GapsFixMethod]()},
	}
}

// Recording is raised when the first frame is written, and when recording goes on after a pause.
type Recording struct{ pipeline.Media }

// Paused is raised when a pause was asked for.
type Paused struct{ pipeline.Media }

// Stopped is raised when the file is complete.
type Stopped struct{ pipeline.Media }

type params struct {
	MediaPipeline     *pipeline.MediaPipeline `kurento:"mediaPipeline"`
	URI               string                  `kurento:"uri"`
	MediaProfile      MediaProfileSpecType    `kurento:"mediaProfile,optional,default=WEBM"`
	StopOnEndOfStream bool                    `kurento:"stopOnEndOfStream,optional,default=false"`
}

func create(s Settings, c pipeline.Creation, p params) (pipeline.Object, error) {
	e := &Endpoint{profile: profileOf(p.MediaProfile, p.URI), eosStops: p.StopOnEndOfStream}
	e.Setup(c, e, p.MediaPipeline, p.URI)
	e.rec = recorder.New(recorder.Options{
		Container:  e.profile.container,
		Kinds:      e.profile.kinds,
		Open:       e.target(s),
		Patience:   s.StartWait,
		ClosesGaps: s.ClosesGaps,
		Notify:     e.notify,
		Fail:       e.fail,
		Log:        e.Log(),
	})
	e.Update(func(g *graph.Edit, n *graph.Node) {
		for _, k := range e.profile.kinds {
			g.SetInput(n, k, &input{e.rec.Input(k), e, k})
		}
	})
	return e, nil
}

// input is the recorder's input, and hears when its source has come to the end and when it cannot be recorded.
type input struct {
	media.Input
	endpoint *Endpoint
	kind     media.Kind
}

// End is called by the source's goroutine.
func (in *input) End() { in.endpoint.sourceEnded(in.kind) }

// Accept is part of media.Input. What is not accepted may be converted; that is known when the graph is done.
func (in *input) Accept(f media.Format) (score int, ok bool) {
	if score, ok = in.Input.Accept(f); !ok {
		in.endpoint.lookAgain()
	}
	return score, ok
}

// sourceEnded stops the recording when all that is connected has ended and the client wants that.
func (e *Endpoint) sourceEnded(k media.Kind) {
	linked := e.LinkedKinds()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended[k] = true
	open := slices.ContainsFunc(e.profile.kinds, func(k media.Kind) bool { return slices.Contains(linked, k) && !e.ended[k] })
	if !e.eosStops || e.closed || open {
		return
	}
	e.tasks.Go(func() { e.finish(context.Background()) })
}

func (e *Endpoint) record() error {
	e.mu.Lock()
	clear(e.ended[:])
	e.begun = true
	e.mu.Unlock()
	e.LinksChanged()
	e.tellRefused()
	if err := e.rec.Record(); err != nil {
		log := e.Log()
		log.Warn().Err(err).Msg("record has no effect")
	}
	return nil
}

// LinksChanged has the recording wait for every kind that is connected, and for a while also for those that
// still may be.
func (e *Endpoint) LinksChanged() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return
	}
	e.rec.Expect(e.profile.kinds...)
	e.settle()
}

// lookAgain has it found out, in a moment, which kinds can be recorded. It does not put off what is about to be found out:
// it is called whenever anything changes in the pipeline.
func (e *Endpoint) lookAgain() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed && !e.waiting {
		e.settle()
	}
}

// settle is called locked.
func (e *Endpoint) settle() {
	if e.settled != nil {
		e.settled.Stop()
	}
	e.waiting, e.settled = true, time.AfterFunc(settle, e.expectLinked)
}

// expectLinked has the recording wait for what is connected and can be recorded.
func (e *Endpoint) expectLinked() {
	e.mu.Lock()
	e.waiting = false
	e.mu.Unlock()
	linked := e.LinkedKinds()
	wanted := slices.DeleteFunc(slices.Clone(linked), func(k media.Kind) bool {
		_, refused := e.RefusedFormat(k)
		return refused
	})
	e.mu.Lock()
	if !e.closed && len(linked) > 0 {
		e.rec.Expect(wanted...)
	}
	e.mu.Unlock()
}

// Refused is part of pipeline.Refuser. The client is told when it records.
func (e *Endpoint) Refused(k media.Kind, have media.Format, reason string) {
	if slices.Contains(e.profile.container.Takes(k), have.Codec) {
		reason = "the file has begun with another codec"
	}
	e.mu.Lock()
	if e.refused[k].codec != have.Codec {
		e.refused[k] = refusal{codec: have.Codec, reason: reason}
	}
	e.mu.Unlock()
	e.tellRefused()
}

// tellRefused raises an Error for each kind that comes and cannot be in the file, once for a codec.
func (e *Endpoint) tellRefused() {
	for _, k := range e.profile.kinds {
		if _, still := e.RefusedFormat(k); !still {
			continue
		}
		e.mu.Lock()
		r := &e.refused[k]
		codec, reason, news := r.codec, r.reason, e.begun && !e.closed && !r.told && r.codec != ""
		r.told = r.told || news
		e.mu.Unlock()
		if news {
			e.fail(fmt.Errorf("%w %s with profile %s, %s: the recording goes on without %s", recorder.ErrCodec, codec,
				e.profile.name, reason, strings.ToLower(k.String())))
		}
	}
}

// hasBegun tells whether record was called.
func (e *Endpoint) hasBegun() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.begun
}

// Pause is part of UriEndpoint. It returns at once; Paused follows, also when nothing was to be recorded yet.
func (e *Endpoint) Pause(context.Context) error {
	if !e.hasBegun() {
		e.notify(recorder.Paused)
		return nil
	}
	if err := e.rec.Pause(); err != nil && !errors.Is(err, recorder.ErrStopped) {
		return err
	}
	return nil
}

// Stop is part of UriEndpoint. It returns at once; Stopped follows when the file is complete.
func (e *Endpoint) Stop(context.Context) error {
	now, cancel := context.WithCancel(context.Background())
	cancel()
	e.finish(now)
	return nil
}

func (e *Endpoint) stopAndWait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopWait)
	defer cancel()
	e.finish(ctx)
	return nil
}

// finish stops the recording and waits for the file until ctx ends. Before record there is nothing to stop.
func (e *Endpoint) finish(ctx context.Context) {
	if !e.hasBegun() {
		return
	}
	if err := e.rec.Stop(ctx); err != nil && !errors.Is(err, context.Canceled) {
		log := e.Log()
		log.Warn().Err(err).Msg("stop does not wait any longer")
	}
}

// notify turns what happens to the file into events: the state first, then the event of its own.
func (e *Endpoint) notify(ev recorder.Event) {
	switch ev {
	case recorder.Recording:
		e.SetState(endpoint.Started)
		e.Emit(Recording{})
	case recorder.Paused:
		e.SetState(endpoint.Paused)
		e.Emit(Paused{})
	case recorder.Stopped:
		e.SetState(endpoint.Stopped)
		e.Emit(Stopped{})
	}
}

// failures are the error types of the protocol, with the codes that GStreamer gives them (GstResourceError,
// GstStreamError).
var failures = []struct {
	err  error
	typ  string
	code int
}{
	{recorder.ErrOpen, "RESOURCE_ERROR_OPEN", 6},
	{recorder.ErrNoSpace, "RESOURCE_ERROR_NO_SPACE_LEFT", 14},
	{recorder.ErrWrite, "RESOURCE_ERROR_WRITE", 10},
	{recorder.ErrCodec, "STREAM_ERROR_DECODE", 7},
}

func (e *Endpoint) fail(err error) {
	log := e.Log()
	log.Error().Err(err).Str("uri", e.URI()).Msg("recording failed")
	typ, code := "UNEXPECTED_ELEMENT_ERROR", 0
	for _, f := range failures {
		if errors.Is(err, f.err) {
			typ, code = f.typ, f.code
			break
		}
	}
	e.Emit(pipeline.Error{Description: err.Error(), ErrorCode: code, Type: typ})
}

// Close completes the file first.
func (e *Endpoint) Close() {
	e.mu.Lock()
	e.closed = true
	if e.settled != nil {
		e.settled.Stop()
	}
	e.mu.Unlock()
	e.tasks.Wait()
	e.rec.Close()
	e.UriEndpoint.Close()
}
