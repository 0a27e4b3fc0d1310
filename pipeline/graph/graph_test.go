package graph_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// formats of the test: every element input takes one of the first three; the last can be had only by
// conversion from the first.
var formats = []media.Format{
	{Kind: media.Video, Codec: "A", Packed: true},
	{Kind: media.Video, Codec: "B", Packed: true},
	{Kind: media.Video, Codec: "C", Packed: true},
	{Kind: media.Video, Codec: "A"},
}

// sink is an element's input: it takes one format and counts how often the way upstream was given to it.
type sink struct {
	name   string
	takes  media.Format
	mu     sync.Mutex
	format *media.Format
	from   media.Source
	got    int
	crash  bool
}

func (s *sink) Accept(f media.Format) (int, bool) { return 0, f == s.takes }

func (s *sink) Bind(f *media.Format, from media.Source) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.format, s.from = f, from
}

func (s *sink) Write(p *media.Packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.crash {
		panic("sink " + s.name)
	}
	if p.Format == s.format {
		s.got++
	}
}

func (s *sink) packets() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got
}

// unpack is a conversion step that counts its living instances.
type unpack struct {
	media.NoUpstream
	out    *media.Output
	living *int
	closed bool
}

func (u *unpack) Output() *media.Output { return u.out }

func (u *unpack) Bind(*media.Format, media.Source) {}

func (u *unpack) Write(p *media.Packet) {
	q := *p
	q.Format = u.out.Format()
	u.out.Write(&q)
}

func (u *unpack) Close() {
	if !u.closed {
		u.closed = true
		*u.living--
		u.out.Close()
	}
}

func steps(living *int) codec.Steps {
	return codec.Steps{func(have media.Format, _ codec.Want) []codec.Step {
		if have != formats[0] {
			return nil
		}
		return []codec.Step{{To: formats[3], Cost: 1, New: func(codec.NewArgs) codec.Node {
			*living++
			u := &unpack{living: living}
			u.out = media.NewOutput(u, nil)
			u.out.SetFormat(formats[3])
			return u
		}}}
	}}
}

// element is a node with whatever the test gives it.
type element struct {
	name    string
	node    *graph.Node
	out     *media.Output
	in      *sink
	through bool
}

func newElement(name string) *element {
	e := &element{name: name}
	e.node = graph.NewNode(e)
	return e
}

// quiet is an observer that does not care.
type quiet struct{}

func (quiet) Flow(*graph.Node, media.Kind, graph.Direction, bool)    {}
func (quiet) Transcoding(*graph.Node, media.Kind, *graph.Conversion) {}
func (quiet) Refused(*graph.Node, media.Kind, graph.Refusal)         {}
func (quiet) Converts(*graph.Conversion)                             {}
func (quiet) Failed(*graph.Node, media.Kind, any)                    {}

// TestRoutesEqualThoseComputedFromScratch declares and takes back links at random, releases elements and
// changes formats, and after each step compares the routes with what the links say, followed by hand.
func TestRoutesEqualThoseComputedFromScratch(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { randomWalk(t, rand.New(rand.NewPCG(seed, 1)), 150) })
	}
}

func randomWalk(t *testing.T, r *rand.Rand, turns int) {
	living := 0
	var server codec.Budget
	budget := server.Within()
	g := graph.New(steps(&living), budget, quiet{})
	defer g.Close()
	m := &model{links: map[*element]*element{}}
	for i := range 8 {
		m.add(g, r, i)
	}
	for turn := range turns {
		m.turn(g, r, turn)
		if msg := m.compare(living); msg != "" {
			t.Fatalf("turn %d: %s", turn, msg)
		}
	}
	for len(m.elements) > 0 {
		m.remove(g, 0)
	}
	if msg := m.compare(living); msg != "" || living != 0 || budget.Used() != 0 || server.Used() != 0 {
		t.Fatalf("after the last element: %s, %d conversions left, which cost %d and %d", msg, living, budget.Used(), server.Used())
	}
}

// model is the test's own idea of the graph: who feeds whom, and all elements that ever were.
type model struct {
	elements []*element
	all      []*element
	links    map[*element]*element // sink -> source
}

func (m *model) add(g *graph.Graph, r *rand.Rand, i int) {
	e := newElement(fmt.Sprint("e", i))
	kind := r.IntN(4)
	g.Update(func(edit *graph.Edit) {
		edit.Add(e.node)
		if kind == 0 {
			e.through = true
			edit.SetThrough(e.node, media.Video, e.node)
			return
		}
		if kind != 1 {
			e.out = media.NewOutput(media.NoUpstream{}, nil)
			if r.IntN(2) == 0 {
				e.out.SetFormat(formats[r.IntN(3)])
			}
			edit.SetOutput(e.node, media.Video, e.out)
		}
		if kind != 2 {
			e.in = &sink{name: e.name, takes: formats[r.IntN(len(formats))]}
			edit.SetInput(e.node, media.Video, e.in)
		}
	})
	m.elements, m.all = append(m.elements, e), append(m.all, e)
}

func (m *model) remove(g *graph.Graph, i int) {
	e := m.elements[i]
	g.Update(func(edit *graph.Edit) { edit.Remove(e.node) })
	m.elements = slices.Delete(m.elements, i, i+1)
	for sink, source := range m.links {
		if sink == e || source == e {
			delete(m.links, sink)
		}
	}
}

func (m *model) turn(g *graph.Graph, r *rand.Rand, turn int) {
	a, b := m.elements[r.IntN(len(m.elements))], m.elements[r.IntN(len(m.elements))]
	link := graph.Link{Source: a.node, Sink: b.node, Kind: media.Video, SourcePad: graph.DefaultPad, SinkPad: graph.DefaultPad}
	switch r.IntN(10) {
	case 0, 1, 2, 3, 4:
		g.Update(func(edit *graph.Edit) { edit.Connect(link) })
		m.links[b] = a
	case 5, 6:
		g.Update(func(edit *graph.Edit) { edit.Disconnect(link) })
		if m.links[b] == a {
			delete(m.links, b)
		}
	case 7:
		m.remove(g, r.IntN(len(m.elements)))
		m.add(g, r, turn+100)
	default:
		if a.out != nil {
			a.out.SetFormat(formats[r.IntN(3)])
		}
		g.Update(func(*graph.Edit) {})
	}
}

// feeds follows the links from an element's input back to what produces for it.
func (m *model) feeds(e *element) *element {
	for range m.all {
		source, ok := m.links[e]
		if !ok {
			return nil
		}
		if source.out != nil {
			return source
		}
		if !source.through {
			return nil
		}
		e = source
	}
	return nil
}

// compare says what differs between the graph's routes and the model's.
func (m *model) compare(living int) string {
	want := map[*media.Output]int{} // receivers of each output: inputs, and one conversion if anybody needs it
	converted := map[*media.Output]bool{}
	for _, e := range m.all {
		if e.in == nil {
			continue
		}
		from := m.feeds(e)
		gets := from != nil && from.out.Format() != nil && slices.Contains(m.elements, e)
		direct := gets && *from.out.Format() == e.in.takes
		indirect := gets && *from.out.Format() == formats[0] && e.in.takes == formats[3]
		switch {
		case direct && e.in.format != from.out.Format():
			return e.name + " is not bound to its source's format"
		case (direct || indirect) != (e.in.from != nil):
			return fmt.Sprintf("%s bound: %v, wanted %v", e.name, e.in.from != nil, direct || indirect)
		case direct:
			want[from.out]++
		case indirect:
			converted[from.out] = true
		}
	}
	for _, e := range m.all {
		if e.out == nil {
			continue
		}
		n := want[e.out]
		if converted[e.out] {
			n++
		}
		if got := len(e.out.Routes()); got != n {
			return fmt.Sprintf("%s feeds %d receivers, wanted %d", e.name, got, n)
		}
	}
	if living != len(converted) {
		return fmt.Sprintf("%d conversions run, wanted %d", living, len(converted))
	}
	return ""
}

// pair makes a graph with a producer linked to a receiver of the same format.
func pair(t *testing.T, o graph.Observer) (g *graph.Graph, from, to *element) {
	g = graph.New(nil, nil, o)
	t.Cleanup(g.Close)
	from, to = newElement("from"), newElement("to")
	from.out = media.NewOutput(media.NoUpstream{}, g.Woken)
	from.out.SetFormat(formats[0])
	to.in = &sink{name: "to", takes: formats[0]}
	g.Update(func(edit *graph.Edit) {
		edit.Add(from.node)
		edit.Add(to.node)
		edit.SetOutput(from.node, media.Video, from.out)
		edit.SetInput(to.node, media.Video, to.in)
		edit.Connect(video(from, to))
	})
	return g, from, to
}

func video(from, to *element) graph.Link {
	return graph.Link{Source: from.node, Sink: to.node, Kind: media.Video, SourcePad: graph.DefaultPad, SinkPad: graph.DefaultPad}
}

// produce writes packets as a producer does, one turn each.
func produce(out *media.Output, b *media.Burst) {
	defer b.Rescue(func(v any) { panic(v) })
	out.Write(&media.Packet{Format: out.Format(), Burst: b})
	b.Flush()
}

func TestRoutesChangeUnderTraffic(t *testing.T) {
	g, from, to := pair(t, quiet{})
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		var b media.Burst
		for {
			select {
			case <-stop:
				return
			default:
				produce(from.out, &b)
			}
		}
	}()
	for i := range 300 {
		g.Update(func(e *graph.Edit) { e.Disconnect(video(from, to)) })
		if i%3 == 0 {
			from.out.SetFormat(formats[i/3%3])
		}
		g.Changed()
		g.Update(func(e *graph.Edit) { e.Connect(video(from, to)) })
	}
	from.out.SetFormat(formats[0])
	g.Update(func(*graph.Edit) {})
	before := to.in.packets()
	for to.in.packets() == before {
		runtime.Gosched()
	}
	close(stop)
	<-stopped
}

func TestAPanickingReceiverIsDetached(t *testing.T) {
	o := &recorder{events: make(chan string, 16)}
	g, from, to := pair(t, o)
	other := newElement("other")
	other.in = &sink{name: "other", takes: formats[0]}
	g.Update(func(e *graph.Edit) {
		e.Add(other.node)
		e.SetInput(other.node, media.Video, other.in)
		e.Connect(video(from, other))
	})
	to.in.crash = true
	var b media.Burst
	produce(from.out, &b)
	o.expect(t, "failed to: sink to")
	before := other.in.packets()
	produce(from.out, &b)
	if other.in.packets() != before+1 {
		t.Error("the other receiver gets nothing any more")
	}
	if n := len(from.out.Routes()); n != 1 {
		t.Errorf("%d receivers left, wanted 1", n)
	}
}

// recorder notes what it is told as text.
type recorder struct {
	events chan string
	other  []string
}

func (r *recorder) Flow(n *graph.Node, k media.Kind, d graph.Direction, flowing bool) {
	r.events <- fmt.Sprintf("flow %s %s %s %v", n.Owner().(*element).name, k, [...]string{"in", "out"}[d], flowing)
}

func (r *recorder) Transcoding(n *graph.Node, k media.Kind, why *graph.Conversion) {
	r.events <- fmt.Sprintf("transcoding %s %v", n.Owner().(*element).name, why != nil)
}

func (r *recorder) Refused(n *graph.Node, k media.Kind, why graph.Refusal) {
	text := fmt.Sprintf("refused %s %s", n.Owner().(*element).name, why.Have)
	if why.OverBudget {
		text += " over budget"
	}
	r.events <- text
}

func (r *recorder) Converts(c *graph.Conversion) {
	r.events <- fmt.Sprintf("converts %s to %s: %s to %s for %d", c.Source.Owner().(*element).name, c.Sink.Owner().(*element).name, c.From, c.To, c.Cost)
}

func (r *recorder) Failed(n *graph.Node, k media.Kind, v any) {
	r.events <- fmt.Sprintf("failed %s: %v", n.Owner().(*element).name, v)
}

// expect waits for an event; others that come before are kept aside.
func (r *recorder) expect(t *testing.T, want string) {
	t.Helper()
	if i := slices.Index(r.other, want); i >= 0 {
		r.other = slices.Delete(r.other, i, i+1)
		return
	}
	deadline := time.After(30 * time.Second)
	for {
		select {
		case got := <-r.events:
			if got == want {
				return
			}
			r.other = append(r.other, got)
		case <-deadline:
			t.Fatalf("no event %q, only %q", want, r.other)
		}
	}
}

func TestFlowIsReportedThroughPassThrough(t *testing.T) {
	o := &recorder{events: make(chan string, 64)}
	g, from, to := pair(t, o)
	between := newElement("between")
	g.Update(func(e *graph.Edit) {
		e.Add(between.node)
		e.SetThrough(between.node, media.Video, between.node)
		e.Connect(video(from, between))
		e.Connect(video(between, to))
	})
	var b media.Burst
	produce(from.out, &b)
	for _, want := range []string{"flow from VIDEO out true", "flow between VIDEO in true", "flow between VIDEO out true",
		"flow to VIDEO in true", "transcoding from false", "transcoding between false"} {
		o.expect(t, want)
	}
	for _, want := range []string{"flow from VIDEO out false", "flow between VIDEO in false", "flow between VIDEO out false",
		"flow to VIDEO in false"} {
		o.expect(t, want) // after a period without a packet
	}
	produce(from.out, &b)
	o.expect(t, "flow to VIDEO in true")
	g.Update(func(e *graph.Edit) { e.Disconnect(video(between, to)) })
	o.expect(t, "flow to VIDEO in false")
	if !g.Flowing(between.node, media.Video, graph.Out) {
		t.Error("what flows into a pass-through flows out of it too")
	}
}

func TestWhatNothingConvertsIsReportedOnce(t *testing.T) {
	o := &recorder{events: make(chan string, 16)}
	g, from, _ := pair(t, o)
	from.out.SetFormat(formats[1])
	g.Update(func(*graph.Edit) {})
	g.Update(func(*graph.Edit) {})
	o.expect(t, "refused to "+formats[1].String())
	g.Close()
	close(o.events)
	for e := range o.events {
		t.Errorf("told again: %s", e)
	}
}

func TestAForcedCodecIsAskedOfAllThatIsGiven(t *testing.T) {
	o := &recorder{events: make(chan string, 16)}
	g, from, to := pair(t, o)
	g.Update(func(e *graph.Edit) { e.SetWant(from.node, media.Video, codec.Want{Codec: "Z"}) })
	o.expect(t, "refused to "+formats[0].String())
	if n := len(from.out.Routes()); n != 0 {
		t.Errorf("%d receivers although nothing makes codec Z", n)
	}
	g.Update(func(e *graph.Edit) { e.SetWant(from.node, media.Video, codec.Want{Codec: formats[0].Codec}) })
	if n := len(from.out.Routes()); n != 1 || to.in.format == nil {
		t.Errorf("%d receivers for the codec that is there", n)
	}
}
