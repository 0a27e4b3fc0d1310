package sdp

import (
	"fmt"
	"strconv"

	"github.com/rivero-media/rivero/pipeline/media"
)

// offer makes an own offer and says what it offers, one Media for each m-line.
func (a *Agent) offer(options OfferOptions) (*ownDescription, []Media, error) {
	own := &ownDescription{id: ntpSeconds()}
	offered := []Media{} // not nil: an offer without m-lines is an offer
	next := firstDynamicType
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
		for i := range n {
			m := Media{Index: len(offered), MID: fmt.Sprintf("%s%d", mediaName(part.kind), i), Kind: part.kind}
			var err error
			if next, err = a.assignTypes(&m, next); err != nil {
				return nil, nil, err
			}
			own.sections = append(own.sections, a.offerMedia(&m, part.bandwidth))
			offered = append(offered, m)
		}
	}
	if a.config.DataChannels {
		m := Media{Index: len(offered), MID: "application0", Kind: media.Data, Send: true, Recv: true, SCTPPort: a.local.SCTPPort}
		own.sections = append(own.sections, a.offerData(&m))
		offered = append(offered, m)
	}
	group := "group:BUNDLE" // RFC 9143 §7.2
	for _, m := range offered {
		group += " " + m.MID
	}
	own.attrs = []string{group}
	return own, offered, nil
}

// Dynamic payload types (RFC 3551 §6).
const (
	firstDynamicType = 96
	lastDynamicType  = 127
)

// assignTypes gives the codecs of an m-line their payload types. As in Kurento
// each m-line uses up a number for every dynamic codec of the endpoint, whatever
// its kind, so that no number means two things in one transport.
func (a *Agent) assignTypes(m *Media, next int) (int, error) {
	for _, kind := range []media.Kind{media.Audio, media.Video} {
		all, _ := a.encodings(kind)
		for _, e := range all {
			pt := e.staticType()
			if pt < 0 {
				pt = next
				next++
			}
			if kind != m.Kind {
				continue
			}
			if pt > lastDynamicType {
				return next, fmt.Errorf("%w: no payload type left for %s in m-line %d", ErrGenerateOffer, e, m.Index)
			}
			f, _ := e.format(kind, e.ownFMTP())
			m.Codecs = append(m.Codecs, Codec{PayloadType: uint8(pt), Format: f, Feedback: parseFeedback(e.ownFeedback())})
		}
	}
	return next, nil
}

// absSendTimeID is the id of AbsSendTime in our offers. It stays apart from
// payload types, because OpenVidu's codec forcing drops extmap lines whose id
// equals a payload type it removes.
const absSendTimeID = 3

func (a *Agent) offerMedia(m *Media, bandwidth int) ownSection {
	codecs, _ := a.encodings(m.Kind)
	m.Send, m.Recv = a.config.Direction.sends(), a.config.Direction.receives()
	m.SSRC = a.local.SSRC()
	m.Extensions = []Extension{{ID: absSendTimeID, URI: AbsSendTime}}
	s := ownSection{media: mediaName(m.Kind), proto: string(a.config.Profile), mid: m.MID, bandwidth: bandwidth}
	s.attrs = append(s.attrs, "setup:actpass", fmt.Sprintf("extmap:%d %s", absSendTimeID, AbsSendTime))
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
		for _, fb := range e.ownFeedback() {
			feedback = append(feedback, "rtcp-fb:"+pt+" "+fb)
		}
	}
	s.attrs = append(s.attrs, rtcpAttribute, "rtcp-mux", string(a.config.Direction), "mid:"+m.MID)
	s.attrs = append(s.attrs, feedback...)
	s.attrs = append(s.attrs, a.ssrcAttribute(m))
	s.attrs = append(s.attrs, a.transportAttrs()...)
	return s
}

func (a *Agent) offerData(m *Media) ownSection {
	s := ownSection{media: "application", proto: "UDP/DTLS/SCTP", formats: []string{dataChannel}, mid: m.MID}
	s.attrs = append([]string{
		"setup:actpass",
		fmt.Sprintf("sctp-port:%d", m.SCTPPort),
		"mid:" + m.MID,
	}, a.transportAttrs()...)
	return s
}

// ssrcAttribute announces our one stream of an m-line (RFC 5576 §4.1).
func (a *Agent) ssrcAttribute(m *Media) string {
	return fmt.Sprintf("ssrc:%d cname:%s", m.SSRC, a.local.CNAME)
}
