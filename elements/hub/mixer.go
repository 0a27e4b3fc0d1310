package hub

import (
	"context"
	"slices"

	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

// mixer is the Mixer: each port gives the picture of one port, and the sum of the sound of several.
type mixer struct {
	common
	sound  *soundMixer
	matrix map[*Port]*mix // of ports that give something; guarded by changes
}

// mix is what one port gives.
type mix struct {
	video *Port   // nil: none
	audio []*Port // one: its sound is passed on as it is
}

// mixerClass describes Mixer.
var mixerClass = &pipeline.Class{
	Name: "Mixer", Module: "elements", Parent: Class,
	New: pipeline.New(func(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
		m := &mixer{matrix: make(map[*Port]*mix)}
		m.setup(c, p.MediaPipeline)
		m.sound = newSoundMixer(p.MediaPipeline.Woken, m.failed)
		return m, nil
	}),
	Methods: pipeline.Methods(
		pipeline.Do("connect", func(_ context.Context, m *mixer, p mixParams) error { return m.connect(p) }),
		pipeline.Do("disconnect", func(_ context.Context, m *mixer, p mixParams) error { return m.disconnect(p) }),
	),
}

type mixParams struct {
	Media  pipeline.MediaType `kurento:"media"`
	Source *Port              `kurento:"source"`
	Sink   *Port              `kurento:"sink"`
}

var (
	errMediaType = pipeline.Errorf(pipeline.UnsupportedMediaType, "Invalid media type")
	// errPorts is the original's text for ports of any kind.
	errPorts = pipeline.Errorf(pipeline.ConnectError, "Can not connect video ports")
)

func (m *mixer) connect(p mixParams) error {
	m.changes.Lock()
	defer m.changes.Unlock()
	kind := p.Media.Kind()
	switch {
	case kind == media.Data:
		return errMediaType
	case !m.has(p.Source, p.Sink):
		return errPorts
	}
	x := m.mixOf(p.Sink)
	if kind == media.Video {
		x.video = p.Source
	} else if !slices.Contains(x.audio, p.Source) {
		x.audio = append(x.audio, p.Source)
	}
	m.apply(p.Sink)
	return nil
}

func (m *mixer) disconnect(p mixParams) error {
	m.changes.Lock()
	defer m.changes.Unlock()
	switch p.Media.Kind() {
	case media.Data:
		return errMediaType
	case media.Video:
		return pipeline.Errorf(pipeline.UnsupportedMediaType, "Video disconnection is not implemented yet")
	}
	if !m.has(p.Source, p.Sink) {
		return errPorts
	}
	x := m.mixOf(p.Sink)
	x.audio = slices.DeleteFunc(x.audio, func(q *Port) bool { return q == p.Source })
	m.apply(p.Sink)
	return nil
}

func (m *mixer) mixOf(sink *Port) *mix {
	x := m.matrix[sink]
	if x == nil {
		x = &mix{}
		m.matrix[sink] = x
	}
	return x
}

// apply brings the graph and the sound mixer in line with what the sink is to give.
func (m *mixer) apply(sinks ...*Port) {
	for _, sink := range sinks {
		m.listen(sink, m.matrix[sink].audio)
	}
	speaking := m.speaking()
	var silenced []*speaker
	m.mu.Lock()
	ports := slices.Clone(m.ports)
	m.mu.Unlock()
	m.update(func(g *graph.Edit) {
		for _, p := range ports {
			if !speaking[p] && p.speaker != nil {
				g.SetInput(p.Node(), media.Audio, nil)
				silenced = append(silenced, p.speaker)
				p.speaker = nil
			}
		}
		for p := range speaking {
			g.SetInput(p.Node(), media.Audio, p.speaker)
		}
		for _, sink := range sinks {
			m.give(g, sink, m.matrix[sink])
		}
	})
	for _, s := range silenced {
		m.sound.removeSpeaker(s)
	}
	for _, sink := range sinks {
		if l := sink.listener; l != nil && len(m.matrix[sink].audio) < 2 {
			sink.listener = nil
			m.sound.removeListener(l)
		}
	}
}

// listen has the mix of a sink have the sound of several sources; one needs no mixing.
func (m *mixer) listen(sink *Port, sources []*Port) {
	if len(sources) < 2 {
		return
	}
	if sink.listener == nil {
		sink.listener = m.sound.addListener(nil)
	}
	heard := make([]*speaker, 0, len(sources))
	for _, p := range sources {
		if p.speaker == nil {
			p.speaker = m.sound.addSpeaker()
		}
		heard = append(heard, p.speaker)
	}
	m.sound.hear(sink.listener, heard)
}

// speaking are the ports whose sound is mixed for somebody.
func (m *mixer) speaking() map[*Port]bool {
	speaking := make(map[*Port]bool)
	for _, x := range m.matrix {
		if len(x.audio) >= 2 {
			for _, p := range x.audio {
				speaking[p] = true
			}
		}
	}
	return speaking
}

// give sets what a sink gives in the graph.
func (m *mixer) give(g *graph.Edit, sink *Port, x *mix) {
	passOn(g, x.video, sink, []media.Kind{media.Video})
	var one *Port
	if len(x.audio) == 1 {
		one = x.audio[0]
	}
	passOn(g, one, sink, []media.Kind{media.Audio})
	if len(x.audio) >= 2 {
		g.SetOutput(sink.Node(), media.Audio, sink.listener.out)
	} else {
		g.SetOutput(sink.Node(), media.Audio, nil)
	}
}

func (m *mixer) joined(*Port) {}

func (m *mixer) left(p *Port) {
	m.changes.Lock()
	defer m.changes.Unlock()
	m.remove(p)
	if x := m.matrix[p]; x != nil {
		*x = mix{}
		m.apply(p)
		delete(m.matrix, p)
	}
	var changed []*Port
	for sink, x := range m.matrix {
		if x.video == p {
			x.video = nil
			changed = append(changed, sink)
		}
		if i := slices.Index(x.audio, p); i >= 0 {
			x.audio = slices.Delete(x.audio, i, i+1)
			changed = append(changed, sink)
		}
	}
	m.apply(changed...)
	if p.speaker != nil {
		m.update(func(g *graph.Edit) { g.SetInput(p.Node(), media.Audio, nil) })
		m.sound.removeSpeaker(p.speaker)
		p.speaker = nil
	}
}

// Close is part of pipeline.Object: the ports are children and have been closed.
func (m *mixer) Close() { m.sound.close() }
