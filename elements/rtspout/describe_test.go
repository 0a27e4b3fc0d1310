package rtspout

import (
	"reflect"
	"testing"

	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/gortsplib/v5/pkg/sdp"

	"github.com/rivero-media/rivero/pipeline/media"
)

// The library's client reads each description as the codec that it is of.
func TestDescriptions(t *testing.T) {
	aac := media.Format{Kind: media.Audio, Codec: media.AAC, ClockRate: 48000, Channels: 2, Params: "config=1190"}
	types := map[string]format.Format{
		media.VP8: &format.VP8{}, media.VP9: &format.VP9{}, media.AV1: &format.AV1{}, media.H264: &format.H264{}, media.H265: &format.H265{},
		media.Opus: &format.Opus{}, media.PCMU: &format.G711{}, media.PCMA: &format.G711{}, media.AAC: &format.MPEG4Audio{},
	}
	seen := 0
	for _, f := range append(media.Codecs[:], aac) {
		f.Packed = true
		switch f.Codec {
		case media.H264:
			f.Params = "42e01f;1"
		case media.VP9:
			f.Params = "profile-id=2"
		}
		if _, ok := carried[f.Codec]; !ok {
			t.Errorf("%s is not carried", f.Codec)
		}
		seen++
		m, err := describe(&f)
		if err != nil {
			t.Fatal(err)
		}
		text, err := (&description.Session{Medias: []*description.Media{m}}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		var parsed sdp.SessionDescription
		var back description.Session
		if err := parsed.Unmarshal(text); err != nil {
			t.Fatal(err)
		}
		if err := back.Unmarshal(&parsed); err != nil {
			t.Fatalf("%s: %v\n%s", f.Codec, err, text)
		}
		got := back.Medias[0].Formats[0]
		if reflect.TypeOf(got) != reflect.TypeOf(types[f.Codec]) || got.ClockRate() != int(f.ClockRate) || got.PayloadType() != payloadType(f.Kind) {
			t.Errorf("%s: read as %T at %d Hz, payload type %d\n%s", f.Codec, got, got.ClockRate(), got.PayloadType(), text)
		}
	}
	if seen != len(carried) {
		t.Errorf("%d codecs are carried, %d tested", len(carried), seen)
	}
}
