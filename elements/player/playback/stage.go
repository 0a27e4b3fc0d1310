package playback

import (
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

// Stage is the outputs of an element that plays files, one of sound and one of pictures. They are there before the first file
// is, so that the element can be connected, and one playback at a time writes to them. Without Setup there are none.
type Stage struct {
	element *pipeline.MediaElement
	tracks  map[media.Kind]track
}

// track is where the frames of a kind go.
type track struct {
	out  *media.Output
	past *past
}

// Setup makes the outputs of an element that has been set up itself.
func (s *Stage) Setup(e *pipeline.MediaElement) {
	s.element, s.tracks = e, map[media.Kind]track{}
	for _, k := range []media.Kind{media.Audio, media.Video} {
		kept := &past{}
		s.tracks[k] = track{e.NewOutput(kept), kept}
	}
	e.Update(func(g *graph.Edit, n *graph.Node) {
		for k, t := range s.tracks {
			g.SetOutput(n, k, t.out)
		}
	})
}

// begin tells the receivers the format of each kind. The routes are in force when it returns, so that the first frame finds its
// receivers.
func (s *Stage) begin(formats map[media.Kind]media.Format) map[media.Kind]track {
	used := map[media.Kind]track{}
	s.element.Update(func(*graph.Edit, *graph.Node) {
		for k, t := range s.tracks {
			if f, ok := formats[k]; ok {
				t.out.SetFormat(f)
				used[k] = t
			} else {
				t.out.ClearFormat()
			}
		}
	})
	return used
}

// End tells the receivers that nothing follows. No playback may be writing.
func (s *Stage) End() {
	for _, t := range s.tracks {
		t.out.End()
	}
}

// Close ends the outputs, after the element was taken out of the graph and nothing is played any more.
func (s *Stage) Close() {
	for _, t := range s.tracks {
		t.out.Close()
	}
}
