// Package modules lists the classes of the modules that Kurento publishes beside its server: filters that look at pictures. One
// folder holds one module.
package modules

import (
	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/elements/modules/chroma"
	"github.com/rivero-media/rivero/elements/modules/crowddetector"
	"github.com/rivero-media/rivero/elements/modules/datachannelexample"
	"github.com/rivero-media/rivero/elements/modules/markerdetector"
	"github.com/rivero-media/rivero/elements/modules/platedetector"
	"github.com/rivero-media/rivero/elements/modules/pointerdetector"
	"github.com/rivero-media/rivero/elements/modules/videosampler"
	"github.com/rivero-media/rivero/pipeline"
)

// Classes lists the classes of all modules. settings gives those that a new filter starts with.
func Classes(settings func() filter.Settings) []*pipeline.Class {
	return append([]*pipeline.Class{
		chroma.Class(settings),
		crowddetector.Class,
		markerdetector.Class(settings),
		platedetector.Class,
		pointerdetector.Class(settings),
		videosampler.Class(settings),
	}, datachannelexample.Classes...)
}
