package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Dot draws the links of the pipeline, or of one object in it (nil: all) and its children, as a Graphviz digraph. The original
// draws its GStreamer elements; here the elements are those the client created.
func (p *MediaPipeline) Dot(only Object) string {
	drawn := func(o Object) bool { return only == nil || o == only || o.Base().parent == only }
	var b strings.Builder
	b.WriteString("digraph pipeline {\n  rankdir=LR;\n  node [shape=box];\n")
	fmt.Fprintf(&b, "  label=%q;\n", p.Name())
	for _, c := range p.descendants() {
		if drawn(c) {
			fmt.Fprintf(&b, "  %q [label=%q];\n", c.ID(), c.Base().class.Name+"\n"+c.Base().Name())
		}
	}
	for _, l := range p.graph.Links() {
		source, sink := elementOf(l.Source), elementOf(l.Sink)
		if drawn(source) || drawn(sink) {
			fmt.Fprintf(&b, "  %q -> %q [label=%q];\n", source.ID(), sink.ID(), l.Kind)
		}
	}
	b.WriteString("}\n")
	return b.String()
}

// Dot draws the links of the element.
func (e *MediaElement) Dot() string { return e.pipeline.Dot(e.self) }

// descendants are all objects below the pipeline, parents first.
func (p *MediaPipeline) descendants() []Object {
	var all []Object
	var add func(o Object)
	add = func(o Object) {
		for _, c := range o.Base().Children() {
			all = append(all, c)
			add(c)
		}
	}
	add(p)
	return all
}

// Dump writes the drawing of an object in the pipeline (nil: all of it) into the directory that GST_DEBUG_DUMP_DOT_DIR names;
// without it nothing is written, as in the original.
func (p *MediaPipeline) Dump(only Object) {
	dir := p.server.settings.Load().DotDir
	if dir == "" {
		return
	}
	id := p.id
	if only != nil {
		id = only.ID()
	}
	path := filepath.Join(dir, strings.ReplaceAll(id, "/", "_")+".dot")
	if err := os.WriteFile(path, []byte(p.Dot(only)), 0o644); err != nil {
		p.server.log.Warn().Err(err).Str("path", path).Msg("graph cannot be written")
	}
}
