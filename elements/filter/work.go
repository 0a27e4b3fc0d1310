package filter

import (
	"sync/atomic"
	"time"

	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/codec/pcm"
	"github.com/rivero-media/rivero/pipeline/codec/sound"
	"github.com/rivero-media/rivero/pipeline/codec/video"
	"github.com/rivero-media/rivero/pipeline/media"
)

// SampleRate is that of the sound which filters work on, in Hz.
const SampleRate = 48000

// Moment says when the media is due that a filter works on.
type Moment struct {
	PTS time.Duration // on the pipeline clock
	// Watched: somebody gets what the filter gives. When nobody does, work that only changes media can be left out.
	Watched bool
}

// common is the way of the media through the work of a filter, of either kind.
type common struct {
	media.NoUpstream // raw media has no key frames, no limits, and is not kept
	filter           *Filter
	out              *media.Output
	format           atomic.Pointer[media.Format] // of what comes
	packet           media.Packet                 // owned by the queue's goroutine
}

func (c *common) setup(f *Filter, format media.Format) {
	c.filter = f
	c.out = f.NewOutput(c)
	c.packet.Format, c.packet.Key = c.out.SetFormat(format), true
}

func (c *common) output() *media.Output { return c.out }

// Bind is part of media.Input.
func (c *common) Bind(f *media.Format, _ media.Source) { c.format.Store(f) }

// Write is part of media.Sink.
func (c *common) Write(p *media.Packet) {
	if p.Format == c.format.Load() {
		c.filter.queue.Write(p)
	}
}

// End is part of media.Ender.
func (c *common) End() { c.filter.queue.Do(c.out.End) }

func (c *common) moment(p *media.Packet) Moment {
	return Moment{PTS: p.PTS, Watched: len(c.out.Routes()) > 0}
}

// emit writes what the work has made of p. A receiver that panics is detached, which is none of the filter's business.
func (c *common) emit(p *media.Packet, data []byte) {
	defer p.Burst.Rescue(func(v any) { panic(v) })
	out := &c.packet
	out.PTS, out.At, out.Level, out.Burst, out.Data = p.PTS, p.At, p.Level, p.Burst, data
	c.out.Write(out)
	out.Burst, out.Data = nil, nil
}

type pictureWorker struct {
	common
	work Pictures
}

func newPictureWorker(f *Filter, work Pictures) *pictureWorker {
	w := &pictureWorker{work: work}
	w.setup(f, video.Raw())
	return w
}

// Accept is part of media.Input.
func (w *pictureWorker) Accept(f media.Format) (score int, ok bool) { return 0, f.Codec == media.I420 }

func (w *pictureWorker) handle(p *media.Packet) {
	picture, ok := i420.Over(p.Data, int(p.Width), int(p.Height))
	if !ok {
		return
	}
	shown := w.work(&picture, w.moment(p))
	if shown == nil {
		return
	}
	w.packet.Width, w.packet.Height = uint16(shown.Width), uint16(shown.Height)
	w.emit(p, shown.Data())
}

type sampleWorker struct {
	common
	work    Samples
	samples []int16
	data    []byte
}

func newSampleWorker(f *Filter, work Samples) *sampleWorker {
	w := &sampleWorker{work: work}
	w.setup(f, sound.Raw(SampleRate, 2))
	return w
}

// Accept is part of media.Input. What has two channels is preferred.
func (w *sampleWorker) Accept(f media.Format) (score int, ok bool) {
	return int(f.Channels), f == sound.Raw(SampleRate, 1) || f == sound.Raw(SampleRate, 2)
}

func (w *sampleWorker) handle(p *media.Packet) {
	w.samples = pcm.AppendSamples(w.samples[:0], p.Data)
	if p.Format.Channels == 1 {
		w.samples = pcm.Double(w.samples)
	}
	w.work(w.samples, w.moment(p))
	w.data = pcm.AppendData(w.data[:0], w.samples)
	w.emit(p, w.data)
}
