// Package codec finds the way from one media format to another: a chain of
// steps (depacketise, decode, scale, encode, packetise) of which each is one
// Node in the graph. The steps themselves live in the folders below, one per
// codec; this package knows none of them, only the search.
package codec

import (
	"github.com/rivero-media/rivero/pipeline/media"
)

// Node is one running step: it takes packets of one format and writes packets
// of another to its Output, whose format is set from the start and never
// changes. The Output's Upstream is the node itself, which passes on to its
// own source what it cannot answer.
type Node interface {
	media.Sink
	// Output is where the converted packets come out.
	Output() *media.Output
	// Bind works as in media.Input. A node is bound to one output for its whole
	// life, and to nothing (nil, nil) before it is closed.
	Bind(f *media.Format, from media.Source)
	// Close ends what the node owns and returns after that. It may be called twice.
	Close()
}

// NewArgs is what a Node is made from.
type NewArgs struct {
	Have media.Format // of the packets it will be given
	// Fail is told, from any goroutine, that the node has broken down for good:
	// the value of a panic in a goroutine of its own. It may be nil.
	Fail func(v any)
	// Rates are for encoders. Nil: nobody asks for anything.
	Rates *Rates
}

// Step is one conversion that could be made.
type Step struct {
	To   media.Format
	Cost int // against that of other steps; about microseconds of CPU per second of media; at least 1
	New  func(NewArgs) Node
	// Rated steps use NewArgs.Rates: who asks for other bitrates gets a step of its own.
	Rated bool
}

// Steps is the table of conversions: each function returns the steps that lead
// from a format, none if it knows nothing about it; want says which of all the sizes and
// bitrates are of interest. A program composes its own table and never changes it afterwards.
type Steps []func(have media.Format, want Want) []Step

// from collects all steps that lead from a format.
func (s Steps) from(have media.Format, want Want) (steps []Step) {
	for _, f := range s {
		steps = append(steps, f(have, want)...)
	}
	return steps
}

// maxFormats bounds the search: a table that knows ever more formats (a scaler
// that offers every size) must not keep the graph's lock for long.
const maxFormats = 256

// Plan returns the cheapest chain of steps from have to a format that is what want asks for and that accept
// takes. Of chains that cost the same, the one whose end scores highest wins,
// then the shorter one, then the one that stands first in the table. The empty
// chain wins whenever have itself is accepted. ok is false when there is no chain.
func Plan(have media.Format, want Want, accept func(media.Format) (score int, ok bool), steps Steps) (path []Step, ok bool) {
	judge := func(f media.Format) (score int, ok bool) {
		if !want.Allows(f) {
			return 0, false
		}
		return accept(f)
	}
	if _, ok := judge(have); ok {
		return nil, true
	}
	var (
		open  = []*place{{format: have}}
		known = map[media.Format]*place{have: open[0]}
		best  *place
		high  int
	)
	for len(open) > 0 {
		at := takeNearest(&open)
		if best != nil && at.cost > best.cost {
			break
		}
		at.settled = true
		if score, ok := judge(at.format); ok && (best == nil || score > high || score == high && at.length < best.length) {
			best, high = at, score
			continue
		}
		for _, s := range steps.from(at.format, want) {
			next, found := known[s.To]
			switch {
			case !found && len(known) < maxFormats:
				next = &place{format: s.To}
				known[s.To] = next
				open = append(open, next)
			case !found, next.settled, !at.leadsCloser(s, next):
				continue
			}
			next.reach(at, s)
		}
	}
	return best.path(), best != nil
}

// place is a format that the search has reached, with the cheapest way to it.
type place struct {
	format  media.Format
	cost    int
	length  int
	settled bool // no cheaper way to it can turn up any more
	from    *place
	step    Step // the last one on the way
}

// leadsCloser tells whether the way to next over step s is better than the one it has.
func (p *place) leadsCloser(s Step, next *place) bool {
	cost := p.cost + max(s.Cost, 1)
	return cost < next.cost || cost == next.cost && p.length+1 < next.length
}

// reach makes step s from at the way to p.
func (p *place) reach(at *place, s Step) {
	p.from, p.step = at, s
	p.cost, p.length = at.cost+max(s.Cost, 1), at.length+1
}

// path is the chain of steps that leads to p, nil for none.
func (p *place) path() []Step {
	if p == nil || p.from == nil {
		return nil
	}
	return append(p.from.path(), p.step)
}

// takeNearest removes the cheapest place from the list, the first of several.
// The list is short: a scan beats a heap.
func takeNearest(open *[]*place) *place {
	list := *open
	nearest := 0
	for i, p := range list {
		if p.cost < list[nearest].cost {
			nearest = i
		}
	}
	at := list[nearest]
	*open = append(list[:nearest], list[nearest+1:]...)
	return at
}
