package load

import (
	"context"
	"errors"
	"fmt"

	"github.com/rivero-media/rivero/cmd/rivero-load/internal/measure"
	"github.com/rivero-media/rivero/cmd/rivero-load/internal/peer"
)

// fanout lets one publisher send to many viewers. Without publisher there is nothing to measure, which is an error.
func (r *run) fanout(ctx context.Context) error {
	pipeline, err := r.newPipeline(ctx)
	if err != nil {
		return err
	}
	defer r.release(pipeline)

	ledger := measure.NewLedger(r.reel, r.window)
	source, publisher, err := r.publish(ctx, pipeline, ledger)
	if err != nil {
		return fmt.Errorf("publisher: %w", err)
	}
	defer r.closePeers([]*peer.Peer{publisher})
	r.useBaseline()

	viewers := r.startCalls(ctx, func(ctx context.Context) (*call, error) {
		return r.view(ctx, pipeline, source, ledger)
	})
	defer r.closeCalls(viewers)
	r.measure(ctx, viewers)
	r.report.LatePackets = publisher.Late()
	if err := publisher.Err(); err != nil {
		r.fail(fmt.Errorf("publisher: %w", err))
	}
	return nil
}

// publish connects the publisher, which then plays.
func (r *run) publish(ctx context.Context, pipeline string, ledger *measure.Ledger) (endpoint string, p *peer.Peer, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.opts.Timeout)
	defer cancel()
	endpoint, err = r.newEndpoint(ctx, pipeline)
	if err != nil {
		return "", nil, err
	}
	p, err = r.factory.New(peer.SendOnly, r.reel, ledger)
	if err != nil {
		return "", nil, err
	}
	if _, err := r.negotiate(ctx, endpoint, p); err != nil {
		return "", nil, errors.Join(err, p.Close())
	}
	p.Play()
	return endpoint, p, nil
}

// view connects one viewer and waits for its picture.
func (r *run) view(ctx context.Context, pipeline, source string, ledger *measure.Ledger) (*call, error) {
	endpoint, err := r.newEndpoint(ctx, pipeline)
	if err != nil {
		return nil, err
	}
	p, err := r.factory.New(peer.ReceiveOnly, r.reel, ledger)
	if err != nil {
		return nil, err
	}
	c := &call{peer: p, ledger: ledger}
	err = r.connect(ctx, source, endpoint)
	var offered int64
	if err == nil {
		offered, err = r.negotiate(ctx, endpoint, p)
	}
	if err == nil {
		err = r.awaitPicture(ctx, c, offered)
	}
	if err != nil {
		r.release(endpoint)
		return nil, errors.Join(err, p.Close())
	}
	return c, nil
}
