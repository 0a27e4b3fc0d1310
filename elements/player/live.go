package player

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rivero-media/rivero/elements/endpoint"
	"github.com/rivero-media/rivero/elements/player/playback"
	"github.com/rivero-media/rivero/elements/player/rtsp"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

// live plays what an RTSP server sends: a goroutine that connects and waits for the end, and connects again when a server
// that has played is lost. Packets go from the source's
// own goroutines to the receivers. Pause takes the outputs out of the graph and leaves the server alone: cameras drop a
// session that is paused for long, and whoever is routed again gets what came since the last key frame.
type live struct {
	endpoint *Endpoint
	cancel   context.CancelFunc
	done     chan struct{}

	mu      sync.Mutex
	paused  bool
	played  bool                         // at least once
	outputs map[media.Kind]*media.Output // of the source that plays, nil: none does
	begin   time.Duration                // of playing, on the pipeline clock
}

func startLive(e *Endpoint, paused bool) *live {
	ctx, cancel := context.WithCancel(context.Background())
	l := &live{endpoint: e, cancel: cancel, done: make(chan struct{}), paused: paused}
	go l.run(ctx)
	return l
}

// stop is part of playing. Not to be called on the goroutine of run.
func (l *live) stop() {
	l.cancel()
	<-l.done
}

// firstWait is how long after a loss the server is asked again; each attempt in vain doubles it.
const firstWait = time.Second

func (l *live) run(ctx context.Context) {
	defer close(l.done)
	defer l.cancel()
	longest := l.endpoint.settings.Reconnect
	wait := min(firstWait, longest)
	for {
		playing, err := l.play(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil: // the server says that it was all
			l.endpoint.finished(l)
			return
		case longest == 0 || !l.played:
			l.endpoint.failed(err)
			if !errors.Is(err, errOpen) && !errors.Is(err, playback.ErrMedia) { // the original stays in START then
				l.endpoint.finished(l)
			}
			return
		case playing:
			wait = min(firstWait, longest)
		}
		l.endpoint.lost(err, wait)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = min(2*wait, longest)
	}
}

// play connects and plays until the end; playing tells whether it came to that.
func (l *live) play(ctx context.Context) (playing bool, err error) {
	e := l.endpoint
	source, err := rtsp.Open(ctx, e.URI(), rtsp.Options{
		MinPort: e.settings.MinPort, MaxPort: e.settings.MaxPort, Access: e.settings.Access,
		Woken: e.Woken, FormatChanged: e.FormatChanged, Log: e.Log(),
	})
	switch {
	case errors.Is(err, rtsp.ErrNoMedia):
		return false, fmt.Errorf("%w: %w", playback.ErrMedia, err)
	case err != nil:
		return false, fmt.Errorf("%w: %w", errOpen, err)
	}
	defer source.Close()
	outputs := source.Outputs()
	l.show(outputs)
	defer l.show(nil)
	if l.played {
		e.Emit(endpoint.UriEndpointStateChanged{State: endpoint.Started}) // the state was that all the time
	}
	l.played = true
	err = source.Play()
	if ctx.Err() == nil && (err == nil || e.settings.Reconnect == 0) { // nobody writes any more
		for _, out := range outputs {
			out.End()
		}
	}
	return true, err
}

// show puts outputs into the graph in place of those before, unless it is pause.
func (l *live) show(outputs map[media.Kind]*media.Output) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.outputs, l.begin = outputs, media.Now()
	l.route()
}

// SetPaused is part of playing.
func (l *live) SetPaused(paused bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.paused != paused {
		l.paused = paused
		l.route()
	}
}

// route has the graph show what is to flow. Called locked.
func (l *live) route() {
	l.endpoint.Update(func(g *graph.Edit, n *graph.Node) {
		for _, k := range []media.Kind{media.Audio, media.Video} {
			if out := l.outputs[k]; out != nil && !l.paused {
				g.SetOutput(n, k, out)
			} else {
				g.SetOutput(n, k, nil)
			}
		}
	})
}

// Position is part of playing: how long the server has been playing.
func (l *live) Position() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.outputs == nil {
		return 0
	}
	return media.Now() - l.begin
}

// Seek is part of playing: what is live has no other place to go to.
func (l *live) Seek(time.Duration) error { return playback.ErrSeek }

// Info is part of playing.
func (l *live) Info() playback.Info { return playback.Info{} }
