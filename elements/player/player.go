// Package player is the PlayerEndpoint class: it plays a file into the pipeline, paced by the file's time stamps, or what an
// RTSP server sends, as it comes.
package player

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/rivero-media/rivero/elements/access"
	"github.com/rivero-media/rivero/elements/endpoint"
	"github.com/rivero-media/rivero/elements/player/playback"
	"github.com/rivero-media/rivero/elements/player/rtsp"
	"github.com/rivero-media/rivero/pipeline"
)

// Settings are what the class needs of the configuration.
type Settings struct {
	DefaultPath      string // in front of URIs without a scheme
	Access           *access.Policy
	MinPort, MaxPort int           // UDP ports to receive RTSP streams on, zero: any
	Reconnect        time.Duration // the longest wait between attempts to reach an RTSP server that was lost; 0: none
}

// Endpoint is a PlayerEndpoint.
type Endpoint struct {
	endpoint.UriEndpoint
	settings Settings
	stage    playback.Stage // without outputs when they come with RTSP streams

	mu      sync.Mutex
	playing playing // nil when stopped
	closed  bool
}

// playing is one time of playing a URI, from play to stop or its end.
type playing interface {
	SetPaused(paused bool)
	Position() time.Duration
	Seek(t time.Duration) error
	Info() playback.Info
	// stop returns when nothing is played any more.
	stop()
}

// Class describes PlayerEndpoint. settings gives those that a new endpoint starts with.
func Class(settings func() Settings) *pipeline.Class {
	return &pipeline.Class{
		Name: "PlayerEndpoint", Module: "elements", Parent: endpoint.UriClass,
		New: pipeline.New(func(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
			return create(settings(), c, p), nil
		}),
		Methods: pipeline.Methods(
			pipeline.Get("videoInfo", (*Endpoint).videoInfo),
			pipeline.Get("elementGstreamerDot", (*Endpoint).Dot),
			pipeline.Property("position", (*Endpoint).position, (*Endpoint).setPosition),
			pipeline.Do("play", func(_ context.Context, e *Endpoint, _ pipeline.None) error { e.play(false); return nil }),
		),
		Events: []pipeline.EventType{pipeline.Raises[EndOfStream]()},
		Types:  []reflect.Type{reflect.TypeFor[VideoInfo]()},
	}
}

// EndOfStream is raised when everything was played.
type EndOfStream struct{ pipeline.Media }

// VideoInfo is what is known of the file that is played; times in ms.
type VideoInfo struct {
	IsSeekable   bool  `kurento:"isSeekable"`
	SeekableInit int64 `kurento:"seekableInit"`
	SeekableEnd  int64 `kurento:"seekableEnd"`
	Duration     int64 `kurento:"duration"`
}

// params are those of the constructor. useEncodedMedia makes no difference: what a receiver takes as it is is never
// decoded. Nor does networkCache, which in the original is the jitter buffer in front of its decoders: what an RTSP server sends
// is put in order and passed on at once, and whoever decodes waits itself, a browser as long as it sees fit, our own conversions
// and recorders for up to 512 packets (package codec/rtp).
type params struct {
	MediaPipeline   *pipeline.MediaPipeline `kurento:"mediaPipeline"`
	URI             string                  `kurento:"uri"`
	UseEncodedMedia bool                    `kurento:"useEncodedMedia,optional,default=false"`
	NetworkCache    int                     `kurento:"networkCache,optional,default=2000"`
}

func create(s Settings, c pipeline.Creation, p params) pipeline.Object {
	e := &Endpoint{settings: s}
	e.Setup(c, e, p.MediaPipeline, p.URI)
	if !rtsp.IsURI(p.URI) {
		e.stage.Setup(&e.MediaElement)
	}
	return e
}

// play begins, or goes on after a pause; paused begins in pause.
func (e *Endpoint) play(paused bool) {
	e.mu.Lock()
	switch {
	case e.closed:
	case e.playing == nil:
		e.playing = e.start(paused)
	default:
		e.playing.SetPaused(paused)
	}
	e.mu.Unlock()
	if paused {
		e.SetState(endpoint.Paused)
		return
	}
	e.SetState(endpoint.Started)
}

// start begins to play, or to wait in pause. Called locked.
func (e *Endpoint) start(paused bool) playing {
	if rtsp.IsURI(e.URI()) {
		return startLive(e, paused)
	}
	return startFilm(e, paused)
}

// Pause is part of UriEndpoint. Pausing what is stopped opens it and waits, as in the original.
func (e *Endpoint) Pause(context.Context) error {
	e.play(true)
	return nil
}

// Stop is part of UriEndpoint.
func (e *Endpoint) Stop(context.Context) error {
	e.halt()
	e.SetState(endpoint.Stopped)
	return nil
}

// halt ends what is being played and waits for it.
func (e *Endpoint) halt() {
	e.mu.Lock()
	p := e.playing
	e.playing = nil
	e.mu.Unlock()
	if p != nil {
		p.stop()
	}
}

func (e *Endpoint) current() playing {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.playing
}

func (e *Endpoint) position() int64 {
	if p := e.current(); p != nil {
		return max(p.Position().Milliseconds(), 0)
	}
	return 0
}

func (e *Endpoint) setPosition(ms int64) error {
	const longest = int64(1<<63-1) / int64(time.Millisecond)
	p := e.current()
	if p == nil || p.Seek(time.Duration(min(ms, longest))*time.Millisecond) != nil {
		return pipeline.Errorf(pipeline.PlayerSeekFail, "Seek fails")
	}
	return nil
}

func (e *Endpoint) videoInfo() VideoInfo {
	p := e.current()
	if p == nil {
		return VideoInfo{}
	}
	i := p.Info()
	ms := i.Duration.Milliseconds()
	if !i.Seekable {
		return VideoInfo{Duration: ms}
	}
	return VideoInfo{IsSeekable: true, SeekableEnd: ms, Duration: ms}
}

// failed tells why nothing is played, or not all of it.
func (e *Endpoint) failed(err error) {
	log := e.Log()
	log.Warn().Err(err).Str("uri", access.Masked(e.URI())).Msg("cannot play")
	switch {
	case errors.Is(err, errScheme):
		scheme, _, _ := strings.Cut(e.URI(), "://")
		e.Emit(pipeline.Error{
			Description: fmt.Sprintf("Error code 12: No URI handler implemented for %q.", scheme),
			ErrorCode:   12, // GST_CORE_ERROR_MISSING_PLUGIN
			Type:        "UNEXPECTED_ELEMENT_ERROR",
		})
	case errors.Is(err, access.ErrDenied):
		e.Emit(pipeline.Error{Description: fmt.Sprintf("Invalid URI: %v", err), Type: "INVALID_URI"})
	case errors.Is(err, errOpen):
		e.Emit(pipeline.Error{Description: "Invalid URI", Type: "INVALID_URI"})
	case errors.Is(err, playback.ErrMedia):
		e.Emit(pipeline.Error{Description: fmt.Sprintf("Invalid Media: %v", err), Type: "INVALID_MEDIA"})
	default:
		e.Emit(pipeline.Error{Description: err.Error(), Type: "STREAM_ERROR_FAILED"})
	}
}

// lost tells that an RTSP server is gone, or is still, and when it will be asked again.
func (e *Endpoint) lost(err error, wait time.Duration) {
	log := e.Log()
	log.Warn().Err(err).Str("uri", access.Masked(e.URI())).Stringer("wait", wait).Msg("rtsp server is lost and will be asked again")
	e.Emit(pipeline.Error{Description: fmt.Sprintf("RTSP server is lost: %v; next attempt in %v", err, wait), Type: "STREAM_ERROR_FAILED"})
}

// finished is reached when p has played everything, or as far as it goes. What was stopped meanwhile has nothing to say.
func (e *Endpoint) finished(p playing) {
	e.mu.Lock()
	if e.playing != p {
		e.mu.Unlock()
		return
	}
	e.playing = nil
	e.mu.Unlock()
	e.stage.End()
	e.SetState(endpoint.Stopped)
	e.Emit(EndOfStream{})
}

// Close ends what is being played.
func (e *Endpoint) Close() {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.halt()
	e.UriEndpoint.Close()
	e.stage.Close()
}
