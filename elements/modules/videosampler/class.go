// Package videosampler is the module videosampler: an element that sends pictures of the video which passes through it to a
// server, now and then.
package videosampler

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

// Class describes VideoSampler. settings gives those that a new element starts with.
func Class(settings func() filter.Settings) *pipeline.Class {
	return &pipeline.Class{
		Name: "VideoSampler", Module: "videosampler", Parent: pipeline.MediaElementClass,
		New: pipeline.New(func(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
			return create(c, p, settings())
		}),
		Events: []pipeline.EventType{pipeline.Raises[SampleImageDelivered]()},
	}
}

type params struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
	FramePeriod   int                     `kurento:"framePeriod"` // ms
	Method        ImageDelivery           `kurento:"imageDeliveryMethod,optional,default=NONE"`
	Height        int                     `kurento:"height,optional,default=0"`
	Width         int                     `kurento:"width,optional,default=0"`
	Encoding      ImageEncoding           `kurento:"imageEncoding,optional,default=PNG"`
	Endpoint      string                  `kurento:"endpointUrl,optional,default="`
	Metadata      string                  `kurento:"metadata,optional,default="`
}

// ImageDelivery is how pictures are sent. The original looks at the address only, and sends by gRPC whenever there is one.
type ImageDelivery string

// Values are the texts of the protocol.
func (ImageDelivery) Values() []string { return []string{"NONE", "GRPC"} }

// WireModule is part of wire.Moduled.
func (ImageDelivery) WireModule() string { return "videosampler" }

// ImageEncoding is the kind of file that a picture is sent as.
type ImageEncoding string

// Values are the texts of the protocol.
func (ImageEncoding) Values() []string { return []string{"PNG", "JPEG", "BMP", "PBM", "PPM"} }

// WireModule is part of wire.Moduled.
func (ImageEncoding) WireModule() string { return "videosampler" }

// SampleImageDelivered is raised for each picture when the server has it, or has refused it or cannot be reached.
type SampleImageDelivered struct {
	pipeline.Media
	Delivered bool `kurento:"delivered"`
}

// Sampler is VideoSampler. Media passes it as it would without; pictures are encoded and sent on a goroutine of its own, one at a
// time: what is due meanwhile is left out.
type Sampler struct {
	pipeline.MediaElement
	params params
	period time.Duration
	queue  *media.Queue // nil: nothing is sent
	client *client
	end    context.Context // of what is being sent
	cancel context.CancelFunc
	format atomic.Pointer[media.Format]
	next   time.Duration // when the next picture is due; belongs to who writes
	scaled i420.Picture  // belongs to the queue, as what follows
	scaler *i420.Scaler
	from   [2]int      // the size that scaler scales from
	failed bool        // the last picture was not delivered
	busy   atomic.Bool // a picture is on its way
}

func create(c pipeline.Creation, p params, settings filter.Settings) (pipeline.Object, error) {
	if p.FramePeriod < 0 {
		return nil, pipeline.Errorf(pipeline.IllegalParam, "framePeriod %d ms is less than nothing", p.FramePeriod)
	}
	if p.Width < 0 || p.Height < 0 || max(p.Width, p.Height) > i420.MaxSize {
		return nil, pipeline.Errorf(pipeline.IllegalParam, "pictures of %dx%d are not possible", p.Width, p.Height)
	}
	s := &Sampler{params: p, period: time.Duration(p.FramePeriod) * time.Millisecond}
	s.end, s.cancel = context.WithCancel(context.Background())
	s.Setup(c, s, p.MediaPipeline, p.MediaPipeline)
	if p.Endpoint != "" {
		s.client = newClient(p.Endpoint, settings.Access)
		s.queue = media.NewQueue(media.QueueOptions{Packets: 1, Bytes: largest, Handle: s.sample, Fail: s.breakDown})
	}
	s.Update(func(g *graph.Edit, n *graph.Node) {
		for _, k := range media.Kinds {
			g.SetThrough(n, k, n)
		}
		if s.queue != nil {
			g.SetInput(n, media.Video, s)
		}
	})
	return s, nil
}

// largest is the largest picture that is sampled, in bytes.
const largest = 4096 * 2304 * 3 / 2

// Close is part of pipeline.Object.
func (s *Sampler) Close() {
	s.MediaElement.Close()
	s.cancel()
	if s.queue != nil {
		s.queue.Close(false)
		s.client.close()
	}
}
