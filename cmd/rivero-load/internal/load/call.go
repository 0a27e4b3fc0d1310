package load

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/rivero-media/rivero/cmd/rivero-load/internal/kurento"
	"github.com/rivero-media/rivero/cmd/rivero-load/internal/measure"
	"github.com/rivero-media/rivero/cmd/rivero-load/internal/peer"
)

// call is a peer that receives, and whose packets are counted.
type call struct {
	peer    *peer.Peer
	ledger  *measure.Ledger // of the publisher it listens to
	picture time.Duration   // from processOffer to the first complete key frame
}

// negotiate connects a peer to an endpoint of the server and tells when (of Window.Now) processOffer was sent.
func (r *run) negotiate(ctx context.Context, endpoint string, p *peer.Peer) (offered int64, err error) {
	r.client.Handle(endpoint, func(e kurento.Event) {
		if c, ok := e.Candidate(); ok {
			p.AddCandidate(c.Candidate)
		}
	})
	if err := r.client.SubscribeCandidates(ctx, endpoint); err != nil {
		return 0, err
	}
	offer, err := p.Offer()
	if err != nil {
		return 0, err
	}
	offered = r.window.Now()
	var answer string
	if err := r.client.Invoke(ctx, endpoint, "processOffer", map[string]string{"offer": offer}, &answer); err != nil {
		return 0, err
	}
	if err := p.Answer(answer); err != nil {
		return 0, fmt.Errorf("answer of the server: %w", err)
	}
	if err := r.client.Invoke(ctx, endpoint, "gatherCandidates", nil, nil); err != nil {
		return 0, err
	}
	if err := r.trickle(ctx, endpoint, p); err != nil {
		return 0, err
	}
	return offered, p.Connected(ctx)
}

// trickle hands the peer's candidates to the server.
func (r *run) trickle(ctx context.Context, endpoint string, p *peer.Peer) error {
	for {
		select {
		case candidate, more := <-p.Candidates():
			if !more {
				return nil
			}
			params := map[string]any{"candidate": kurento.IceCandidate{
				Module: "kurento", Type: "IceCandidate", Candidate: candidate, SDPMid: "0",
			}}
			if err := r.client.Invoke(ctx, endpoint, "addIceCandidate", params, nil); err != nil {
				return err
			}
		case <-ctx.Done():
			return fmt.Errorf("gathering own candidates: %w", ctx.Err())
		}
	}
}

// awaitPicture waits for the first key frame of a connected call.
func (r *run) awaitPicture(ctx context.Context, c *call, offered int64) error {
	at, err := c.peer.KeyFrame(ctx)
	if err != nil {
		return fmt.Errorf("no video: %w", err)
	}
	c.picture = time.Duration(at - offered)
	return nil
}

// startCalls starts all calls of the run and returns those that came up; what start made of a failed one it closes
// itself. Calls that fail because the run is interrupted are not counted as failed.
func (r *run) startCalls(ctx context.Context, start func(ctx context.Context) (*call, error)) []*call {
	began := time.Now()
	var ended time.Time
	var calls []*call
	r.start(ctx, func(int) {
		limited, cancel := context.WithTimeout(ctx, r.opts.Timeout)
		defer cancel()
		c, err := start(limited)
		if err != nil {
			if ctx.Err() == nil {
				r.fail(err)
			}
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		calls = append(calls, c)
		ended = time.Now()
		r.report.picture.Add(c.picture)
	})
	r.report.Connected = len(calls)
	if len(calls) > 0 {
		r.report.ConnectSeconds = ended.Sub(began).Seconds()
	}
	r.log.Info().Int("connected", len(calls)).Int("failed", r.report.Failed).Msg("calls are up")
	return calls
}

// closeAll closes all peers, a few at a time.
func closeAll(log func(error), peers []*peer.Peer) {
	const atOnce = 16
	slots := make(chan struct{}, atOnce)
	var closing sync.WaitGroup
	for _, p := range peers {
		slots <- struct{}{}
		closing.Go(func() {
			defer func() { <-slots }()
			if err := p.Close(); err != nil {
				log(err)
			}
		})
	}
	closing.Wait()
}
