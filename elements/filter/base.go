package filter

import (
	"fmt"

	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

// Filter is what filters embed: an element that decodes one kind of media, changes it, and passes the other kinds on as they
// are. Filters that follow one another hand raw pictures or samples over; only what leaves the last one is encoded.
//
// The work of a filter runs on one goroutine, its own, behind a queue: it delays nobody else, and what it is too slow for is
// dropped. A panic in it ends the work, not the media, which passes unchanged from then on.
type Filter struct {
	pipeline.MediaElement
	queue *media.Queue
}

// worker is what the two kinds of work have in common.
type worker interface {
	media.Input
	handle(p *media.Packet)
	output() *media.Output
}

// Pictures is the work of a filter on video. It is called for each picture and may change it, or return another one in its
// place, whose memory (without gaps, see i420.Picture.Data) is the filter's until the next call; nil: none is shown.
type Pictures func(p *i420.Picture, m Moment) *i420.Picture

// Samples is the work of a filter on sound: stereo at SampleRate, left and right in turn, to be changed in place.
type Samples func(samples []int16, m Moment)

// SetupPictures gives the element its identity and puts it into the graph, as MediaElement.Setup does, with work on video.
// The constructor of a filter calls it when everything is in place that the work needs.
func (f *Filter) SetupPictures(c pipeline.Creation, self pipeline.Element, p *pipeline.MediaPipeline, work Pictures) {
	f.Setup(c, self, p, p)
	f.start(media.Video, newPictureWorker(f, work), picturesWaiting)
}

// SetupSamples is SetupPictures for work on sound.
func (f *Filter) SetupSamples(c pipeline.Creation, self pipeline.Element, p *pipeline.MediaPipeline, work Samples) {
	f.Setup(c, self, p, p)
	f.start(media.Audio, newSampleWorker(f, work), packetsWaiting)
}

// SetupThrough is SetupPictures for a filter that does nothing to media, which need not be decoded for it.
func (f *Filter) SetupThrough(c pipeline.Creation, self pipeline.Element, p *pipeline.MediaPipeline) {
	f.Setup(c, self, p, p)
	f.queue = media.NewQueue(media.QueueOptions{Packets: 1, Handle: func(*media.Packet) {}})
	f.Update(func(g *graph.Edit, n *graph.Node) {
		for _, k := range media.Kinds {
			g.SetThrough(n, k, n)
		}
	})
}

const (
	picturesWaiting = 3  // more would be late anyhow
	packetsWaiting  = 50 // of sound, a second of the usual ones
	// bytesWaiting hold the pictures that wait at the largest size.
	bytesWaiting = picturesWaiting * 4096 * 2304 * 3 / 2
)

func (f *Filter) start(kind media.Kind, w worker, waiting int) {
	f.queue = media.NewQueue(media.QueueOptions{
		Packets: waiting, Bytes: bytesWaiting, Handle: w.handle, Fail: func(v any) { f.breakDown(kind, v) },
	})
	f.Update(func(g *graph.Edit, n *graph.Node) {
		for _, k := range media.Kinds {
			if k != kind {
				g.SetThrough(n, k, n)
			}
		}
		g.SetInput(n, kind, w)
		g.SetOutput(n, kind, w.output())
	})
}

// Do has change called on the filter's own goroutine, after the media that waits there. Whoever changes what the work uses does
// it so, and needs no lock. It does not wait.
func (f *Filter) Do(change func()) { f.queue.Do(change) }

// Close is part of pipeline.Object.
func (f *Filter) Close() {
	f.MediaElement.Close()
	f.queue.Close(false)
}

// breakDown takes a filter out of the way of the media.
func (f *Filter) breakDown(kind media.Kind, v any) {
	log := f.Log()
	log.Error().Any("panic", v).Msg("filter failed, media passes it unchanged")
	f.Update(func(g *graph.Edit, n *graph.Node) {
		g.SetInput(n, kind, nil)
		g.SetOutput(n, kind, nil)
		g.SetThrough(n, kind, n)
	})
	f.Emit(pipeline.Error{Description: fmt.Sprintf("filter failed: %v; media passes unchanged", v), Type: "UNEXPECTED_ELEMENT_ERROR"})
}
