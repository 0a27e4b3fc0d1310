// Package zbar is the ZBarFilter element, which reads QR and bar codes in video and tells the client. Kurento's is named for the
// library that it reads them with; here it is gozxing, with the names of ZBar.
package zbar

import (
	"context"
	"sync"
	"time"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/media"
)

const (
	// readEvery is how often a picture is read, if the one before has been by then.
	readEvery = 200 * time.Millisecond
	// tellEvery is how often the same code is told, as in Kurento.
	tellEvery = time.Second
)

// Filter is a ZBarFilter. It reads on a goroutine of its own, so that pictures never wait for that.
type Filter struct {
	filter.Filter
	taken   time.Duration      // PTS of the picture that was given to be read last; owned by the goroutine of the work
	idle    chan *i420.Picture // the one picture that goes to and fro, while it waits to be filled
	pending chan *i420.Picture // and while it waits to be read
	close   sync.Once
	done    sync.WaitGroup
}

// Class describes ZBarFilter.
var Class = &pipeline.Class{
	Name: "ZBarFilter", Module: "filters", Parent: filter.Class,
	New: pipeline.New(func(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
		f := &Filter{}
		f.SetupCodes(c, f, p.MediaPipeline, func(codeType, value string) { f.Emit(CodeFound{CodeType: codeType, Value: value}) })
		return f, nil
	}),
	Events: []pipeline.EventType{pipeline.Raises[CodeFound]()},
}

type params struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
}

// CodeFound is raised when a code was read.
type CodeFound struct {
	pipeline.Media
	CodeType string `kurento:"codeType"`
	Value    string `kurento:"value"`
}

// SetupCodes is SetupPictures for a filter that has tell called for every code in the pictures, with ZBar's name for its type, and
// again when a second has passed. The calls come from one goroutine, not that of Do, which Close waits for.
func (f *Filter) SetupCodes(c pipeline.Creation, self pipeline.Element, p *pipeline.MediaPipeline, tell func(codeType, value string)) {
	f.taken, f.idle, f.pending = -readEvery, make(chan *i420.Picture, 1), make(chan *i420.Picture, 1)
	f.idle <- &i420.Picture{}
	f.SetupPictures(c, self, p, f.take)
	f.done.Go(func() { f.read(tell) })
}

// Close is part of pipeline.Object.
func (f *Filter) Close() {
	f.Filter.Close() // nothing is taken any more
	f.close.Do(func() { close(f.pending) })
	f.done.Wait()
}

// take is the work of the filter: now and then it gives a picture to be read, whether or not somebody gets the pictures.
func (f *Filter) take(p *i420.Picture, m filter.Moment) *i420.Picture {
	if since := m.PTS - f.taken; since >= 0 && since < readEvery {
		return p
	}
	select {
	case copied := <-f.idle:
		copied.Resize(p.Width, p.Height)
		i420.Copy(copied, p)
		f.taken = m.PTS
		f.pending <- copied
	default: // the last one is still being read
	}
	return p
}

// read is the goroutine that reads.
func (f *Filter) read(tell func(codeType, value string)) {
	r := newReader()
	told := map[code]time.Duration{} // when
	failed := false
	for p := range f.pending {
		codes, err := r.read(p)
		if err != nil && !failed {
			failed = true // once: the next pictures may be like this one
			log := f.Log()
			log.Warn().Err(err).Msg("a picture cannot be read")
		}
		now := media.Now()
		for _, c := range codes {
			if at, ok := told[c]; !ok || now-at >= tellEvery {
				told[c] = now
				tell(c.kind, c.value)
			}
		}
		for c, at := range told {
			if now-at >= tellEvery {
				delete(told, c)
			}
		}
		f.idle <- p
	}
}
