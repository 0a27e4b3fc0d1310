// Package passthrough is the PassThrough element: what comes in goes out, for every kind of media.
package passthrough

import (
	"context"

	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

// PassThrough stands between elements without touching media: the graph connects its neighbours directly.
type PassThrough struct{ pipeline.MediaElement }

// Class describes PassThrough.
var Class = &pipeline.Class{
	Name: "PassThrough", Module: "core", Parent: pipeline.MediaElementClass,
	New: pipeline.New(create),
}

type params struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
}

func create(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
	e := &PassThrough{}
	e.Setup(c, e, p.MediaPipeline, p.MediaPipeline)
	e.Update(func(g *graph.Edit, n *graph.Node) {
		for _, k := range media.Kinds {
			g.SetThrough(n, k, n)
		}
	})
	return e, nil
}
