package recorder

import (
	"sync/atomic"

	"github.com/rivero-media/rivero/pipeline/media"
)

// input takes the frames of one kind and puts them in the recorder's queue.
type input struct {
	recorder *Recorder
	kind     media.Kind
	bound    atomic.Pointer[inputBinding]
	codec    atomic.Pointer[string] // what the file holds, nil before it begins
}

type inputBinding struct {
	format *media.Format
	source media.Source
}

var _ media.Input = (*input)(nil)

// Accept takes whole frames that the container can hold, and the file that has begun.
func (in *input) Accept(f media.Format) (score int, ok bool) {
	if f.Kind != in.kind || !in.recorder.opts.Container.Holds(f) {
		return 0, false
	}
	codec := in.codec.Load()
	return 1, codec == nil || *codec == f.Codec
}

func (in *input) Bind(f *media.Format, from media.Source) {
	if f == nil {
		in.bound.Store(nil)
		return
	}
	in.bound.Store(&inputBinding{f, from})
	if in.kind == media.Video && in.recorder.active.Load() {
		from.RequestKeyFrame()
	}
}

func (in *input) Write(p *media.Packet) {
	if !in.recorder.active.Load() {
		return
	}
	if b := in.bound.Load(); b == nil || b.format != p.Format {
		return
	}
	in.recorder.queue.Write(p)
}
