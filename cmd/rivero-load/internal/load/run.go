package load

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/cmd/rivero-load/internal/clip"
	"github.com/rivero-media/rivero/cmd/rivero-load/internal/kurento"
	"github.com/rivero-media/rivero/cmd/rivero-load/internal/measure"
	"github.com/rivero-media/rivero/cmd/rivero-load/internal/peer"
	"github.com/rivero-media/rivero/cmd/rivero-load/internal/proc"
	"github.com/rivero-media/rivero/cmd/rivero-load/internal/replay"
)

const (
	// openAhead is how far ahead the measuring window's limits are set, see measure.Window.Open.
	openAhead = 50 * time.Millisecond
	// drain is the time that the last packets of the window have to arrive.
	drain = 500 * time.Millisecond
	// cleanupTimeout limits the releases at the end, which happen after the run's context has ended too.
	cleanupTimeout = 10 * time.Second
)

// run is the state that all calls of one run share.
type run struct {
	opts    Options
	log     zerolog.Logger
	client  *kurento.Client
	factory *peer.Factory
	reel    *clip.Reel
	window  *measure.Window
	server  *proc.Process // nil: not measured
	self    *proc.Process // nil: no /proc

	mu     sync.Mutex // guards report while calls are being started
	report *Report
}

// Run puts the load on the server until it has measured or the context ends, which ends the measuring window too; then
// it releases everything on the server. The report says which calls failed; the error, that nothing could be measured.
func Run(ctx context.Context, opts Options) (report *Report, err error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	r := &run{opts: opts, log: opts.Log, window: measure.NewWindow()}
	if err := r.prepare(); err != nil {
		return nil, err
	}
	dial, cancel := context.WithTimeout(ctx, opts.Timeout)
	defer cancel()
	r.client, err = kurento.Dial(dial, opts.URL, kurento.Options{Insecure: opts.Insecure, Log: opts.Log})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.hangUp()) }()

	r.useBefore()
	switch opts.Mode {
	case Fanout:
		err = r.fanout(ctx)
	case Loopback:
		err = r.loopback(ctx)
	case Composed:
		err = r.composed(ctx)
	case Setup:
		err = r.setup(ctx)
	}
	if err != nil {
		return nil, err
	}
	r.report.finish()
	return r.report, nil
}

// prepare makes everything that needs no server.
func (r *run) prepare() error {
	c := clip.Synthesise(r.opts.Bitrate)
	if r.opts.Clip != "" {
		var err error
		if c, err = clip.Open(r.opts.Clip); err != nil {
			return err
		}
	}
	r.reel = clip.Cut(c, replay.MaxPayload)
	r.report = newReport(&r.opts, c.Name)

	options := r.opts.Peer
	if r.opts.Mode == Composed {
		options.MaxBitrate = r.opts.Picture.Bitrate
	}
	options.Loopback = options.Loopback || (r.opts.isLocal() && len(options.Interfaces) == 0)
	var err error
	if r.factory, err = peer.NewFactory(options); err != nil {
		return err
	}
	if r.opts.PID != 0 {
		if r.server, err = proc.Open(r.opts.PID); err != nil {
			return err
		}
	}
	if r.self, err = proc.Open(os.Getpid()); err != nil {
		r.log.Info().Err(err).Msg("own CPU time is not measured")
	}
	return nil
}

// hangUp releases what the session still holds and closes the connection.
func (r *run) hangUp() error {
	ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
	defer cancel()
	err := r.client.CloseSession(ctx)
	if errors.Is(err, kurento.ErrClosed) {
		err = nil // the report says so
	}
	return errors.Join(err, r.client.Close())
}

// release releases an object of the server, whether or not the run's context has ended.
func (r *run) release(object string) {
	ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
	defer cancel()
	if err := r.client.Release(ctx, object); err != nil {
		r.log.Warn().Err(err).Str("object", object).Msg("not released")
	}
}

// start calls f for 0 to Calls-1 at the pace of the ramp, each on its own goroutine, and returns when all have ended.
// When the context ends no more are started.
func (r *run) start(ctx context.Context, f func(i int)) {
	began := time.Now()
	var calls sync.WaitGroup
	defer calls.Wait()
	for i := range r.opts.Calls {
		if r.opts.Ramp > 0 {
			due := began.Add(time.Duration(float64(i) / r.opts.Ramp * float64(time.Second)))
			if wait(ctx, r.client.Done(), time.Until(due)) != nil {
				return
			}
		}
		calls.Go(func() { f(i) })
	}
}

// errInterrupted ends a wait whose context has ended.
var errInterrupted = errors.New("interrupted")

// wait returns nil after d, or why it did not wait so long.
func wait(ctx context.Context, closed <-chan struct{}, d time.Duration) error {
	if ctx.Err() != nil {
		return errInterrupted
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return errInterrupted
	case <-closed:
		return kurento.ErrClosed
	}
}

// fail counts a failed call.
func (r *run) fail(err error) {
	r.log.Warn().Err(err).Msg("call failed")
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.fail(err)
}

// newPipeline makes a MediaPipeline.
func (r *run) newPipeline(ctx context.Context) (string, error) {
	return r.client.Create(ctx, "MediaPipeline", nil)
}

// newEndpoint makes a WebRtcEndpoint.
func (r *run) newEndpoint(ctx context.Context, pipeline string) (string, error) {
	return r.client.Create(ctx, "WebRtcEndpoint", map[string]string{"mediaPipeline": pipeline})
}

// connect lets media flow from one endpoint to another.
func (r *run) connect(ctx context.Context, source, sink string) error {
	if err := r.client.Invoke(ctx, source, "connect", map[string]string{"sink": sink}, nil); err != nil {
		return fmt.Errorf("elements: %w", err)
	}
	return nil
}
