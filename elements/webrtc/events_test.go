package webrtc_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/webrtc"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/codec/opus"
	codecrtp "github.com/rivero-media/rivero/pipeline/codec/rtp"
	"github.com/rivero-media/rivero/pipeline/codec/sound"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

type inPipeline struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
}

// phone is an element that speaks Opus and dials the digit 7 again and again.
type phone struct {
	pipeline.MediaElement
	out  *media.Output
	stop chan struct{}
	done sync.WaitGroup
	once sync.Once
}

var phoneClass = &pipeline.Class{
	Name: "TestPhone", Module: "test", Parent: pipeline.MediaElementClass,
	New: pipeline.New(func(_ context.Context, c pipeline.Creation, p inPipeline) (pipeline.Object, error) {
		o := &phone{stop: make(chan struct{})}
		o.Setup(c, o, p.MediaPipeline, p.MediaPipeline)
		o.out = o.NewOutput(media.NoUpstream{})
		o.out.SetFormat(media.Format{Kind: media.Audio, Codec: media.Opus, Packed: true, ClockRate: 48000, Channels: 2})
		o.Update(func(g *graph.Edit, n *graph.Node) { g.SetOutput(n, media.Audio, o.out) })
		encoder, err := opus.NewEncoder(opus.EncoderConfig{})
		if err != nil {
			return nil, err
		}
		o.done.Go(func() { o.speak(encoder) })
		return o, nil
	}),
}

func (o *phone) speak(encoder *opus.Encoder) {
	var burst media.Burst
	events, silence := media.EventFormat(48000), make([]int16, 960)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	begin := uint32(0) // of the digit
	for n := uint32(0); ; n++ {
		p := media.Packet{Format: o.out.Format(), PTS: media.Now(), At: media.Now(), Key: true, Burst: &burst}
		p.RTP.SSRC, p.RTP.SequenceNumber, p.RTP.Timestamp = 1, uint16(n), 960*n
		if turn := n % 10; turn < 5 {
			p.Data, _ = encoder.Encode(nil, silence)
		} else {
			if turn == 5 {
				begin, p.RTP.Marker = 960*n, true
			}
			length := 960 * (turn - 4)
			p.Format, p.RTP.Timestamp, p.Data = &events, begin, []byte{7, 10, byte(length >> 8), byte(length)}
		}
		o.out.Write(&p)
		burst.Flush()
		select {
		case <-tick.C:
		case <-o.stop:
			return
		}
	}
}

// Close is part of pipeline.Object.
func (o *phone) Close() {
	o.once.Do(func() { close(o.stop) })
	o.done.Wait()
	o.MediaElement.Close()
}

// ear is an element that keeps the events it hears.
type ear struct {
	pipeline.MediaElement
	mu    sync.Mutex
	bound *media.Format
	voice int
	dials [][]byte
	rate  uint32
}

var earClass = &pipeline.Class{
	Name: "TestEar", Module: "test", Parent: pipeline.MediaElementClass,
	New: pipeline.New(func(_ context.Context, c pipeline.Creation, p inPipeline) (pipeline.Object, error) {
		e := &ear{}
		e.Setup(c, e, p.MediaPipeline, p.MediaPipeline)
		e.Update(func(g *graph.Edit, n *graph.Node) { g.SetInput(n, media.Audio, e) })
		return e, nil
	}),
}

func (e *ear) Accept(media.Format) (int, bool) { return 0, true }

func (e *ear) Bind(f *media.Format, _ media.Source) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.bound = f
}

func (e *ear) Write(p *media.Packet) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case p.IsEvent():
		e.dials, e.rate = append(e.dials, slices.Clone(p.Data)), p.Format.ClockRate
	case p.Format == e.bound:
		e.voice++
	}
}

// A digit dialled in a browser that speaks Opus reaches a peer that takes G.711 alone.
func TestTelephoneEventsReachAnotherCodec(t *testing.T) {
	steps := codec.Steps{codecrtp.Steps(codecrtp.MTU), sound.Steps}
	s := serverWith(t, steps, nil, phoneClass)
	telephone := serverWith(t, steps, func(s *webrtc.Settings) { s.AudioCodecs = []string{"PCMU/8000"} }, earClass)
	p, q, r := elementtest.Pipeline(t, s), elementtest.Pipeline(t, s), elementtest.Pipeline(t, telephone)
	browser := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(p))
	in, out := elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(q)), elementtest.Create(t, s, "WebRtcEndpoint", elementtest.In(q))
	peer := elementtest.Create(t, telephone, "WebRtcEndpoint", elementtest.In(r))
	heard := elementtest.Create(t, telephone, "TestEar", elementtest.In(r)).(*ear)
	elementtest.Connect(t, elementtest.Create(t, s, "TestPhone", elementtest.In(p)), browser)
	elementtest.Connect(t, in, out)
	elementtest.Connect(t, peer, heard)
	join(t, browser, in)
	join(t, peer, out)
	elementtest.Eventually(t, "a digit", func() bool {
		heard.mu.Lock()
		defer heard.mu.Unlock()
		return len(heard.dials) >= 10 && heard.voice >= 10
	})
	heard.mu.Lock()
	defer heard.mu.Unlock()
	if heard.bound.Codec != media.PCMU || heard.rate != 8000 {
		t.Errorf("%v, events on %d Hz", heard.bound, heard.rate)
	}
	for _, dial := range heard.dials {
		if length := int(dial[2])<<8 | int(dial[3]); dial[0] != 7 || dial[1] != 10 || length%160 != 0 || length == 0 || length > 800 {
			t.Errorf("event % x", dial)
		}
	}
}
