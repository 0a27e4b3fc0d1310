package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// dot draws the links of the pipeline, or of one element, as a Graphviz digraph. The original draws its
// GStreamer elements; here the elements are those the client created.
func (p *MediaPipeline) dot(only Element) string {
	var b strings.Builder
	b.WriteString("digraph pipeline {\n  rankdir=LR;\n  node [shape=box];\n")
	fmt.Fprintf(&b, "  label=%q;\n", p.Name())
	for _, c := range p.descendants() {
		if only == nil || c.ID() == only.ID() {
			fmt.Fprintf(&b, "  %q [label=%q];\n", c.ID(), c.Base().class.Name+"\n"+c.Base().Name())
		}
	}
	for _, l := range p.graph.Links() {
		if only != nil && elementOf(l.Source) != only && elementOf(l.Sink) != only {
			continue
		}
		fmt.Fprintf(&b, "  %q -> %q [label=%q];\n", elementOf(l.Source).ID(), elementOf(l.Sink).ID(), l.Kind)
	}
	b.WriteString("}\n")
	return b.String()
}

// Dot draws the links of the element.
func (e *MediaElement) Dot() string { return e.pipeline.dot(e.self) }

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

// dump writes the drawing into the directory that GST_DEBUG_DUMP_DOT_DIR names; without it nothing is
// written, as in the original.
func (p *MediaPipeline) dump(o *MediaObject, only Element) {
	dir := p.server.settings.Load().DotDir
	if dir == "" {
		return
	}
	path := filepath.Join(dir, strings.ReplaceAll(o.id, "/", "_")+".dot")
	if err := os.WriteFile(path, []byte(p.dot(only)), 0o644); err != nil {
		p.server.log.Warn().Err(err).Str("path", path).Msg("graph cannot be written")
	}
}
