// Package graph is the shape of one pipeline: which element is linked to
// which, and from that who gets packets from whom. Connect and Disconnect
// only declare links; plan computes all routes anew from the links and the
// formats, so that nothing outlives the link it was made for.
//
// The graph knows elements only as Nodes and holds one mutex; it never calls an element back while holding
// it, other than Accept and Bind, which are quick by contract.
package graph

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/media"
)

// DefaultPad is the media description of the pads that carry media. Clients may link pads of any
// name, as in the original, but only this one has something behind it.
const DefaultPad = "default"

// Node is an element as the graph sees it: per kind of media at most one
// producer (Output) and one consumer (Input). Its fields belong to the graph.
type Node struct {
	owner   any
	outputs [len(media.Kinds)]*media.Output
	inputs  [len(media.Kinds)]media.Input
	through [len(media.Kinds)]*Node      // whose input feeds this node's output, for elements that pass media on
	wants   [len(media.Kinds)]codec.Want // what all that the node gives must be
	rates   *codec.Rates                 // of encoders behind the node, may be nil
	state   [len(media.Kinds)]padState
	fed     map[pad]Link // links whose sink is this node, by the pad they feed
	feeds   map[pad]Link // links whose source is this node, by the pad they feed
}

// NewNode returns a node for an element; owner is handed back in reports.
func NewNode(owner any) *Node {
	return &Node{owner: owner, fed: make(map[pad]Link), feeds: make(map[pad]Link)}
}

// linked tells whether anything feeds the node or is fed by it.
func (n *Node) linked() bool { return len(n.fed) > 0 || len(n.feeds) > 0 }

// Owner is the element behind the node.
func (n *Node) Owner() any { return n.owner }

// Link is one declared connection for one kind of media.
type Link struct {
	Source, Sink       *Node
	Kind               media.Kind
	SourcePad, SinkPad string // media descriptions
}

// pad is the receiving end of a link; it takes one source at a time.
type pad struct {
	node *Node
	kind media.Kind
	name string
}

func (l Link) sinkPad() pad { return pad{l.Sink, l.Kind, l.SinkPad} }

// Graph is the set of nodes and links of one pipeline and the routes computed from them.
type Graph struct {
	steps    codec.Steps
	budget   *codec.Budget
	observer Observer

	mu      sync.Mutex
	nodes   map[*Node]struct{}
	bound   map[receiver]*binding
	derived map[derivedKey]*derivedNode
	fed     map[*media.Output]struct{}     // outputs with routes, as of the last plan
	meters  map[*media.Output]*media.Meter // of all outputs, while latency is measured; nil while it is not
	refused map[pad]Refusal                // inputs that cannot take what they are linked to
	reports []func()                       // what the observer is still to be told, in order
	halted  bool
	closed  bool

	kick  chan struct{} // wakes the monitor; holds at most one token
	stop  chan struct{}
	done  chan struct{} // closed when the monitor has ended
	stale atomic.Bool   // a producer has asked for a plan
}

// New returns an empty graph and starts its monitor, which tells the observer of changes until Close. budget bounds its
// conversions; nil: nothing does.
func New(steps codec.Steps, budget *codec.Budget, observer Observer) *Graph {
	g := &Graph{
		steps:    steps,
		budget:   budget,
		observer: observer,
		nodes:    make(map[*Node]struct{}),
		bound:    make(map[receiver]*binding),
		derived:  make(map[derivedKey]*derivedNode),
		fed:      make(map[*media.Output]struct{}),
		refused:  make(map[pad]Refusal),
		kick:     make(chan struct{}, 1),
		done:     make(chan struct{}),
		stop:     make(chan struct{}),
	}
	go g.monitor()
	return g
}

// Close removes every node and returns when the monitor has ended. It may be called twice.
func (g *Graph) Close() {
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		<-g.done
		return
	}
	g.closed = true
	g.mu.Unlock()
	g.Halt()
	close(g.stop)
	<-g.done
}

// Halt ends all media for good, before the elements are taken out one by one: nothing is planned any more.
func (g *Graph) Halt() {
	g.mu.Lock()
	var unused []*derivedNode
	if !g.halted {
		g.halted = true
		clear(g.nodes)
		unused = g.plan()
	}
	g.mu.Unlock()
	g.closeAll(unused)
}

// Update changes nodes and links and has the routes computed anew, unless all that changed are nodes without links.
// f runs with the graph's lock held. An f that changes nothing has them computed too, for formats that changed.
func (g *Graph) Update(f func(e *Edit)) {
	g.mu.Lock()
	e := &Edit{g: g}
	f(e)
	var unused []*derivedNode
	planned := !g.halted && (e.linked || !e.edited)
	if planned {
		unused = g.plan()
	}
	g.mu.Unlock()
	g.closeAll(unused)
	if planned {
		g.wake()
	}
}

// Edit is the graph while Update holds its lock.
type Edit struct {
	g      *Graph
	edited bool // something was changed
	linked bool // of a node that has links, or a link
}

// touch notes that a node is changed.
func (e *Edit) touch(n *Node) {
	e.edited = true
	e.linked = e.linked || n.linked()
}

// Add brings a node into the graph.
func (e *Edit) Add(n *Node) {
	e.touch(n)
	e.g.nodes[n] = struct{}{}
}

// Remove takes a node out, with all its links, which it returns.
func (e *Edit) Remove(n *Node) (removed []Link) {
	e.touch(n)
	for _, l := range n.fed {
		removed = append(removed, l)
	}
	for _, l := range n.feeds {
		if l.Sink != n {
			removed = append(removed, l)
		}
	}
	for _, l := range removed {
		l.drop()
	}
	delete(e.g.nodes, n)
	sortLinks(removed)
	return removed
}

// drop forgets a link.
func (l Link) drop() {
	delete(l.Sink.fed, l.sinkPad())
	delete(l.Source.feeds, l.sinkPad())
}

// SetOutput says what node n produces of a kind; nil: nothing.
func (e *Edit) SetOutput(n *Node, k media.Kind, out *media.Output) {
	e.touch(n)
	n.outputs[k] = out
}

// SetInput says what consumes a kind in node n; nil: nothing.
func (e *Edit) SetInput(n *Node, k media.Kind, in media.Input) {
	e.touch(n)
	n.inputs[k] = in
}

// SetThrough says that node n passes on what comes into from (itself for a pass-through, another port
// for a dispatcher); nil: it does not. A producer of its own takes precedence.
func (e *Edit) SetThrough(n *Node, k media.Kind, from *Node) {
	e.touch(n)
	n.through[k] = from
}

// SetWant says what all that node n gives must be. Where several nodes on the way to a receiver ask for something, the
// one nearest to the receiver is obeyed.
func (e *Edit) SetWant(n *Node, k media.Kind, want codec.Want) {
	e.touch(n)
	n.wants[k] = want
}

// SetRates gives node n the bitrates of the encoders behind it. A node on the way whose bitrates nobody has chosen leaves
// that to the one before it. Who chooses some has the routes computed anew.
func (e *Edit) SetRates(n *Node, rates *codec.Rates) {
	e.touch(n)
	n.rates = rates
}

// Connect declares a link. A pad takes one source, so a link that is there already, the same one included, is replaced
// and returned. Nodes that are not in the graph (released ones) are refused with ok false.
func (e *Edit) Connect(l Link) (replaced *Link, ok bool) {
	if !e.has(l.Source) || !e.has(l.Sink) {
		return nil, false
	}
	if old, exists := l.Sink.fed[l.sinkPad()]; exists {
		replaced = &old
		old.drop()
	}
	e.edited, e.linked = true, true
	l.Sink.fed[l.sinkPad()], l.Source.feeds[l.sinkPad()] = l, l
	return replaced, true
}

func (e *Edit) has(n *Node) bool {
	_, ok := e.g.nodes[n]
	return ok
}

// Disconnect takes a link back; false when it was not there.
func (e *Edit) Disconnect(l Link) bool {
	if l.Sink.fed[l.sinkPad()] != l {
		return false
	}
	e.edited, e.linked = true, true
	l.drop()
	return true
}

// Changed asks for a plan from a goroutine that must not wait, after an Output's format changed there.
func (g *Graph) Changed() {
	g.stale.Store(true)
	g.wake()
}

// Links returns all links, in a stable order.
func (g *Graph) Links() []Link {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []Link
	for n := range g.nodes {
		for _, l := range n.fed {
			out = append(out, l)
		}
	}
	sortLinks(out)
	return out
}

// LinksOf returns the links that feed a node and those that it feeds, each in a stable order.
func (g *Graph) LinksOf(n *Node) (fed, feeds []Link) {
	g.mu.Lock()
	defer g.mu.Unlock()
	fed, feeds = slices.Collect(maps.Values(n.fed)), slices.Collect(maps.Values(n.feeds))
	sortLinks(fed)
	sortLinks(feeds)
	return fed, feeds
}

// sortLinks orders links of a few nodes by kind, then by pads; links of equal rank keep no order.
func sortLinks(links []Link) {
	slices.SortStableFunc(links, func(a, b Link) int {
		if a.Kind != b.Kind {
			return int(a.Kind) - int(b.Kind)
		}
		if a.SourcePad != b.SourcePad {
			return strings.Compare(a.SourcePad, b.SourcePad)
		}
		return strings.Compare(a.SinkPad, b.SinkPad)
	})
}

// idlePeriod is how often the monitor looks for outputs that have fallen silent: Kurento's own period.
const idlePeriod = 2 * time.Second
