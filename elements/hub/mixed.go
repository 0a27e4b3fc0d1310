package hub

import (
	"fmt"

	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

// mixed is what Composite and AlphaBlending embed: all ports give the same picture, made of the pictures of all, the sound of
// all ports but their own, and everybody's messages.
type mixed struct {
	common
	pictures *compositor
	sound    *soundMixer
	messages *messages
	crowd    *listener // what those hear who say nothing
}

// start sets up what mixes.
func (h *mixed) start(c pipeline.Creation, p *pipeline.MediaPipeline, framerate int, lay layout) {
	h.setup(c, p)
	h.pictures = newCompositor(framerate, lay, p.Woken, h.failed)
	h.sound = newSoundMixer(p.Woken, h.failed)
	h.crowd = h.sound.addListener(nil)
	h.messages = newMessages(p.Woken, h.failed)
}

// failed tells clients and the log of a panic.
func (h *common) failed(v any) {
	log := h.Log()
	log.Error().Any("panic", v).Msg("hub failed")
	h.Emit(pipeline.Error{Description: fmt.Sprintf("hub failed: %v", v), Type: "UNEXPECTED_ELEMENT_ERROR"})
}

func (h *mixed) joined(p *Port) {
	p.tile = h.pictures.add(p)
	p.speaker = h.sound.addSpeaker()
	p.messages = h.messages.input()
	h.update(func(g *graph.Edit) {
		n := p.Node()
		g.SetInput(n, media.Video, p.tile)
		g.SetInput(n, media.Audio, p.speaker)
		g.SetInput(n, media.Data, p.messages)
		g.SetOutput(n, media.Video, h.pictures.out)
		g.SetOutput(n, media.Audio, h.crowd.out)
		g.SetOutput(n, media.Data, h.messages.out)
	})
}

// linked gives a port that says something a mix without that, and the common one to others.
func (h *mixed) linked(p *Port) {
	h.changes.Lock()
	defer h.changes.Unlock()
	speaks := p.feeds(media.Audio)
	if speaks == (p.listener != nil) {
		return
	}
	old, out := p.listener, h.crowd.out
	p.listener = nil
	if speaks {
		p.listener = h.sound.addListener(p.speaker)
		out = p.listener.out
	}
	h.update(func(g *graph.Edit) { g.SetOutput(p.Node(), media.Audio, out) })
	if old != nil {
		h.sound.removeListener(old)
	}
}

func (h *mixed) left(p *Port) {
	h.changes.Lock()
	defer h.changes.Unlock()
	h.remove(p)
	h.update(func(g *graph.Edit) {
		for _, k := range media.Kinds {
			g.SetInput(p.Node(), k, nil)
			g.SetOutput(p.Node(), k, nil)
		}
	})
	h.pictures.remove(p.tile)
	h.sound.removeSpeaker(p.speaker)
	if p.listener != nil {
		h.sound.removeListener(p.listener)
		p.listener = nil
	}
}

// Close is part of pipeline.Object: the ports are children and have been closed.
func (h *mixed) Close() {
	h.pictures.close()
	h.sound.close()
	h.messages.close()
}
