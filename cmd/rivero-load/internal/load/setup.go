package load

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/rivero-media/rivero/cmd/rivero-load/internal/measure"
	"github.com/rivero-media/rivero/cmd/rivero-load/internal/peer"
)

// setup measures how many pipelines with two endpoints can be made and released per second: bare, with offers and
// answers, and with ICE and DTLS to real peers, each for Duration.
func (r *run) setup(ctx context.Context) error {
	offer, err := r.sampleOffer()
	if err != nil {
		return err
	}
	phases := []struct {
		name string
		once func(ctx context.Context) error
	}{
		{"bare", func(ctx context.Context) error { return r.setUp(ctx, r.bare) }},
		{"negotiated", func(ctx context.Context) error {
			return r.setUp(ctx, func(ctx context.Context, pipeline string) error { return r.negotiated(ctx, pipeline, offer) })
		}},
		{"connected", func(ctx context.Context) error { return r.setUp(ctx, r.connected) }},
	}
	for _, phase := range phases {
		if ctx.Err() != nil {
			r.report.Interrupted = true
			return nil
		}
		r.log.Info().Str("phase", phase.name).Msg("measuring set-ups")
		r.report.Setups = append(r.report.Setups, r.repeat(ctx, phase.name, phase.once))
	}
	if r.server != nil {
		r.report.Server.RSSEnd = r.rss()
	}
	return nil
}

// repeat does the set-up on all workers for Duration. A worker ends at its first failure.
func (r *run) repeat(ctx context.Context, phase string, once func(ctx context.Context) error) SetupResult {
	began, server, own := time.Now(), cpu(r.server), cpu(r.self)
	var workers sync.WaitGroup
	var mu sync.Mutex
	var times measure.Histogram
	for range r.opts.Calls {
		workers.Go(func() {
			for ctx.Err() == nil && time.Since(began) < r.opts.Duration {
				start := time.Now()
				limited, cancel := context.WithTimeout(ctx, r.opts.Timeout)
				err := once(limited)
				cancel()
				if err != nil {
					if ctx.Err() == nil {
						r.fail(fmt.Errorf("%s set-up: %w", phase, err))
					}
					return
				}
				mu.Lock()
				times.Add(time.Since(start))
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	return r.setupResult(phase, time.Since(began), &times, cpu(r.server)-server, cpu(r.self)-own)
}

func (r *run) setupResult(phase string, took time.Duration, times *measure.Histogram, server, own time.Duration) SetupResult {
	result := SetupResult{Phase: phase, Count: int(times.Count()), Seconds: took.Seconds()}
	if result.Count == 0 {
		return result
	}
	result.PerSecond = float64(result.Count) / result.Seconds
	result.Time = *quantiles(times)
	result.CPUMillis = server.Seconds() * 1000 / float64(result.Count)
	result.OwnMillis = own.Seconds() * 1000 / float64(result.Count)
	if r.server != nil {
		r.report.Server.CPUSeconds += server.Seconds()
	}
	return result
}

// setUp makes a pipeline, lets inside fill it, and releases it.
func (r *run) setUp(ctx context.Context, inside func(ctx context.Context, pipeline string) error) error {
	pipeline, err := r.newPipeline(ctx)
	if err != nil {
		return err
	}
	err = inside(ctx, pipeline)
	if err != nil {
		r.release(pipeline)
		return err
	}
	return r.client.Release(ctx, pipeline)
}

func (r *run) bare(ctx context.Context, pipeline string) error {
	for range 2 {
		if _, err := r.newEndpoint(ctx, pipeline); err != nil {
			return err
		}
	}
	return nil
}

// negotiated lets both endpoints answer an offer whose peer does not exist.
func (r *run) negotiated(ctx context.Context, pipeline, offer string) error {
	for range 2 {
		endpoint, err := r.newEndpoint(ctx, pipeline)
		if err != nil {
			return err
		}
		var answer string
		if err := r.client.Invoke(ctx, endpoint, "processOffer", map[string]string{"offer": offer}, &answer); err != nil {
			return err
		}
		if !strings.HasPrefix(answer, "v=0") {
			return fmt.Errorf("processOffer: answer %.40q is no SDP", answer)
		}
		if err := r.client.Invoke(ctx, endpoint, "gatherCandidates", nil, nil); err != nil {
			return err
		}
	}
	return nil
}

// connected takes a publisher and a viewer all the way to DTLS. No media is sent.
func (r *run) connected(ctx context.Context, pipeline string) error {
	ledger := measure.NewLedger(r.reel, r.window)
	source := ""
	for _, direction := range []peer.Direction{peer.SendOnly, peer.ReceiveOnly} {
		endpoint, err := r.newEndpoint(ctx, pipeline)
		if err != nil {
			return err
		}
		if direction == peer.SendOnly {
			source = endpoint
		} else if err := r.connect(ctx, source, endpoint); err != nil {
			return err
		}
		p, err := r.factory.New(direction, r.reel, ledger)
		if err != nil {
			return err
		}
		defer r.closePeers([]*peer.Peer{p})
		if _, err := r.negotiate(ctx, endpoint, p); err != nil {
			return err
		}
	}
	return nil
}

// sampleOffer makes an SDP offer.
func (r *run) sampleOffer() (string, error) {
	p, err := r.factory.New(peer.SendReceive, r.reel, measure.NewLedger(r.reel, r.window))
	if err != nil {
		return "", err
	}
	offer, err := p.Offer()
	return offer, errors.Join(err, p.Close())
}
