package rtspout

import (
	"fmt"
	"strings"

	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"

	"github.com/rivero-media/rivero/pipeline/media"
)

// carried are the codecs that are sent as they are, with the score by which one is chosen where something has to be
// converted anyway.
var carried = map[string]int{
	media.VP8: 1, media.VP9: 1, media.AV1: 1, media.H264: 2, media.H265: 1,
	media.Opus: 3, media.AAC: 2, media.PCMU: 1, media.PCMA: 1,
}

// like tells which formats fit under the description of one: a decoder of video goes by what is in the stream.
func like(f media.Format) func(media.Format) bool {
	return func(other media.Format) bool {
		return f.Kind == media.Video && other.Kind == f.Kind && other.Codec == f.Codec
	}
}

// payloadType is a dynamic one (RFC 3551 §6).
func payloadType(k media.Kind) uint8 { return 96 + uint8(k) }

// describe is the media description of a stream (RFC 8866 §5.14).
func describe(f *media.Format) (*description.Media, error) {
	kind, clock := description.MediaTypeVideo, fmt.Sprintf("%s/%d", f.Codec, f.ClockRate)
	if f.Kind == media.Audio {
		kind = description.MediaTypeAudio
		if f.Channels > 1 {
			clock += fmt.Sprintf("/%d", f.Channels)
		}
	}
	g := &format.Generic{PayloadTyp: payloadType(f.Kind), RTPMa: clock, FMT: parameters(f)}
	if err := g.Init(); err != nil {
		return nil, fmt.Errorf("description of %s: %w", f, err)
	}
	return &description.Media{Type: kind, Formats: []format.Format{g}}, nil
}

// parameters are what stands in a=fmtp. Parameter sets of H264 and H265 are in the stream, in front of each key frame.
func parameters(f *media.Format) map[string]string {
	name, value, _ := strings.Cut(f.Params, "=")
	switch f.Codec {
	case media.H264: // "profile-level-id;packetization-mode"
		all := map[string]string{"packetization-mode": "1"}
		if profile, _, _ := strings.Cut(f.Params, ";"); len(profile) == 6 {
			all["profile-level-id"] = profile
		}
		return all
	case media.AAC: // RFC 3640 §3.3.6
		return map[string]string{
			"streamtype": "5", "profile-level-id": "1", "mode": "AAC-hbr",
			"sizelength": "13", "indexlength": "3", "indexdeltalength": "3", name: value,
		}
	case media.VP9, media.AV1, media.H265:
		if value != "" {
			return map[string]string{name: value}
		}
	}
	return nil
}
