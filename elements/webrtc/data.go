package webrtc

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/elements/endpoint"
	"github.com/rivero-media/rivero/elements/sdp"
	"github.com/rivero-media/rivero/elements/webrtc/transport"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

// sctpPort is that of own offers: the one that every implementation uses, although any would do (RFC 8841 §5).
const sctpPort = 5000

// messages is the only format of DATA links: what each packet of it carries is text or binary.
var messages = media.Format{Kind: media.Data, Codec: media.Message}

// data is the DATA side of an endpoint. What the peer sends through any of its channels goes out of it as packets; what
// comes in goes through all channels that are open.
type data struct {
	conn    atomic.Pointer[transport.Conn] // that of the m-line
	output  *media.Output
	format  *media.Format                // of output
	bound   atomic.Pointer[media.Format] // of what comes in; nil: nothing is connected
	session uuid.UUID                    // names the channels in statistics
	largest atomic.Int64                 // bytes that the peer takes in one message, 0: any number
	refused atomic.Bool                  // a larger one was dropped, and that was logged
	log     zerolog.Logger
}

// HandleMessage is part of transport.MessageHandler.
func (d *data) HandleMessage(text bool, message []byte, at time.Duration, b *media.Burst) {
	d.output.Write(&media.Packet{Format: d.format, PTS: at, At: at, Key: true, Text: text, Data: message, Burst: b})
}

// Accept is part of media.Input.
func (d *data) Accept(f media.Format) (score int, ok bool) { return 0, f == messages }

// Bind is part of media.Input.
func (d *data) Bind(f *media.Format, _ media.Source) { d.bound.Store(f) }

// Write is part of media.Input.
func (d *data) Write(p *media.Packet) {
	if p.Format != d.bound.Load() {
		return
	}
	if most := d.largest.Load(); most > 0 && int64(len(p.Data)) > most {
		// RFC 8831 §6.6: it must not be sent. The peer would close everything.
		if !d.refused.Swap(true) {
			d.log.Warn().Int("bytes", len(p.Data)).Int64("limit", most).Msg("message is larger than the peer takes: dropped, as later ones will be")
		}
		return
	}
	d.conn.Load().SendMessage(p.Text, p.Data)
}

// HandleMessage is part of transport.MessageHandler. Messages come after Negotiated only.
func (e *Endpoint) HandleMessage(text bool, message []byte, at time.Duration, b *media.Burst) {
	if d := e.data.Load(); d != nil {
		d.HandleMessage(text, message, at, b)
	}
}

// dataPorts are the ports of data channels and the transport that they go over, -1: there are none.
type dataPorts struct {
	transport.SCTPPorts
	leg int
}

// agreeData puts data channels into the graph once they are negotiated. They stay for as long as the endpoint.
func (e *Endpoint) agreeData(legs []*leg, s sdp.Session) dataPorts {
	for _, m := range s.Media {
		if m.Kind != media.Data || m.Rejected {
			continue
		}
		if e.data.Load() == nil {
			d := &data{output: e.NewOutput(media.NoUpstream{}), session: uuid.New(), log: e.Log()}
			d.conn.Store(legs[m.Transport].conn)
			d.format = d.output.SetFormat(messages)
			e.data.Store(d)
			e.Update(func(g *graph.Edit, n *graph.Node) {
				g.SetOutput(n, media.Data, d.output)
				g.SetInput(n, media.Data, d)
			})
		}
		e.data.Load().conn.Store(legs[m.Transport].conn)
		e.data.Load().largest.Store(int64(m.MaxMessageSize))
		return dataPorts{transport.SCTPPorts{Local: m.SCTPPort, Remote: m.RemoteSCTPPort}, m.Transport}
	}
	return dataPorts{leg: -1}
}

// closeData is called when the transport is closed.
func (e *Endpoint) closeData() {
	if d := e.data.Load(); d != nil {
		d.output.Close()
	}
}

// errNoDataChannels is the answer of an endpoint on which none were negotiated.
var errNoDataChannels = pipeline.Errorf(pipeline.OperationNotSupported, "Data channels are not supported")

func (e *Endpoint) createDataChannel(p createChannelParams) error {
	d := e.data.Load()
	if d == nil {
		return errNoDataChannels
	}
	if p.MaxPacketLifeTime >= 0 && p.MaxRetransmits >= 0 {
		return pipeline.Errorf(pipeline.IllegalParam, "Syntax error")
	}
	_, err := d.conn.Load().OpenChannel(transport.ChannelConfig{
		Label: p.Label, Protocol: p.Protocol, Ordered: p.Ordered,
		MaxPacketLifeTime: p.MaxPacketLifeTime, MaxRetransmits: p.MaxRetransmits,
	})
	switch {
	case errors.Is(err, transport.ErrNoChannels):
		return errNoDataChannels
	case err != nil:
		log := e.Log()
		log.Warn().Err(err).Str("label", p.Label).Msg("data channel cannot be created")
		return pipeline.Errorf(pipeline.UnexpectedError, "Can not create data channel")
	}
	return nil
}

// closeDataChannel succeeds for ids that are not there, as in the original.
func (e *Endpoint) closeDataChannel(id int) error {
	d := e.data.Load()
	if d == nil {
		return errNoDataChannels
	}
	if !d.conn.Load().CloseChannel(id) {
		log := e.Log()
		log.Warn().Int("id", id).Msg("there is no data channel to close")
	}
	return nil
}

func (l *leg) ChannelOpened(id uint16) { l.e.Emit(DataChannelOpened{ChannelID: int(id)}) }

func (l *leg) ChannelClosed(id uint16) { l.e.Emit(DataChannelClosed{ChannelID: int(id)}) }

func (d *data) stats(all map[string]pipeline.StatsEntry) {
	channels, ok := d.conn.Load().ChannelsStats()
	if !ok {
		return
	}
	now := time.Now()
	session := endpoint.RTCPeerConnectionStats{
		DataChannelsOpened: int64(channels.Opened), DataChannelsClosed: int64(channels.Closed),
	}
	session.Stats = pipeline.NewStats(d.session.String(), "session", now)
	all[d.session.String()] = session
	for _, c := range channels.Channels {
		id := uuid.NewSHA1(d.session, fmt.Append(nil, c.ID)).String()
		st := endpoint.RTCDataChannelStats{
			Label: c.Label, Protocol: c.Protocol, DataChannelID: int64(c.ID), State: endpoint.RTCDataChannelState(c.State),
			MessagesSent: int64(c.MessagesSent), BytesSent: int64(c.BytesSent),
			MessagesReceived: int64(c.MessagesReceived), BytesReceived: int64(c.BytesReceived),
		}
		st.Stats = pipeline.NewStats(id, "datachannel", now)
		all[id] = st
	}
}

var (
	_ transport.MessageHandler = (*Endpoint)(nil)
	_ media.Input              = (*data)(nil)
)
