package sdp

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/rivero-media/rivero/pipeline/media"
)

// FilterWebRTC picks from a configured codec list (texts "name/clock" or
// "name/clock/channels", as in SdpEndpoint.conf.json) those that WebRtcEndpoint
// offers and accepts, in their order; h265 is the setting enable-h265.
func FilterWebRTC(codecs []string, h265 bool) []string {
	kept := []string{"av1", "vp9", "vp8", "h264", "opus", "pcmu", "pcma"}
	if h265 {
		kept = append(kept, "h265")
	}
	var out []string
	for _, c := range codecs {
		for _, prefix := range kept {
			if strings.HasPrefix(strings.ToLower(c), prefix) {
				out = append(out, c)
				break
			}
		}
	}
	return out
}

// encoding is what an rtpmap says of a codec (RFC 8866 §6.6).
type encoding struct {
	name     string // a media constant for the codecs this server knows
	clock    uint32 // Hz
	channels uint8  // as written, so 0 stands for one
}

// parseEncoding reads "name/clock" or "name/clock/channels". One channel is the
// same as no channels given, and names have no case.
func parseEncoding(text string) (encoding, error) {
	f := strings.Split(text, "/")
	if len(f) < 2 || len(f) > 3 || f[0] == "" {
		return encoding{}, fmt.Errorf("codec %q is not name/clock[/channels]", text)
	}
	clock, err := strconv.ParseUint(f[1], 10, 32)
	if err != nil || clock == 0 {
		return encoding{}, fmt.Errorf("clock rate of codec %q", text)
	}
	e := encoding{name: canonicalName(f[0]), clock: uint32(clock)}
	if len(f) == 3 {
		channels, err := strconv.ParseUint(f[2], 10, 8)
		if err != nil || channels == 0 {
			return encoding{}, fmt.Errorf("channels of codec %q", text)
		}
		if channels > 1 {
			e.channels = uint8(channels)
		}
	}
	return e, nil
}

func parseEncodings(texts []string) ([]encoding, error) {
	out := make([]encoding, 0, len(texts))
	for _, t := range texts {
		e, err := parseEncoding(t)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// canonicalName gives a codec the one spelling that media.Format uses. Clients
// compare the names in our offers with case (OpenVidu does), so these are written too.
func canonicalName(name string) string {
	for _, known := range []string{
		media.VP8, media.VP9, media.AV1, media.H264, media.H265,
		media.Opus, media.PCMU, media.PCMA, media.AAC,
	} {
		if strings.EqualFold(name, known) {
			return known
		}
	}
	return name
}

// equal compares as rtpmaps are compared, names without case.
func (e encoding) equal(o encoding) bool {
	return strings.EqualFold(e.name, o.name) && e.clock == o.clock && e.channels == o.channels
}

// String is the text of an rtpmap.
func (e encoding) String() string {
	s := e.name + "/" + strconv.FormatUint(uint64(e.clock), 10)
	if e.channels > 0 {
		s += "/" + strconv.Itoa(int(e.channels))
	}
	return s
}

// staticType is the payload type that needs no rtpmap (RFC 3551 §6), -1 if there is none.
func (e encoding) staticType() int {
	switch e {
	case encoding{name: media.PCMU, clock: 8000}:
		return 0
	case encoding{name: media.PCMA, clock: 8000}:
		return 8
	default:
		return -1
	}
}

// ownFMTP is what our offers say of a codec.
func (e encoding) ownFMTP() string {
	switch e.name {
	case media.H264:
		return "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
	case media.AV1:
		return "level-idx=5;profile=0;tier=0"
	case media.VP9:
		return "profile-id=0"
	default:
		return ""
	}
}

// ownFeedback is the feedback our offers ask for (values of a=rtcp-fb, RFC 4585
// §4.2, RFC 5104 §7.1).
func (e encoding) ownFeedback() []string {
	switch e.name {
	case media.AV1, media.VP9, media.VP8:
		return []string{"nack", "nack pli", "goog-remb", "ccm fir"}
	case media.H264, media.H265:
		return []string{"nack", "nack pli", "ccm fir"}
	default:
		return nil
	}
}

// format is the media format of a stream with these fmtp parameters; ok is false
// when the parameters ask for what this server cannot carry.
func (e encoding) format(kind media.Kind, fmtp string) (f media.Format, ok bool) {
	f = media.Format{Kind: kind, Codec: e.name, Packed: true, ClockRate: e.clock}
	if kind == media.Audio {
		f.Channels = max(e.channels, 1)
	}
	// Parameters at their default are left out of Params, so that a source
	// that knows no SDP (a file) names its format the same way.
	switch e.name {
	case media.H264:
		f.Params, ok = h264Params(fmtp)
		return f, ok
	case media.VP9:
		f.Params = unlessDefault(fmtp, "profile-id", "0") // RFC 9628 §6
	case media.AV1:
		f.Params = unlessDefault(fmtp, "profile", "0") // AV1 RTP specification §7.2
	case media.H265:
		f.Params = unlessDefault(fmtp, "profile-id", "1") // RFC 7798 §7.1
	case media.AAC:
		f.Params, ok = aacParams(fmtp)
		return f, ok
	}
	return f, true
}

// FormatOf is the media format of streams that a description names so: rtpmap is "name/clock" or "name/clock/channels",
// fmtp what stands behind the payload type in a=fmtp. ok is false for what this server cannot carry.
func FormatOf(kind media.Kind, rtpmap, fmtp string) (f media.Format, ok bool) {
	e, err := parseEncoding(rtpmap)
	if err != nil {
		return media.Format{}, false
	}
	return e.format(kind, fmtp)
}

// aacParams is for the mode of RFC 3640 that is in use, AAC-hbr (§3.3.6), without interleaving.
func aacParams(fmtp string) (params string, ok bool) {
	config := strings.ToLower(fmtpValue(fmtp, "config"))
	lengths := [3]string{fmtpValue(fmtp, "sizelength"), fmtpValue(fmtp, "indexlength"), fmtpValue(fmtp, "indexdeltalength")}
	ok = config != "" && strings.EqualFold(fmtpValue(fmtp, "mode"), "AAC-hbr") && lengths == [3]string{"13", "3", "3"}
	return "config=" + config, ok
}

func unlessDefault(fmtp, name, def string) string {
	v := fmtpValue(fmtp, name)
	if v == "" || v == def {
		return ""
	}
	return name + "=" + v
}

// fmtpValue finds a parameter in "a=1;b=2"; names have no case.
func fmtpValue(fmtp, name string) string {
	for part := range strings.SplitSeq(fmtp, ";") {
		k, v, _ := strings.Cut(part, "=")
		if strings.EqualFold(strings.TrimSpace(k), name) {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
