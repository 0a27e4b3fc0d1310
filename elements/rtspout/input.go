package rtspout

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/rivero-media/rivero/elements/stream"
	"github.com/rivero-media/rivero/pipeline/media"
)

// resumeAfter is how long a player whose queue is full gets no picture: each attempt costs the publisher a key frame.
const resumeAfter = time.Second

// input takes one kind. It first finds out what comes, then it is the sender's.
type input struct {
	output *output
	kind   media.Kind
	sender *stream.Sender
	agreed atomic.Bool // the sender knows what it may send

	mu    sync.Mutex // held when the sender is bound
	bound *media.Format
	from  media.Source
	came  *media.Format // of the first packet

	// Owned by who writes.
	behind bool          // the player is: nothing is sent
	until  time.Duration // packets presented then
}

func newInput(o *output, k media.Kind) *input {
	return &input{output: o, kind: k, sender: stream.NewSender(k)}
}

// Accept is part of media.Input.
func (in *input) Accept(f media.Format) (score int, ok bool) {
	if in.agreed.Load() {
		return in.sender.Accept(f)
	}
	score, ok = carried[f.Codec]
	return score, ok && f.Packed && f.Kind == in.kind
}

// Bind is part of media.Input.
func (in *input) Bind(f *media.Format, from media.Source) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.bound, in.from = f, from
	in.sender.Bind(f, from)
}

// restart has the sender begin again as with a new source: with a key frame, or what the source keeps since the last one.
func (in *input) restart() {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.bound != nil {
		in.sender.Bind(in.bound, in.from)
	}
}

// state tells whether something is connected, and what has come of it.
func (in *input) state() (bound bool, came *media.Format) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.bound != nil, in.came
}

// Write is part of media.Sink. What does not fit into the player's queue takes the picture with it for a while.
func (in *input) Write(p *media.Packet) {
	if !in.agreed.Load() {
		in.note(p)
		return
	}
	if in.behind {
		if p.PTS < in.until {
			in.output.dropped.Add(1)
			return
		}
		in.behind = false
		in.restart()
	}
	in.sender.Write(p)
	if in.kind == media.Video && in.output.left.Swap(false) {
		in.behind, in.until = true, p.PTS+resumeAfter
	}
}

// note remembers what comes.
func (in *input) note(p *media.Packet) {
	in.mu.Lock()
	news := p.Format == in.bound && p.Format != in.came
	if news {
		in.came = p.Format
	}
	in.mu.Unlock()
	if news {
		select {
		case in.output.came <- struct{}{}:
		default: // it has not been looked at yet
		}
	}
}

// TakesLayers is part of media.LayeredSink: the sender chooses one.
func (in *input) TakesLayers() {}

var _ media.Input = (*input)(nil)
