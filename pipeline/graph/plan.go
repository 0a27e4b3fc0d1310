package graph

import (
	"slices"
	"strings"

	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/media"
)

// receiver is an element's input or a conversion step.
type receiver interface {
	media.Sink
	Bind(f *media.Format, from media.Source)
}

// binding is what one receiver gets now: a format of an output, and the way back.
type binding struct {
	out    *media.Output
	format *media.Format
	source media.Source
	sink   receiver
	node   *Node // who is told when the sink panics; of a shared step, the first that needed it
	kind   media.Kind
	// conversion: on the way from the producer the media was decoded and encoded; nil: it was not.
	conversion *Conversion
	broken     bool // the sink has panicked: it gets nothing until its source changes
}

// derivedKey names a step of conversion that all receivers of an output share.
type derivedKey struct {
	from *media.Output
	have *media.Format // the very pointer: a new format of the output means new conversions
	to   media.Format

	rates *codec.Rates // of steps that depend on them, else nil
}

// derivedNode is a running conversion.
type derivedNode struct {
	codec.Node
	cost int // taken from the budget
}

// plan computes every route from the links and formats. It is called locked; the conversions it returns
// are not used any more and must be closed when the lock is released.
func (g *Graph) plan() (unused []*derivedNode) {
	p := planning{
		g:       g,
		bound:   make(map[receiver]*binding),
		derived: make(map[derivedKey]*derivedNode),
		routes:  make(map[*media.Output][]*binding),
		refused: make(map[pad]Refusal),
	}
	for n := range g.nodes {
		for _, k := range media.Kinds {
			if n.inputs[k] != nil && len(n.fed) > 0 {
				p.connect(n, k)
			}
		}
	}
	p.commit()
	for key, d := range g.derived {
		if p.derived[key] == nil {
			unused = append(unused, d)
		}
	}
	g.bound, g.derived = p.bound, p.derived
	g.reportRefused(p.refused)
	g.reportStates()
	return unused
}

func (g *Graph) closeAll(nodes []*derivedNode) {
	for _, n := range nodes {
		n.Close()
		g.budget.Give(n.cost)
	}
}

// producerOf follows the links from the input side of a node back to the output that feeds it. Clients may
// link elements in loops, so it stops where it has been before.
func (g *Graph) producerOf(n *Node, k media.Kind) (out *media.Output, via []*Node) {
	for {
		l, linked := n.fed[pad{n, k, DefaultPad}]
		if !linked || l.SourcePad != DefaultPad || slices.Contains(via, l.Source) {
			return nil, nil
		}
		via = append(via, l.Source)
		if out := l.Source.outputs[k]; out != nil {
			return out, via
		}
		if n = l.Source.through[k]; n == nil {
			return nil, nil
		}
	}
}

// planning is one run of plan: the new state beside the old one.
type planning struct {
	g       *Graph
	bound   map[receiver]*binding
	derived map[derivedKey]*derivedNode
	routes  map[*media.Output][]*binding
	refused map[pad]Refusal
}

// connect finds out what the input of node n gets, through which conversions.
func (p *planning) connect(n *Node, k media.Kind) {
	in := n.inputs[k]
	out, via := p.g.producerOf(n, k)
	if out == nil {
		return
	}
	have := out.Format()
	if have == nil {
		return
	}
	want, rates := wishes(via, k)
	path, ok := codec.Plan(*have, want, in.Accept, p.g.steps)
	if !ok {
		_, decodable := codec.Plan(*have, codec.Want{}, isRaw, p.g.steps)
		_, makeable := codec.Plan(*have, want, isAny, p.g.steps)
		p.refused[pad{n, k, DefaultPad}] = Refusal{Have: *have, Takes: takes(in, k), Decodable: decodable, Asked: want.Codec, Makeable: makeable}
		return
	}
	cost := p.missing(out, path, rates)
	if cost > 0 && !p.g.budget.Take(cost) {
		p.refused[pad{n, k, DefaultPad}] = Refusal{Have: *have, OverBudget: true, Asked: want.Codec}
		return
	}
	unspent := cost
	converted := false
	for _, step := range path {
		out = p.derive(n, k, out, step, rates, &unspent)
		converted = converted || step.To.Codec != have.Codec
	}
	p.g.budget.Give(unspent) // of what began to run meanwhile
	p.bind(n, k, out, in)
	b := p.bound[in]
	if !converted || b.conversion != nil { // as before
		return
	}
	c := &Conversion{Source: via[len(via)-1], Sink: n, Kind: k, From: *have, To: *b.format, Asked: !want.Allows(*have), Cost: cost}
	b.conversion = c
	if cost > 0 {
		p.g.report(func() { p.g.observer.Converts(c) })
	}
}

// wishes are what the nodes on the way to a receiver, the nearest first, ask of the media and of its encoders.
func wishes(via []*Node, k media.Kind) (want codec.Want, rates *codec.Rates) {
	for _, v := range via {
		want = want.Or(v.wants[k])
		if !rates.Chosen() && v.rates != nil {
			rates = v.rates
		}
	}
	return want, rates
}

func keyOf(out *media.Output, step codec.Step, rates *codec.Rates) derivedKey {
	key := derivedKey{from: out, have: out.Format(), to: step.To}
	if step.Rated {
		key.rates = rates
	}
	return key
}

func isRaw(f media.Format) (score int, ok bool) {
	return 0, f.Codec == media.I420 || f.Codec == media.PCM
}

// takes names the codecs that an input would take, packed or not.
func takes(in media.Input, k media.Kind) string {
	var names []string
	for _, f := range media.Codecs {
		packed := f
		packed.Packed = true
		_, ok := in.Accept(f)
		if _, too := in.Accept(packed); f.Kind == k && (ok || too) {
			names = append(names, f.Codec)
		}
	}
	return strings.Join(names, ", ")
}

func isAny(media.Format) (score int, ok bool) { return 0, true }

// missing is what the steps of a path cost that do not run yet.
func (p *planning) missing(out *media.Output, path []codec.Step, rates *codec.Rates) (cost int) {
	for i, step := range path {
		key := keyOf(out, step, rates)
		d := p.derived[key]
		if d == nil {
			d = p.g.derived[key]
		}
		if d == nil {
			for _, s := range path[i:] { // what follows one that is new is new too
				cost += max(s.Cost, 1)
			}
			return cost
		}
		out = d.Output()
	}
	return 0
}

// derive returns the output behind one conversion step: one that runs already, or a new one, which takes its cost from
// what was granted. A producer may have changed its format since then, so that less was granted than is needed.
func (p *planning) derive(n *Node, k media.Kind, out *media.Output, step codec.Step, rates *codec.Rates, granted *int) *media.Output {
	key := keyOf(out, step, rates)
	if d := p.derived[key]; d != nil {
		return d.Output()
	}
	d := p.g.derived[key]
	if d == nil {
		fail := func(v any) { p.g.stepFailed(key, v) }
		cost := min(max(step.Cost, 1), *granted)
		*granted -= cost
		d = &derivedNode{step.New(codec.NewArgs{Have: *key.have, Fail: fail, Rates: key.rates}), cost}
	}
	p.derived[key] = d
	p.bind(n, k, out, d.Node)
	return d.Output()
}

// bind makes in a receiver of out. A binding that was there before with the same format is kept as it is.
func (p *planning) bind(n *Node, k media.Kind, out *media.Output, in receiver) {
	format := out.Format()
	b := p.g.bound[in]
	if b == nil || b.out != out || b.format != format {
		b = &binding{out: out, format: format, sink: in, node: n, kind: k}
	}
	p.bound[in] = b
	p.routes[out] = append(p.routes[out], b)
}

// commit brings the new state into force: inputs first, so that no packet of a new source meets an input
// that does not expect it, then the routes, then the old ways back are closed.
func (p *planning) commit() {
	for in, old := range p.g.bound {
		switch b := p.bound[in]; {
		case b == nil:
			in.Bind(nil, nil)
			old.source.Close()
		case b != old:
			old.source.Close()
		}
	}
	for in, b := range p.bound {
		if b.source == nil {
			b.source = b.out.Open()
			in.Bind(b.format, b.source)
		}
	}
	p.meter()
	for out := range p.g.fed {
		if _, used := p.routes[out]; !used {
			out.SetRoutes(nil)
		}
	}
	clear(p.g.fed)
	for out, bindings := range p.routes {
		p.g.fed[out] = struct{}{}
		p.g.setRoutes(out, bindings)
	}
}

// setRoutes swaps an output's receivers in, unless they are what it has already.
func (g *Graph) setRoutes(out *media.Output, bindings []*binding) {
	routes := make([]media.Route, 0, len(bindings)+1)
	if m := g.meters[out]; m != nil {
		routes = append(routes, media.Route{Sink: m})
	}
	for _, b := range bindings {
		if !b.broken {
			routes = append(routes, media.Route{Sink: b.sink, Fail: func(v any) { g.failed(b, v) }})
		}
	}
	if sameSinks(out.Routes(), routes) {
		return
	}
	out.SetRoutes(routes)
}

// sameSinks compares receivers whatever their order, which a map's iteration does not keep.
func sameSinks(a, b []media.Route) bool {
	if len(a) != len(b) {
		return false
	}
	have := make(map[media.Sink]struct{}, len(a))
	for _, r := range a {
		have[r.Sink] = struct{}{}
	}
	for _, r := range b {
		if _, ok := have[r.Sink]; !ok {
			return false
		}
	}
	return true
}
