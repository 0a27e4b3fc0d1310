package load

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rivero-media/rivero/cmd/rivero-load/internal/measure"
	"github.com/rivero-media/rivero/cmd/rivero-load/internal/peer"
)

// guestInterval is how often a guest joins a Composite; he leaves as soon as he has seen a picture.
const guestInterval = time.Second

// composed lets all callers be members of one Composite: each sends the clip, and sees and hears what is made of all.
func (r *run) composed(ctx context.Context) error {
	pipeline, err := r.newPipeline(ctx)
	if err != nil {
		return err
	}
	defer r.release(pipeline)
	composite, err := r.client.Create(ctx, "Composite", map[string]any{
		"mediaPipeline": pipeline,
		"width":         r.opts.Picture.Width, "height": r.opts.Picture.Height, "framerate": r.opts.Picture.Rate,
	})
	if err != nil {
		return err
	}
	r.useBaseline()
	members := r.startCalls(ctx, func(ctx context.Context) (*call, error) {
		m, err := r.join(ctx, pipeline, composite)
		if err != nil {
			return nil, err
		}
		return m.call, nil
	})
	defer r.closeCalls(members)
	if len(members) == 0 {
		return nil
	}
	visiting, end := context.WithCancel(ctx)
	var guests sync.WaitGroup
	guests.Go(func() { r.guests(visiting, pipeline, composite) })
	r.measure(ctx, members)
	end()
	guests.Wait()
	for _, c := range members {
		r.report.LatePackets += c.peer.Late()
	}
	return nil
}

// member is a call with what it has at the server.
type member struct {
	call           *call
	port, endpoint string
}

// join connects one member and waits for his picture.
func (r *run) join(ctx context.Context, pipeline, composite string) (m *member, err error) {
	m = &member{call: &call{ledger: measure.NewLedger(r.reel, r.window)}}
	if m.port, err = r.client.Create(ctx, "HubPort", map[string]string{"hub": composite}); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			r.release(m.port)
		}
	}()
	if m.endpoint, err = r.newEndpoint(ctx, pipeline); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			r.release(m.endpoint)
		}
	}()
	limit := map[string]int{"maxVideoSendBandwidth": r.opts.Picture.Bitrate / 1000} // Kurento's default is 500 kbit/s
	if err := r.client.Invoke(ctx, m.endpoint, "setMaxVideoSendBandwidth", limit, nil); err != nil {
		return nil, err
	}
	if err := errors.Join(r.connect(ctx, m.endpoint, m.port), r.connect(ctx, m.port, m.endpoint)); err != nil {
		return nil, err
	}
	if m.call.peer, err = r.factory.New(peer.SendReceive, r.reel, m.call.ledger); err != nil {
		return nil, err
	}
	offered, err := r.negotiate(ctx, m.endpoint, m.call.peer)
	if err == nil {
		m.call.peer.Play()
		err = r.awaitPicture(ctx, m.call, offered)
	}
	if err != nil {
		return nil, errors.Join(err, m.call.peer.Close())
	}
	return m, nil
}

// guests come and leave, one after the other, until the context ends.
func (r *run) guests(ctx context.Context, pipeline, composite string) {
	for wait(ctx, r.client.Done(), guestInterval) == nil {
		limited, cancel := context.WithTimeout(ctx, r.opts.Timeout)
		m, err := r.join(limited, pipeline, composite)
		cancel()
		if err != nil {
			if ctx.Err() == nil {
				r.fail(err)
			}
			continue
		}
		r.closePeers([]*peer.Peer{m.call.peer})
		r.release(m.port)
		r.release(m.endpoint)
		r.mu.Lock()
		r.report.Guests++
		r.mu.Unlock()
	}
}
