package rtspout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/elements/endpoint"
	"github.com/rivero-media/rivero/elements/stream"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

// errNoMedia is why a player cannot begin.
var errNoMedia = errors.New("no media has come")

// kinds are those that RTSP carries.
var kinds = [...]media.Kind{media.Audio, media.Video}

// output is the element that one player receives from.
type output struct {
	pipeline.MediaElement
	inputs  [len(kinds)]*input
	came    chan struct{} // a token: the first packet of a kind has come
	left    atomic.Bool   // packets did not fit into the player's queue
	dropped atomic.Uint64 // how many

	medias map[uint32]*track // by our SSRC; set by describe, as the next two

	mu      sync.Mutex
	stream  *gortsplib.ServerStream
	session *stream.Session
	playing bool
	gone    bool // closed, or what fed it has been taken away
}

// class is that of output. It is in no list: a client that made one would have nothing of it.
var class = &pipeline.Class{
	Name: "RtspOutput", Module: "elements", Parent: endpoint.Class,
	New: pipeline.New(func(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
		o := &output{came: make(chan struct{}, 1)}
		o.Setup(c, o, p.MediaPipeline, p.MediaPipeline)
		for i, k := range kinds {
			o.inputs[i] = newInput(o, k)
		}
		o.Update(func(g *graph.Edit, n *graph.Node) {
			for _, in := range o.inputs {
				g.SetInput(n, in.kind, in)
			}
		})
		return o, nil
	}),
}

type params struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
}

// create makes an output in a pipeline.
func (s *Server) create(in *pipeline.MediaPipeline) (*output, error) {
	raw, err := json.Marshal(map[string]string{"mediaPipeline": in.ID()})
	if err != nil {
		return nil, err
	}
	o, err := s.objects.Make(s.ctx, class, raw)
	if err != nil {
		return nil, err
	}
	return o.(*output), nil
}

// connect has the output fed by an element.
func (o *output) connect(ctx context.Context, element pipeline.Object) error {
	raw, err := json.Marshal(map[string]string{"sink": o.ID()})
	if err != nil {
		return err
	}
	_, err = element.Base().Class().Method("connect").Invoke(ctx, element, raw)
	return err
}

// await waits until packets have come, of both kinds if both are to come, and returns the formats by kind.
func (o *output) await(ctx context.Context) (formats [len(kinds)]*media.Format, err error) {
	limit := time.NewTimer(firstMedia)
	defer limit.Stop()
	var found, expected int
	for {
		found, expected = 0, 0
		for i, in := range o.inputs {
			bound, came := in.state()
			if bound {
				expected++
			}
			if formats[i] = came; came != nil {
				found++
			}
		}
		if found > 0 && found >= expected {
			return formats, nil
		}
		select {
		case <-o.came:
			limit.Reset(otherMedia)
		case <-limit.C:
			if found == 0 {
				return formats, fmt.Errorf("%w in %v", errNoMedia, firstMedia)
			}
			return formats, nil // a microphone that is silent, a camera that is off
		case <-ctx.Done():
			return formats, errShutdown
		}
	}
}

// describe waits for media and makes the stream of what comes. The output sends nothing before play.
func (o *output) describe(ctx context.Context, server *gortsplib.Server) error {
	formats, err := o.await(ctx)
	if err != nil {
		return err
	}
	st := &gortsplib.ServerStream{Server: server, Desc: &description.Session{}}
	var sent []media.Format
	for _, f := range formats {
		if f == nil {
			continue
		}
		m, err := describe(f)
		if err != nil {
			return err
		}
		st.Desc.Medias = append(st.Desc.Medias, m)
		sent = append(sent, *f)
	}
	if err := st.Initialize(); err != nil {
		return fmt.Errorf("rtsp stream: %w", err)
	}
	if err := o.agree(st, sent); err != nil {
		st.Close()
		return err
	}
	o.Update(func(g *graph.Edit, n *graph.Node) { // what is not described is not taken any more
		for i, in := range o.inputs {
			if formats[i] == nil {
				g.SetInput(n, in.kind, nil)
			}
		}
	})
	for _, in := range o.inputs {
		in.restart() // the sender knows now what it is bound to
	}
	return nil
}

// agree makes the session that numbers what is sent.
func (o *output) agree(st *gortsplib.ServerStream, sent []media.Format) error {
	medias := map[uint32]*track{}
	var lines []stream.Line
	stats := st.Stats().Medias
	for i, m := range st.Desc.Medias {
		f := sent[i]
		ssrc := stats[m].Formats[m.Formats[0]].LocalSSRC // which the library writes into each packet
		medias[ssrc] = &track{media: m}
		lines = append(lines, stream.Line{
			MID: f.Kind.String(), SSRC: ssrc, Sender: o.inputs[f.Kind].sender,
			Send: []stream.Codec{{PayloadType: payloadType(f.Kind), Format: f, Takes: like(f)}},
		})
	}
	session, err := stream.NewSession(o, lines, stream.Options{CNAME: endpoint.RandomCNAME(), Log: o.Log()})
	if err != nil {
		return fmt.Errorf("rtp session: %w", err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.gone {
		session.Close()
		return errNoMedia
	}
	o.medias, o.stream, o.session = medias, st, session
	for _, in := range o.inputs {
		in.agreed.Store(true)
	}
	return nil
}

// play begins to send, with a key frame, to a player that is there to receive it.
func (o *output) play() {
	o.mu.Lock()
	again := o.playing
	o.playing = true
	o.mu.Unlock()
	if again { // after a pause
		o.inputs[media.Video].restart()
	} else {
		o.session.Start()
	}
	o.inputs[media.Video].sender.RequestKeyFrame()
}

// WriteRTP is part of stream.Transport. The library copies the packet into the player's queue, or tells the handler
// that it has no room.
func (o *output) WriteRTP(h *rtp.Header, payload []byte, _ *media.Burst) {
	t := o.medias[h.SSRC]
	if len(payload) == 0 {
		t.leaveOut(h.SequenceNumber)
		return
	}
	packet := &rtp.Packet{Header: *h, Payload: payload}
	packet.SequenceNumber = t.number(h.SequenceNumber)
	if err := o.stream.WritePacketRTP(t.media, packet); err != nil {
		o.dropped.Add(1) // larger than a datagram, or nobody is there any more
	}
}

// WriteRTCP is part of stream.Transport: each report goes beside the stream that it is of.
func (o *output) WriteRTCP(packet []byte) {
	reports, err := rtcp.Unmarshal(packet)
	if err != nil {
		return // written by this server
	}
	for _, report := range reports {
		var ssrcs []uint32
		switch r := report.(type) {
		case *rtcp.SenderReport:
			ssrcs = []uint32{r.SSRC}
		case *rtcp.Goodbye:
			ssrcs = r.Sources
		}
		for _, ssrc := range ssrcs {
			if t := o.medias[ssrc]; t != nil {
				_ = o.stream.WritePacketRTCP(t.media, report) // nobody is there any more: the next one is as good
			}
		}
	}
}

// overflow is called by whoever writes, with the sender locked.
func (o *output) overflow() {
	o.dropped.Add(1)
	o.left.Store(true)
}

// LinksChanged is part of pipeline.Linked: without a source the player is sent away.
func (o *output) LinksChanged() {
	if len(o.LinkedKinds()) == 0 {
		o.leave()
	}
}

func (o *output) isGone() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.gone
}

// leave ends the player's session, which will release the output.
func (o *output) leave() {
	o.mu.Lock()
	s := o.stream
	if o.gone {
		s = nil
	}
	o.gone = true
	o.mu.Unlock()
	if s != nil {
		s.Close()
	}
}

// Close is part of pipeline.Object.
func (o *output) Close() {
	o.leave()
	o.mu.Lock()
	session := o.session
	o.mu.Unlock()
	if session != nil {
		session.Close()
	}
	o.MediaElement.Close()
}

var _ stream.Transport = (*output)(nil)
