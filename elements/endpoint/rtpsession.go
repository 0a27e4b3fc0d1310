package endpoint

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/elements/sdp"
	"github.com/rivero-media/rivero/elements/stream"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/graph"
	"github.com/rivero-media/rivero/pipeline/media"
)

// RTPLeg is the RTP session on one of an endpoint's transports. The transport hands in what comes.
type RTPLeg struct {
	endpoint *BaseRtpEndpoint
	session  atomic.Pointer[stream.Session] // nil before negotiation

	// Guarded by the endpoint's rtpMu.
	used      bool // m-lines go over it
	connected bool // the transport can send
	live      bool // the peer sends
}

// NewLeg makes the session of the i-th transport, which does nothing before Agree: of one more, or of one that takes
// the place of another, which the caller closes.
func (e *BaseRtpEndpoint) NewLeg(i int) *RTPLeg {
	l := &RTPLeg{endpoint: e}
	e.rtpMu.Lock()
	defer e.rtpMu.Unlock()
	if i < len(e.legs) {
		e.legs[i] = l
	} else {
		e.legs = append(e.legs, l)
	}
	return l
}

// Close ends the session of a leg that no m-line uses any more.
func (l *RTPLeg) Close() {
	if s := l.session.Swap(nil); s != nil {
		s.Close()
	}
	l.endpoint.rtpMu.Lock()
	l.used, l.connected = false, false
	l.endpoint.rtpMu.Unlock()
	l.setLive(false)
}

// Agree puts into force what was agreed upon: it makes the RTP session of each transport or changes the one that there is,
// and puts the streams into the graph. transports are those of the legs, in the order of NewLeg. Sessions
// send reports from Connected on. cname is the canonical name that the SDP announced.
func (e *BaseRtpEndpoint) Agree(transports []stream.Transport, s sdp.Session, cname string) error {
	e.rtpMu.Lock()
	legs := slices.Clone(e.legs)
	lines := make([][]stream.Line, len(legs))
	for i, l := range legs {
		l.used = i < len(s.Transports) && len(s.Transports[i].MIDs) > 0
	}
	var placed placement
	for i := range s.Media {
		if m := &s.Media[i]; !m.Rejected && m.Kind != media.Data {
			lines[m.Transport] = append(lines[m.Transport], e.line(m, &placed))
		}
	}
	e.rtpMu.Unlock()
	if err := e.vacate(legs, lines); err != nil {
		return fmt.Errorf("rtp session: %w", err)
	}
	for i, l := range legs {
		if err := l.agree(transports[i], lines[i], cname); err != nil {
			return fmt.Errorf("rtp session: %w", err)
		}
	}
	e.BandwidthChanged()
	e.Update(func(g *graph.Edit, n *graph.Node) { placed.show(g, n) })
	e.reportConnection()
	return nil
}

// place is where a receiver or sender is at work.
type place struct {
	leg  *RTPLeg
	ssrc uint32 // of a sender, which keeps it for as long as it is at work
}

// vacate takes those streams out of work that go on at another place, because each belongs to one session at a time.
func (e *BaseRtpEndpoint) vacate(legs []*RTPLeg, lines [][]stream.Line) error {
	next, moved := map[any]place{}, false
	stays := func(s any, at place) bool {
		next[s] = at
		old, ok := e.places[s]
		moved = moved || ok && old != at
		return !ok || old == at
	}
	staying := make([][]stream.Line, len(lines))
	for i := range lines {
		staying[i] = slices.Clone(lines[i])
		for j := range staying[i] {
			l := &staying[i][j]
			if l.Receiver != nil && !stays(l.Receiver, place{leg: legs[i]}) {
				l.Receiver, l.Receive, l.RIDs = nil, nil, nil
			}
			if l.Sender != nil && !stays(l.Sender, place{legs[i], l.SSRC}) {
				l.Sender, l.Send = nil, nil
			}
		}
	}
	if moved {
		for i, l := range legs {
			session := l.session.Load()
			if session == nil {
				continue
			}
			if err := session.Renegotiate(staying[i]); err != nil {
				return err
			}
		}
	}
	e.places = next
	return nil
}

// placement is which streams of the endpoint have an m-line, by kind: the first of its kind that goes that way. nil and
// not known: there never was one.
type placement struct {
	receivers [len(media.Kinds)]*stream.Receiver
	senders   [len(media.Kinds)]*stream.Sender
	expected  [len(media.Kinds)]media.Format // of the receivers
}

// show puts the streams into the graph, and takes those out that have no m-line any more.
func (p *placement) show(g *graph.Edit, n *graph.Node) {
	for _, k := range []media.Kind{media.Audio, media.Video} {
		if r := p.receivers[k]; r == nil {
			g.SetOutput(n, k, nil)
		} else {
			if r.Output().Format() == nil {
				// What the peer will send is not known before its first packet; it nearly always is
				// the codec that it prefers, and then the routes are there when the packet comes.
				r.Output().SetFormat(p.expected[k])
			}
			g.SetOutput(n, k, r.Output())
		}
		if s := p.senders[k]; s == nil {
			g.SetInput(n, k, nil)
		} else {
			g.SetInput(n, k, s)
		}
	}
}

// agree makes or changes the session of one transport.
func (l *RTPLeg) agree(t stream.Transport, lines []stream.Line, cname string) error {
	if session := l.session.Load(); session != nil {
		return session.Renegotiate(lines)
	}
	session, err := stream.NewSession(t, lines, stream.Options{
		CNAME:      cname,
		Clock:      &l.endpoint.clock,
		MediaState: l.setLive,
		Fail:       l.endpoint.fail,
		Log:        l.endpoint.Log(),
	})
	if err != nil {
		return err
	}
	l.session.Store(session)
	return nil
}

// line makes the streams of one m-line, or finds those that there are. Called locked.
func (e *BaseRtpEndpoint) line(m *sdp.Media, placed *placement) stream.Line {
	l := stream.Line{MID: m.MID, SSRC: m.SSRC, RTX: m.RTXSSRC, Extensions: stream.Extensions{
		AbsSendTime: m.ExtensionID(sdp.AbsSendTime), TransportCC: m.ExtensionID(sdp.TransportCC), AudioLevel: m.ExtensionID(sdp.AudioLevel),
		MID: m.ExtensionID(sdp.MID), RID: m.ExtensionID(sdp.RID), RepairedRID: m.ExtensionID(sdp.RepairedRID),
	}}
	codecs := make([]stream.Codec, len(m.Codecs))
	for i, c := range m.Codecs {
		codecs[i] = stream.Codec{
			PayloadType: c.PayloadType, Format: c.Format, Feedback: stream.Feedback(c.Feedback), Takes: c.Accepts, RTX: c.RTX,
		}
	}
	for _, c := range m.Events {
		l.Events = append(l.Events, stream.Codec{PayloadType: c.PayloadType, Format: c.Format})
	}
	k := m.Kind
	if m.Recv && placed.receivers[k] == nil {
		if e.receivers[k] == nil {
			e.receivers[k] = stream.NewReceiver(k, e.Woken, e.FormatChanged)
			e.receivers[k].SetRembPolicy(e.settings.RembPolicy, e.settings.RembFloor)
			e.receivers[k].SetRembParams(e.remb.ofLoss())
			e.statsIDs[k].in = uuid.New()
		}
		if len(m.RemoteSSRCs) > 0 {
			e.announced[k] = m.RemoteSSRCs[0]
		}
		l.Receiver, l.Receive, l.RIDs = e.receivers[k], codecs, m.RIDs
		placed.receivers[k], placed.expected[k] = l.Receiver, codecs[0].Format
	}
	if m.Send && placed.senders[k] == nil {
		if e.senders[k] == nil {
			e.senders[k] = stream.NewSender(k)
			e.applyRemb(e.senders[k])
			e.statsIDs[k].out = uuid.New()
		}
		l.Sender, l.Send = e.senders[k], codecs
		placed.senders[k] = l.Sender
	}
	return l
}

// fail reports a panic in the session's own goroutine.
func (e *BaseRtpEndpoint) fail(v any) {
	log := e.Log()
	log.Error().Any("panic", v).Msg("rtp session failed")
	e.Emit(pipeline.Error{Description: fmt.Sprintf("rtp session failed: %v", v), Type: "UNEXPECTED_ELEMENT_ERROR"})
}

// SetConnected tells that the transport can send, or cannot any more. From the first time on the session reports.
func (l *RTPLeg) SetConnected(connected bool) {
	if s := l.session.Load(); connected && s != nil {
		s.Start()
	}
	l.endpoint.rtpMu.Lock()
	l.connected = connected
	l.endpoint.rtpMu.Unlock()
	l.endpoint.reportConnection()
}

// setLive records whether the peer sends on this transport.
func (l *RTPLeg) setLive(live bool) {
	e := l.endpoint
	e.rtpMu.Lock()
	l.live = live
	e.rtpMu.Unlock()
	e.reportMedia()
}

// HandleRTP takes a packet of the transport, on its read goroutine.
func (l *RTPLeg) HandleRTP(h *rtp.Header, payload []byte, at time.Duration, b *media.Burst) {
	if s := l.session.Load(); s != nil {
		s.HandleRTP(h, payload, at, b)
	}
}

// HandleRTCP takes a compound packet of the transport, on its read goroutine.
func (l *RTPLeg) HandleRTCP(packet []byte, at time.Duration, b *media.Burst) {
	if s := l.session.Load(); s != nil {
		s.HandleRTCP(packet, at, b)
	}
}

// CloseSession ends the RTP sessions; the endpoint's transports can still send the goodbye. Concrete endpoints
// call it first when they are closed, then close their transports, then MediaElement.Close.
func (e *BaseRtpEndpoint) CloseSession() {
	e.rtpMu.Lock()
	legs := slices.Clone(e.legs)
	e.rtpMu.Unlock()
	for _, l := range legs {
		if s := l.session.Load(); s != nil {
			s.Close()
		}
	}
	e.rtpMu.Lock()
	defer e.rtpMu.Unlock()
	for _, r := range e.receivers {
		if r != nil {
			r.Output().Close()
		}
	}
}
