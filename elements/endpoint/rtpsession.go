package endpoint

import (
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/elements/sdp"
	"github.com/rivero-media/rivero/elements/stream"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

// StartSession makes the RTP session that was agreed upon and puts its streams into the graph. The
// session sends reports from Connected on. cname is the canonical name that the SDP announced.
func (e *BaseRtpEndpoint) StartSession(t stream.Transport, s sdp.Session, cname string) error {
	var lines []stream.Line
	e.rtpMu.Lock()
	for i := range s.Media {
		if m := &s.Media[i]; !m.Rejected && m.Kind != media.Data {
			lines = append(lines, e.line(m))
		}
	}
	e.rtpMu.Unlock()
	session, err := stream.NewSession(t, lines, stream.Options{
		CNAME:      cname,
		MediaState: e.setMediaState,
		Fail:       e.fail,
		Log:        e.Log(),
	})
	if err != nil {
		return fmt.Errorf("rtp session: %w", err)
	}
	e.session.Store(session)
	e.BandwidthChanged()
	e.Update(func(g *graph.Edit, n *graph.Node) {
		for _, l := range lines {
			if l.Receiver != nil {
				// What the peer will send is not known before its first packet; it nearly always is
				// the codec that it prefers, and then the routes are there when the packet comes.
				l.Receiver.Output().SetFormat(l.Receive[0].Format)
				g.SetOutput(n, l.Receive[0].Format.Kind, l.Receiver.Output())
			}
			if l.Sender != nil {
				g.SetInput(n, l.Send[0].Format.Kind, l.Sender)
			}
		}
	})
	return nil
}

// line makes the streams of one m-line. Called locked.
func (e *BaseRtpEndpoint) line(m *sdp.Media) stream.Line {
	l := stream.Line{MID: m.MID, SSRC: m.SSRC, Extensions: stream.Extensions{AbsSendTime: m.ExtensionID(sdp.AbsSendTime)}}
	codecs := make([]stream.Codec, len(m.Codecs))
	for i, c := range m.Codecs {
		codecs[i] = stream.Codec{
			PayloadType: c.PayloadType, Format: c.Format, Feedback: stream.Feedback(c.Feedback), Takes: c.Accepts,
		}
	}
	if m.Recv {
		l.Receiver = stream.NewReceiver(m.Kind, e.Woken, e.FormatChanged)
		l.Receive = codecs
		e.receivers[m.Kind] = l.Receiver
		e.statsIDs[m.Kind].in = uuid.NewString()
		if len(m.RemoteSSRCs) > 0 {
			e.announced[m.Kind] = m.RemoteSSRCs[0]
		}
	}
	if m.Send {
		l.Sender = stream.NewSender(m.Kind)
		l.Send = codecs
		e.senders[m.Kind] = l.Sender
		e.statsIDs[m.Kind].out = uuid.NewString()
	}
	return l
}

// fail reports a panic in the session's own goroutine.
func (e *BaseRtpEndpoint) fail(v any) {
	log := e.Log()
	log.Error().Any("panic", v).Msg("rtp session failed")
	e.Emit(pipeline.Error{Description: fmt.Sprintf("rtp session failed: %v", v), Type: "UNEXPECTED_ELEMENT_ERROR"})
}

// Connected lets the session report, once the transport can send.
func (e *BaseRtpEndpoint) Connected() {
	if s := e.session.Load(); s != nil {
		s.Start()
	}
}

// HandleRTP takes a packet of the transport, on its read goroutine.
func (e *BaseRtpEndpoint) HandleRTP(h *rtp.Header, payload []byte, at time.Duration, b *media.Burst) {
	if s := e.session.Load(); s != nil {
		s.HandleRTP(h, payload, at, b)
	}
}

// HandleRTCP takes a compound packet of the transport, on its read goroutine.
func (e *BaseRtpEndpoint) HandleRTCP(packet []byte, at time.Duration, b *media.Burst) {
	if s := e.session.Load(); s != nil {
		s.HandleRTCP(packet, at, b)
	}
}

// CloseSession ends the RTP session; the endpoint's transport can still send the goodbye. Concrete endpoints
// call it first when they are closed, then close their transport, then MediaElement.Close.
func (e *BaseRtpEndpoint) CloseSession() {
	if s := e.session.Load(); s != nil {
		s.Close()
	}
	e.rtpMu.Lock()
	defer e.rtpMu.Unlock()
	for _, r := range e.receivers {
		if r != nil {
			r.Output().Close()
		}
	}
}
