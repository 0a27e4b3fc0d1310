package load

import (
	"context"
	"errors"

	"github.com/rivero-media/rivero/cmd/rivero-load/internal/measure"
	"github.com/rivero-media/rivero/cmd/rivero-load/internal/peer"
)

// loopback lets many callers see themselves.
func (r *run) loopback(ctx context.Context) error {
	r.useBaseline()
	calls := r.startCalls(ctx, r.callOneself)
	defer r.closeCalls(calls) // the pipelines end with the session
	r.measure(ctx, calls)
	for _, c := range calls {
		r.report.LatePackets += c.peer.Late()
	}
	return nil
}

// callOneself connects one caller and waits for its own picture.
func (r *run) callOneself(ctx context.Context) (*call, error) {
	pipeline, err := r.newPipeline(ctx)
	if err != nil {
		return nil, err
	}
	c, err := r.callIn(ctx, pipeline)
	if err != nil {
		r.release(pipeline)
	}
	return c, err
}

func (r *run) callIn(ctx context.Context, pipeline string) (*call, error) {
	endpoint, err := r.newEndpoint(ctx, pipeline)
	if err != nil {
		return nil, err
	}
	if err := r.connect(ctx, endpoint, endpoint); err != nil {
		return nil, err
	}
	c := &call{ledger: measure.NewLedger(r.reel, r.window)}
	if c.peer, err = r.factory.New(peer.SendReceive, r.reel, c.ledger); err != nil {
		return nil, err
	}
	offered, err := r.negotiate(ctx, endpoint, c.peer)
	if err == nil {
		c.peer.Play()
		err = r.awaitPicture(ctx, c, offered)
	}
	if err != nil {
		return nil, errors.Join(err, c.peer.Close())
	}
	return c, nil
}
