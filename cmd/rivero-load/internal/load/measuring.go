package load

import (
	"context"
	"errors"
	"time"

	"github.com/rivero-media/rivero/cmd/rivero-load/internal/kurento"
	"github.com/rivero-media/rivero/cmd/rivero-load/internal/measure"
	"github.com/rivero-media/rivero/cmd/rivero-load/internal/peer"
	"github.com/rivero-media/rivero/cmd/rivero-load/internal/proc"
)

var errNoPacket = errors.New("no packet in the measuring window")

// measure waits for the calls to settle, opens the measuring window and counts. An interruption ends the window early.
func (r *run) measure(ctx context.Context, calls []*call) {
	if len(calls) == 0 {
		return
	}
	if r.stopped(wait(ctx, r.client.Done(), r.opts.Warmup)) {
		return
	}
	from := r.window.Now() + int64(openAhead)
	to := from + int64(r.opts.Duration)
	r.window.Open(from, to)
	if r.stopped(wait(ctx, r.client.Done(), openAhead)) {
		return
	}
	r.useConnected()
	before, own := cpu(r.server), cpu(r.self)
	if r.stopped(wait(ctx, r.client.Done(), time.Duration(to-r.window.Now()))) {
		to = r.window.Now()
		r.window.Shorten(to)
	}
	r.report.WindowSeconds = time.Duration(to - from).Seconds()
	r.report.LoadTesterCPUSeconds = (cpu(r.self) - own).Seconds()
	r.useEnd(cpu(r.server) - before)
	time.Sleep(drain) // no event tells that nothing comes any more
	r.count(calls)
}

// stopped notes why a wait ended early.
func (r *run) stopped(err error) bool {
	switch {
	case err == nil:
		return false
	case errors.Is(err, kurento.ErrClosed):
		r.fail(err)
	default:
		r.report.Interrupted = true
	}
	return true
}

// count sums up the calls and marks those that lost their connection or got nothing.
func (r *run) count(calls []*call) {
	for _, c := range calls {
		var counts measure.Counts
		c.peer.AddTo(&counts)
		if r.opts.Mode != Composed { // where nobody gets what was sent
			r.report.Expected += c.ledger.Expected()
		}
		r.report.counts.Add(&counts)
		switch err := c.peer.Err(); {
		case err != nil:
			r.fail(err)
		case counts.Delivered+counts.Unknown == 0:
			r.fail(errNoPacket)
		}
	}
}

func (r *run) closeCalls(calls []*call) {
	peers := make([]*peer.Peer, len(calls))
	for i, c := range calls {
		peers[i] = c.peer
	}
	r.closePeers(peers)
}

func (r *run) closePeers(peers []*peer.Peer) {
	closeAll(func(err error) { r.log.Warn().Err(err).Msg("peer not closed") }, peers)
}

// cpu is 0 for a process that is not measured or has ended. The end of the server shows as a closed connection.
func cpu(p *proc.Process) time.Duration {
	if p == nil {
		return 0
	}
	used, err := p.CPU()
	if err != nil {
		return 0
	}
	return used
}

func (r *run) rss() int64 {
	if r.server == nil {
		return 0
	}
	bytes, err := r.server.RSS()
	if err != nil {
		r.log.Warn().Err(err).Msg("memory of the server not known")
		return 0
	}
	return bytes
}

// The server's memory is read before anything exists, before the first call, when all calls have settled, and at the
// end of the measuring window.

func (r *run) useBefore() {
	if r.server != nil {
		r.report.Server = &ServerUse{RSSBefore: r.rss()}
	}
}

func (r *run) useBaseline() {
	if r.server != nil {
		r.report.Server.rssBaseline = r.rss()
	}
}

func (r *run) useConnected() {
	if r.server != nil {
		r.report.Server.RSSConnected = r.rss()
	}
}

func (r *run) useEnd(used time.Duration) {
	if r.server != nil {
		r.report.Server.CPUSeconds = max(used, 0).Seconds()
		r.report.Server.RSSEnd = r.rss()
	}
}
