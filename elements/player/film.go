package player

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/rivero-media/rivero/elements/player/demux"
	"github.com/rivero-media/rivero/elements/player/hls"
	"github.com/rivero-media/rivero/elements/player/playback"
)

// errOpen is wrapped when there is nothing to be read behind a URI.
var errOpen = errors.New("cannot open")

// film plays a file once: a goroutine that opens it and runs its playback.
type film struct {
	*playback.Playback
	endpoint *Endpoint
	cancel   context.CancelFunc
	done     chan struct{}
}

// startFilm begins to play, or to wait in pause.
func startFilm(e *Endpoint, paused bool) *film {
	ctx, cancel := context.WithCancel(context.Background())
	f := &film{Playback: playback.New(&e.stage, paused), endpoint: e, cancel: cancel, done: make(chan struct{})}
	go f.run(ctx)
	return f
}

// stop is part of playing. Not to be called on the goroutine of run.
func (f *film) stop() {
	f.cancel()
	<-f.done
}

func (f *film) run(ctx context.Context) {
	defer close(f.done)
	defer f.cancel()
	err := f.play(ctx)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		f.endpoint.failed(err)
		if errors.Is(err, errOpen) || errors.Is(err, playback.ErrMedia) {
			return // the original stays in START then
		}
	}
	f.endpoint.finished(f)
}

func (f *film) play(ctx context.Context) error {
	e := f.endpoint
	uri := e.Resolve(e.settings.DefaultPath)
	if u, err := url.Parse(uri); err == nil && strings.HasPrefix(strings.ToLower(u.Scheme), "http") && hls.Named(u.Path) {
		return f.playList(ctx, uri)
	}
	file, err := open(ctx, uri, e.settings.Access)
	if err != nil {
		return fmt.Errorf("%w: %w", errOpen, err)
	}
	defer file.Close()
	if r, ok := file.(interface{ contentType() string }); ok && hls.Is(r.contentType()) {
		return f.playList(ctx, uri)
	}
	stopReading := context.AfterFunc(ctx, func() { file.Close() }) // wakes a read that waits for a slow disk or server
	defer stopReading()
	return f.File(ctx, file)
}

// playList plays an HLS playlist.
func (f *film) playList(ctx context.Context, uri string) error {
	policy := f.endpoint.settings.Access
	client := policy.HTTPClient(answerTimeout)
	defer client.CloseIdleConnections()
	r, err := hls.Open(ctx, client, policy.URI, uri)
	switch {
	case errors.Is(err, demux.ErrFormat) || errors.Is(err, demux.ErrTruncated):
		return fmt.Errorf("%w: %w", playback.ErrMedia, err)
	case err != nil:
		return fmt.Errorf("%w: %w", errOpen, err)
	}
	defer r.Close()
	return f.Play(ctx, r)
}
