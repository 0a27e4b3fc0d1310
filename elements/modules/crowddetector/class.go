// Package crowddetector is the module crowddetector: a filter that tells how full regions of the picture are, how much of what is
// there stands, and where the rest goes.
package crowddetector

import (
	"context"
	"regexp"
	"sync"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// Class describes CrowdDetectorFilter.
var Class = &pipeline.Class{
	Name: "CrowdDetectorFilter", Module: "crowddetector", Parent: filter.Class,
	New:     pipeline.New(create),
	Methods: pipeline.Property("processingWidth", (*Filter).processingWidth, (*Filter).setProcessingWidth),
	Events: []pipeline.EventType{
		pipeline.Raises[CrowdDetectorFluidity](), pipeline.Raises[CrowdDetectorOccupancy](), pipeline.Raises[CrowdDetectorDirection](),
	},
}

type params struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
	Regions       []RegionOfInterest      `kurento:"rois"`
}

type (
	// RelativePoint is a place in the picture; both members are from 0 to 1.
	RelativePoint struct {
		X float32 `kurento:"x"`
		Y float32 `kurento:"y"`
	}

	// RegionOfInterest is a polygon that is watched.
	RegionOfInterest struct {
		Points []RelativePoint        `kurento:"points"`
		Config RegionOfInterestConfig `kurento:"regionOfInterestConfig"`
		ID     string                 `kurento:"id"`
	}

	// RegionOfInterestConfig says from which percentages on a region has the levels 1, 2 and 3, and for how many pictures in a row
	// something has to be so before it is told.
	RegionOfInterestConfig struct {
		OccupancyMin    int  `kurento:"occupancyLevelMin,optional,default=10"`
		OccupancyMed    int  `kurento:"occupancyLevelMed,optional,default=35"`
		OccupancyMax    int  `kurento:"occupancyLevelMax,optional,default=65"`
		OccupancyFrames int  `kurento:"occupancyNumFramesToEvent,optional,default=5"`
		FluidityMin     int  `kurento:"fluidityLevelMin,optional,default=10"`
		FluidityMed     int  `kurento:"fluidityLevelMed,optional,default=35"`
		FluidityMax     int  `kurento:"fluidityLevelMax,optional,default=65"`
		FluidityFrames  int  `kurento:"fluidityNumFramesToEvent,optional,default=5"`
		Directions      bool `kurento:"sendOpticalFlowEvent,optional,default=false"`
		DirectionFrames int  `kurento:"opticalFlowNumFramesToEvent,optional,default=3"`
		ResetFrames     int  `kurento:"opticalFlowNumFramesToReset,optional,default=3"`
		AngleOffset     int  `kurento:"opticalFlowAngleOffset,optional,default=0"`
	}
)

// WireModule is part of wire.Moduled.
func (RelativePoint) WireModule() string { return "crowddetector" }

// WireModule is part of wire.Moduled.
func (RegionOfInterest) WireModule() string { return "crowddetector" }

// WireModule is part of wire.Moduled.
func (RegionOfInterestConfig) WireModule() string { return "crowddetector" }

type (
	// CrowdDetectorFluidity is raised when the level of fluidity of a region changes.
	CrowdDetectorFluidity struct {
		pipeline.Media
		Percentage float32 `kurento:"fluidityPercentage"`
		Level      int     `kurento:"fluidityLevel"`
		Region     string  `kurento:"roiId"`
	}
	// CrowdDetectorOccupancy is raised when the level of occupancy of a region changes.
	CrowdDetectorOccupancy struct {
		pipeline.Media
		Percentage float32 `kurento:"occupancyPercentage"`
		Level      int     `kurento:"occupancyLevel"`
		Region     string  `kurento:"roiId"`
	}
	// CrowdDetectorDirection is raised when what moves in a region goes another way.
	CrowdDetectorDirection struct {
		pipeline.Media
		Angle  float32 `kurento:"directionAngle"`
		Region string  `kurento:"roiId"`
	}
)

// Filter is CrowdDetectorFilter.
type Filter struct {
	filter.Filter

	mu    sync.Mutex
	width int // processingWidth

	// The rest belongs to the filter's goroutine.
	scene   scene
	regions []*region
}

// idText is what the description of RegionOfInterest asks of an id.
var idText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9/_.:+-]*$`)

const (
	defaultWidth  = 320
	smallestWidth = 32 // four blocks
)

func create(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
	f := &Filter{width: defaultWidth}
	f.scene.width = defaultWidth
	for _, r := range p.Regions {
		if err := r.check(); err != nil {
			return nil, err
		}
		f.regions = append(f.regions, newRegion(r))
	}
	f.SetupPictures(c, f, p.MediaPipeline, f.work)
	return f, nil
}

func (r *RegionOfInterest) check() error {
	if !idText.MatchString(r.ID) {
		return pipeline.Errorf(pipeline.IllegalParam, "region %q: the id does not begin with a letter, or has more than letters, digits and /-_.:+ in it", r.ID)
	}
	if len(r.Points) < 3 {
		return pipeline.Errorf(pipeline.IllegalParam, "region %s has %d points: no area", r.ID, len(r.Points))
	}
	for _, p := range r.Points {
		if !(p.X >= 0 && p.X <= 1 && p.Y >= 0 && p.Y <= 1) {
			return pipeline.Errorf(pipeline.IllegalParam, "region %s: the point %v, %v is not from 0 to 1", r.ID, p.X, p.Y)
		}
	}
	return nil
}

func (f *Filter) processingWidth() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.width
}

func (f *Filter) setProcessingWidth(width int) error {
	if width < smallestWidth || width > i420.MaxSize {
		return pipeline.Errorf(pipeline.IllegalParam, "processingWidth %d is not from %d to %d", width, smallestWidth, i420.MaxSize)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.width = width
	f.Do(func() { f.scene.width = width })
	return nil
}

func (f *Filter) work(p *i420.Picture, m filter.Moment) *i420.Picture {
	if f.scene.look(p, m.PTS) {
		for _, r := range f.regions {
			r.cover(&f.scene)
		}
	}
	for _, r := range f.regions {
		f.judge(r)
	}
	if m.Watched {
		f.draw(p)
	}
	return p
}

// judge raises the events of a region.
func (f *Filter) judge(r *region) {
	s := r.measure(&f.scene)
	if r.occupancy.see(level(s.occupancy, r.OccupancyMin, r.OccupancyMed, r.OccupancyMax), r.OccupancyFrames) {
		f.Emit(CrowdDetectorOccupancy{Percentage: float32(s.occupancy), Level: r.occupancy.now, Region: r.id})
	}
	if r.fluidity.see(level(s.fluidity, r.FluidityMin, r.FluidityMed, r.FluidityMax), r.FluidityFrames) {
		f.Emit(CrowdDetectorFluidity{Percentage: float32(s.fluidity), Level: r.fluidity.now, Region: r.id})
	}
	if r.Directions && r.turn(s) {
		f.Emit(CrowdDetectorDirection{Angle: float32(r.direction.now), Region: r.id})
	}
}
