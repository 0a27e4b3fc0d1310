package pipeline

import (
	"context"
	"fmt"
	"reflect"
	"sync/atomic"

	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

// MediaPipeline is the container of elements that can be linked to each other.
type MediaPipeline struct {
	MediaObject
	graph        *graph.Graph
	latencyStats atomic.Bool
}

// MediaPipelineClass describes MediaPipeline.
var MediaPipelineClass = &Class{
	Name: "MediaPipeline", Module: "core", Parent: MediaObjectClass,
	New: New(func(_ context.Context, b Creation, _ None) (Object, error) {
		p := &MediaPipeline{}
		p.MediaObject.Setup(b, nil)
		s := b.server.settings.Load()
		budget := b.server.budget.Within()
		budget.SetLimit(s.Transcoding.perPipeline())
		p.graph = graph.New(s.Steps, budget, observer{p, s.Transcoding.Policy})
		return p, nil
	}),
	Methods: Methods(
		Property("latencyStats",
			func(p *MediaPipeline) bool { return p.latencyStats.Load() },
			func(p *MediaPipeline, on bool) error { p.measureLatency(on); return nil }),
		Op("getGstreamerDot", func(_ context.Context, p *MediaPipeline, _ dotParams) (string, error) {
			return p.Dot(nil), nil
		}),
		Do("dumpGstreamerDot", func(_ context.Context, p *MediaPipeline, _ dotParams) error {
			p.Dump(nil)
			return nil
		}),
	),
	Refer: reflect.TypeFor[*MediaPipeline](),
}

// measureLatency switches it on or off for all elements, present and future.
func (p *MediaPipeline) measureLatency(on bool) {
	p.latencyStats.Store(on)
	p.graph.Measure(on)
}

// Update changes what several elements of the pipeline produce and consume at once and has the routes computed anew.
func (p *MediaPipeline) Update(f func(g *graph.Edit)) { p.graph.Update(f) }

// Woken is for outputs that belong to no element: what they call at the first packet after silence.
func (p *MediaPipeline) Woken() { p.graph.Woken() }

// NewRates are bitrates of encoders as the configuration has them, for those that several elements share.
func (p *MediaPipeline) NewRates() *codec.Rates {
	return codec.NewRates(p.server.settings.Load().EncoderBitrate)
}

// Close ends the graph. The elements are closed before, as children.
func (p *MediaPipeline) Close() { p.graph.Close() }

// observer turns the graph's reports into events of the elements.
type observer struct {
	p      *MediaPipeline
	policy TranscodingPolicy
}

func (o observer) Flow(n *graph.Node, k media.Kind, d graph.Direction, flowing bool) {
	if k == media.Data {
		return // the original reports audio and video only
	}
	state := MediaFlowState("NOT_FLOWING")
	if flowing {
		state = "FLOWING"
	}
	e := elementOf(n).Base()
	if d == graph.In {
		e.Emit(MediaFlowInStateChanged{State: state, PadName: graph.DefaultPad, MediaType: mediaType(k)})
		return
	}
	e.Emit(MediaFlowOutStateChanged{State: state, PadName: graph.DefaultPad, MediaType: mediaType(k)})
}

func (o observer) Transcoding(n *graph.Node, k media.Kind, why *graph.Conversion) {
	if k == media.Data {
		return // messages are never converted
	}
	e := elementOf(n).Element()
	event := MediaTranscodingStateChanged{State: "NOT_TRANSCODING", BinName: e.binName(k), MediaType: mediaType(k)}
	if why != nil {
		text := fmt.Sprintf("%s gives %v, %s gets %v: %s; about %.2f cores", elementOf(why.Source).Element().id, why.From,
			elementOf(why.Sink).Element().id, why.To, reason(why), float64(why.Cost)/core)
		event.State, event.Reason = "TRANSCODING", &text
	}
	e.Emit(event)
}

func reason(c *graph.Conversion) string {
	if c.Asked {
		return "a client has asked for it"
	}
	return "the sink does not take what the source gives"
}

func (o observer) Converts(c *graph.Conversion) {
	log := o.p.Log()
	event := log.Info()
	if o.policy == TranscodingWarn {
		event = log.Warn()
	}
	event.Str("source", elementOf(c.Source).Element().id).Str("sink", elementOf(c.Sink).Element().id).Str("kind", c.Kind.String()).
		Stringer("from", c.From).Stringer("to", c.To).Float64("cores", float64(c.Cost)/core).
		Str("reason", reason(c)).Msg("transcoding begins")
}

// Refuser is implemented by elements that raise an Error of their own for what they cannot take.
type Refuser interface {
	// Refused is called once for each format, without a lock. reason is a part of a sentence: "it cannot take … and …".
	Refused(k media.Kind, have media.Format, reason string)
}

func (o observer) Refused(n *graph.Node, k media.Kind, why graph.Refusal) {
	e := elementOf(n).Element()
	reason := o.reason(why)
	description := fmt.Sprintf("%s input cannot take %s and %s", k, why.Have.Codec, reason)
	if why.Asked != "" {
		description = fmt.Sprintf("%s input gets no %s, which a client has asked for: %s", k, why.Asked, reason)
	}
	o.p.server.log.Warn().Str("element", e.id).Str("kind", k.String()).Stringer("format", why.Have).Str("reason", reason).
		Msg("element cannot take what it is connected to")
	if own, ok := elementOf(n).(Refuser); ok {
		own.Refused(k, why.Have, reason)
		return
	}
	e.Emit(Error{Description: description, Type: "STREAM_ERROR_FAILED"})
}

// reason is a part of a sentence.
func (o observer) reason(why graph.Refusal) string {
	switch {
	case why.OverBudget:
		return "to convert it would cost more than the limit of transcoding"
	case why.Asked != "" && why.Makeable:
		return "it cannot take that"
	case o.policy == TranscodingForbid:
		return "transcoding is forbidden"
	case why.Decodable && why.Asked != "":
		return "there is no encoder of it"
	case why.Decodable:
		if why.Takes == "" {
			return "nothing has been negotiated that it would take"
		}
		return "there is no encoder of what it takes: " + why.Takes
	}
	return "there is no decoder of " + why.Have.Codec
}

func (o observer) Failed(n *graph.Node, k media.Kind, v any) {
	e := elementOf(n).Element()
	o.p.server.log.Error().Str("element", e.id).Str("kind", k.String()).Any("panic", v).
		Msg("element failed and was detached")
	e.Emit(Error{Description: fmt.Sprintf("%s input failed: %v", k, v), Type: "UNEXPECTED_ELEMENT_ERROR"})
}
