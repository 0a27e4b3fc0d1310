package sdp

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rivero-media/rivero/pipeline/media"
)

// offer makes an own offer and says what it offers, one Media for each m-line.
func (a *Agent) offer(options OfferOptions) (*ownDescription, []Media, error) {
	own, offered, err := a.offerAgain(options)
	if err != nil {
		return nil, nil, err
	}
	if _, err := a.carrierOfNew(offered); err != nil {
		return nil, nil, err
	}
	free := newFreeTypes(offered)
	for _, part := range []struct {
		kind      media.Kind
		wanted    bool
		bandwidth int
	}{
		{media.Audio, options.OfferToReceiveAudio, options.MaxAudioRecvBandwidth},
		{media.Video, options.OfferToReceiveVideo, options.MaxVideoRecvBandwidth},
	} {
		codecs, n := a.encodings(part.kind)
		if !part.wanted || len(codecs) == 0 { // an m-line needs a format
			continue
		}
		for i := inUse(offered, part.kind); i < n; i++ {
			carrier, err := a.carrierOfNew(offered)
			if err != nil {
				return nil, nil, err
			}
			m := Media{Index: len(offered), MID: freeMID(offered, mediaName(part.kind), i), Kind: part.kind, Transport: carrier}
			if err := a.assignTypes(&m, free); err != nil {
				return nil, nil, err
			}
			offered = append(offered, m)
		}
	}
	a.assignRTX(offered, free)
	a.assignEvents(offered, free)
	for i := len(own.sections); i < len(offered); i++ {
		bandwidth := options.MaxAudioRecvBandwidth
		if offered[i].Kind == media.Video {
			bandwidth = options.MaxVideoRecvBandwidth
		}
		own.sections = append(own.sections, a.offerMedia(&offered[i], bandwidth))
	}
	if a.config.DataChannels && inUse(offered, media.Data) == 0 {
		carrier, err := a.carrierOfNew(offered)
		if err != nil {
			return nil, nil, err
		}
		m := Media{Index: len(offered), MID: freeMID(offered, "application", 0), Kind: media.Data, Transport: carrier,
			Send: true, Recv: true, SCTPPort: a.local.SCTPPort}
		own.sections = append(own.sections, a.offerData(&m))
		offered = append(offered, m)
	}
	if a.rules.ice {
		own.attrs = append(own.attrs, offeredGroups(offered)...)
	}
	return own, offered, nil
}

// offerAgain begins an offer with the m-lines that there are: as we described them last, but for what only answers say and
// for those of a kind that is not wanted any more, which rest. In a first offer there are none.
func (a *Agent) offerAgain(options OfferOptions) (*ownDescription, []Media, error) {
	own := a.ownDescription()
	offered := []Media{} // not nil: an offer without m-lines is an offer
	if a.session == nil {
		return own, offered, nil
	}
	for i, s := range a.own.sections {
		m := a.session.Media[i]
		if a.session.Offerer {
			m = a.offered[i] // the peer may take now what it did not take then
		}
		if s.refused || m.Rejected {
			m = Media{Index: i, MID: s.mid, Kind: m.Kind, Rejected: true}
			s.refused = true
		}
		direction := a.config.Direction
		if m.Kind == media.Audio && !options.OfferToReceiveAudio || m.Kind == media.Video && !options.OfferToReceiveVideo {
			direction = Inactive
		}
		s.attrs = reoffered(s.attrs, direction)
		if m.Kind != media.Data && !m.Rejected {
			m.Send, m.Recv = direction.sends(), direction.receives()
			a.identify(&m, nil)
			s.attrs = append(s.attrs, a.sourceAttrs(&m)...)
		}
		if !m.Rejected && !a.session.carries(m.Transport) {
			if err := a.freshTransport(m.Transport); err != nil {
				return nil, nil, fmt.Errorf("%w: %w", ErrGenerateOffer, err)
			}
		}
		own.sections = append(own.sections, s)
		offered = append(offered, m)
	}
	if options.ICERestart {
		for t := range a.session.Transports {
			if !a.session.carries(t) {
				continue
			}
			if err := a.restart(t); err != nil {
				return nil, nil, fmt.Errorf("%w: %w", ErrGenerateOffer, err)
			}
		}
	}
	return own, offered, nil
}

// carrierOfNew is the transport that the next new m-line of an offer is on: with ICE that of the others, else one of its
// own.
func (a *Agent) carrierOfNew(offered []Media) (t int, err error) {
	taken := func(m Media) bool { return !m.Rejected && m.Transport == t }
	if first := slices.IndexFunc(offered, func(m Media) bool { return !m.Rejected }); a.rules.ice && first >= 0 {
		return offered[first].Transport, nil
	}
	for slices.ContainsFunc(offered, taken) {
		t++
	}
	if err := a.freshTransport(t); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrGenerateOffer, err)
	}
	return t, nil
}

// reoffered turns the attributes of an m-line of ours into those of a new offer (RFC 8842 §5.2: always actpass), but for
// those of its sources.
func reoffered(attrs []string, direction Direction) []string {
	var out []string
	for _, text := range attrs {
		switch d := Direction(text); {
		case d == SendRecv || d == SendOnly || d == RecvOnly || d == Inactive:
			text = string(direction)
		case strings.HasPrefix(text, "setup:"):
			text = "setup:actpass"
		case strings.HasPrefix(text, "ssrc:"), strings.HasPrefix(text, "ssrc-group:"), strings.HasPrefix(text, "msid:"),
			strings.HasPrefix(text, "direction:"):
			continue
		}
		out = append(out, text)
	}
	return out
}

func inUse(offered []Media, kind media.Kind) (n int) {
	for _, m := range offered {
		if m.Kind == kind && !m.Rejected {
			n++
		}
	}
	return n
}

// freeMID is a name that no other m-line has: "audio0", or one with a higher number.
func freeMID(offered []Media, kind string, n int) string {
	for {
		mid := fmt.Sprintf("%s%d", kind, n)
		if !slices.ContainsFunc(offered, func(m Media) bool { return m.MID == mid }) {
			return mid
		}
		n++
	}
}

// offeredGroups bundle what shares a transport (RFC 9143 §7.2). A first offer has all in one.
func offeredGroups(offered []Media) (attrs []string) {
	names := map[int]string{}
	last := 0
	for _, m := range offered {
		if !m.Rejected && m.MID != "" {
			names[m.Transport] += " " + m.MID
			last = max(last, m.Transport)
		}
	}
	for t := 0; t <= last; t++ {
		attrs = append(attrs, "group:BUNDLE"+names[t])
	}
	return attrs
}

// freeTypes gives out dynamic payload types that are not in use, for none changes its meaning within a session (RFC 3264
// §8.3.2): those above them first, then those between.
type freeTypes struct {
	used       [lastDynamicType + 1]bool
	next, left int
}

func newFreeTypes(offered []Media) *freeTypes {
	f := &freeTypes{next: firstDynamicType, left: lastDynamicType - firstDynamicType + 1}
	for _, m := range offered {
		for _, c := range slices.Concat(m.Codecs, m.Events) {
			f.used[c.PayloadType], f.used[c.RTX] = true, true
			f.next = max(f.next, int(c.PayloadType)+1, int(c.RTX)+1)
		}
	}
	return f
}

// take returns one that is free; false: there is none left.
func (f *freeTypes) take() (pt uint8, ok bool) {
	for ; f.left > 0 && !ok; f.left-- {
		if f.next > lastDynamicType {
			f.next = firstDynamicType
		}
		pt, ok = uint8(f.next), !f.used[f.next]
		f.next++
	}
	return pt, ok
}

// assignRTX gives each codec that is repaired a payload type of retransmissions, as far as there are any. They come after
// all others, whose numbers are Kurento's.
func (a *Agent) assignRTX(offered []Media, free *freeTypes) {
	if !a.modern() {
		return
	}
	for i := range offered {
		if offered[i].SSRC != 0 {
			continue // described before
		}
		for j := range offered[i].Codecs {
			if c := &offered[i].Codecs[j]; c.Feedback.NACK {
				if pt, ok := free.take(); ok {
					c.RTX = pt
				}
			}
		}
	}
}

// Dynamic payload types (RFC 3551 §6).
const (
	firstDynamicType = 96
	lastDynamicType  = 127
)

// assignTypes gives the codecs of an m-line their payload types. As in Kurento
// each m-line uses up a number for every dynamic codec of the endpoint, whatever
// its kind, so that no number means two things in one transport.
func (a *Agent) assignTypes(m *Media, free *freeTypes) error {
	for _, kind := range []media.Kind{media.Audio, media.Video} {
		all, _ := a.encodings(kind)
		for _, e := range all {
			pt, ok := uint8(max(e.staticType(), 0)), true
			if e.staticType() < 0 {
				pt, ok = free.take()
			}
			if kind != m.Kind {
				continue
			}
			if !ok {
				return fmt.Errorf("%w: no payload type left for %s in m-line %d", ErrGenerateOffer, e, m.Index)
			}
			f, _ := e.format(kind, e.ownFMTP())
			m.Codecs = append(m.Codecs, Codec{PayloadType: pt, Format: f, Feedback: parseFeedback(a.ownFeedback(e))})
		}
	}
	return nil
}

// absSendTimeID is the id of AbsSendTime in our offers. It stays apart from
// payload types, because OpenVidu's codec forcing drops extmap lines whose id
// equals a payload type it removes.
const absSendTimeID = 3

// The ids of other extensions in our offers.
const (
	transportCCID = 4
	audioLevelID  = 5
)

// ownFeedback is the feedback that our offers ask for.
func (a *Agent) ownFeedback(e encoding) []string {
	kinds := e.ownFeedback()
	if !a.modern() {
		return kinds
	}
	return append(kinds, transportCC)
}

func (a *Agent) offerMedia(m *Media, bandwidth int) ownSection {
	codecs, _ := a.encodings(m.Kind)
	m.Send, m.Recv = a.config.Direction.sends(), a.config.Direction.receives()
	a.identify(m, nil)
	m.Extensions = []Extension{{ID: absSendTimeID, URI: AbsSendTime}}
	if a.modern() {
		m.Extensions = append(m.Extensions, Extension{ID: transportCCID, URI: TransportCC})
		if m.Kind == media.Audio {
			m.Extensions = append(m.Extensions, Extension{ID: audioLevelID, URI: AudioLevel})
		}
	}
	s := ownSection{media: mediaName(m.Kind), proto: a.rules.offers, mid: m.MID, transport: m.Transport, bandwidth: bandwidth}
	s.attrs = append(s.attrs, "setup:actpass")
	for _, e := range m.Extensions {
		s.attrs = append(s.attrs, "extmap:"+e.String())
	}
	var feedback []string
	for i, c := range m.Codecs {
		pt, e := strconv.Itoa(int(c.PayloadType)), codecs[i]
		s.formats = append(s.formats, pt)
		if e.staticType() < 0 {
			s.attrs = append(s.attrs, "rtpmap:"+pt+" "+e.String())
		}
		if fmtp := e.ownFMTP(); fmtp != "" {
			s.attrs = append(s.attrs, "fmtp:"+pt+" "+fmtp)
		}
		for _, fb := range a.ownFeedback(e) {
			feedback = append(feedback, "rtcp-fb:"+pt+" "+fb)
		}
	}
	for _, c := range m.Codecs {
		if c.RTX != 0 {
			pt := strconv.Itoa(int(c.RTX))
			s.formats = append(s.formats, pt)
			s.attrs = append(s.attrs, fmt.Sprintf("rtpmap:%s rtx/%d", pt, c.Format.ClockRate), fmt.Sprintf("fmtp:%s apt=%d", pt, c.PayloadType))
		}
	}
	for _, e := range m.Events {
		pt := strconv.Itoa(int(e.PayloadType))
		s.formats = append(s.formats, pt)
		s.attrs = append(s.attrs, fmt.Sprintf("rtpmap:%s %s/%d", pt, media.TelephoneEvent, e.Format.ClockRate), "fmtp:"+pt+" "+ownEvents)
	}
	s.attrs = append(s.attrs, rtcpAttribute)
	s.attrs = append(s.attrs, a.cryptoAttrs()...)
	if a.rules.ice {
		s.attrs = append(s.attrs, "rtcp-mux")
	}
	s.attrs = append(s.attrs, string(a.config.Direction), "mid:"+m.MID)
	s.attrs = append(s.attrs, feedback...)
	s.attrs = append(s.attrs, a.sourceAttrs(m)...)
	return s
}

func (a *Agent) offerData(m *Media) ownSection {
	s := ownSection{media: "application", proto: "UDP/DTLS/SCTP", formats: []string{dataChannel}, mid: m.MID, transport: m.Transport}
	s.attrs = append([]string{
		"setup:actpass",
		fmt.Sprintf("sctp-port:%d", m.SCTPPort),
		"mid:" + m.MID,
	}, a.messageSizeAttrs()...)
	return s
}
