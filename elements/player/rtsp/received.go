package rtsp

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync/atomic"

	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/elements/sdp"
	"github.com/rivero-media/rivero/elements/stream"
	codecrtp "github.com/rivero-media/rivero/pipeline/codec/rtp"
	"github.com/rivero-media/rivero/pipeline/media"
)

// passed are the codecs that are passed on, in the names of media.
var passed = []string{media.VP8, media.VP9, media.AV1, media.H264, media.Opus, media.PCMU, media.PCMA, media.AAC}

// codecsOf lists what of a stream's formats can be passed on.
func codecsOf(m *description.Media) (codecs []stream.Codec) {
	kind := media.Audio
	if m.Type == description.MediaTypeVideo {
		kind = media.Video
	} else if m.Type != description.MediaTypeAudio {
		return nil
	}
	for _, f := range m.Formats {
		parsed, ok := sdp.FormatOf(kind, f.RTPMap(), fmtp(f))
		if ok && slices.Contains(passed, parsed.Codec) {
			codecs = append(codecs, stream.Codec{PayloadType: f.PayloadType(), Format: anyProfile(parsed)})
		}
	}
	return codecs
}

// anyProfile leaves the profile open of H264 streams above Constrained Baseline, which is what receivers negotiate: decoders go
// by the parameter sets, a camera cannot be told to send another profile, and the original passes every profile on.
func anyProfile(f media.Format) media.Format {
	if f.Codec == media.H264 && !strings.HasPrefix(f.Params, "42e0") {
		f.Params = ""
	}
	return f
}

// fmtp is the text of a format's parameters.
func fmtp(f format.Format) string {
	var parts []string
	for k, v := range f.FMTP() {
		parts = append(parts, k+"="+v)
	}
	sort.Strings(parts)
	return strings.Join(parts, ";")
}

// names lists the codecs of a stream, for people.
func names(m *description.Media) (all []string) {
	for _, f := range m.Formats {
		all = append(all, f.RTPMap())
	}
	return all
}

// received is one stream of the server. Each has a session of its own, because servers use a payload type for more than one
// stream; what they share is the server's clock.
type received struct {
	kind     media.Kind
	session  *stream.Session
	receiver *stream.Receiver
	over     atomic.Bool // the server has said goodbye

	// Owned by the goroutine that reads.
	burst media.Burst
	sets  map[uint8]*codecrtp.ParameterSets // of H264, by payload type
	added uint16                            // packets put into the stream
}

// receive prepares a stream that is set up.
func (s *Source) receive(m *description.Media, codecs []stream.Codec, o Options) (*received, error) {
	kind := codecs[0].Format.Kind
	r := &received{kind: kind, sets: map[uint8]*codecrtp.ParameterSets{}}
	r.receiver = stream.NewReceiver(kind, o.Woken, o.FormatChanged)
	r.receiver.KeepPast()
	r.receiver.Output().SetFormat(codecs[0].Format) // so that the routes are there when the first packet comes
	var err error
	r.session, err = stream.NewSession(mute{},
		[]stream.Line{{SSRC: ownSSRC(), Receiver: r.receiver, Receive: codecs}},
		stream.Options{Clock: &s.clock, Fail: s.fail, Log: o.Log})
	if err != nil {
		return nil, fmt.Errorf("rtp session: %w", err)
	}
	r.session.Start()
	for _, f := range m.Formats {
		if !slices.ContainsFunc(codecs, func(c stream.Codec) bool { return c.PayloadType == f.PayloadType() }) {
			continue
		}
		if h, ok := f.(*format.H264); ok {
			r.sets[f.PayloadType()] = codecrtp.NewParameterSets(h.SPS, h.PPS)
		}
		s.client.OnPacketRTP(m, f, func(p *rtp.Packet) { s.take(r, p) })
	}
	s.client.OnPacketRTCP(m, func(p rtcp.Packet) { s.takeReport(r, p) })
	return r, nil
}

// mute is the way back to the server, where the library sends the reports. Cameras are asked for nothing else: their profile is
// RTP/AVP, which has no feedback (RFC 4585 §1.1).
type mute struct{}

func (mute) WriteRTP(*rtp.Header, []byte, *media.Burst) {}
func (mute) WriteRTCP([]byte)                           {}

// ownSSRC is what the session calls itself.
func ownSSRC() uint32 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint32(b[:]) | 1
}

// take hands a packet on: a turn of its own. Over UDP the library has put the packets in order, so the numbers of those behind
// one that is added can be moved.
func (s *Source) take(r *received, p *rtp.Packet) {
	defer r.burst.Rescue(s.fail)
	at := media.Now()
	h := &p.Header
	h.Padding = false // it is cut off
	if sets := r.sets[h.PayloadType]; sets != nil {
		for _, nal := range sets.Before(h.Timestamp, p.Payload) {
			set := *h
			set.Marker = false
			set.SequenceNumber += r.added
			r.added++
			r.session.HandleRTP(&set, nal, at, &r.burst)
		}
	}
	h.SequenceNumber += r.added
	r.session.HandleRTP(h, p.Payload, at, &r.burst)
	r.burst.Flush()
}

// takeReport hands a report on, which says what the time is at the server.
func (s *Source) takeReport(r *received, p rtcp.Packet) {
	s.goodbye(r, p)
	if raw, err := p.Marshal(); err == nil {
		var burst media.Burst // nothing goes out: there are no senders
		r.session.HandleRTCP(raw, media.Now(), &burst)
	}
}
