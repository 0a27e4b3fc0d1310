package recorder

import (
	"github.com/rivero-media/rivero/pipeline/media"
	"github.com/rivero-media/rivero/recorder"
)

// MediaProfileSpecType names a file format and the kinds of media in it.
type MediaProfileSpecType string

// Values are the texts of the protocol.
func (MediaProfileSpecType) Values() []string {
	return []string{"WEBM", "MKV", "MP4", "WEBM_VIDEO_ONLY", "WEBM_AUDIO_ONLY", "MKV_VIDEO_ONLY", "MKV_AUDIO_ONLY",
		"MP4_VIDEO_ONLY", "MP4_AUDIO_ONLY", "JPEG_VIDEO_ONLY", "KURENTO_SPLIT_RECORDER", "FLV"}
}

// GapsFixMethod says what lost packets leave in a recording. It is set in the configuration file, by no operation.
type GapsFixMethod string

// Values are the texts of the protocol.
func (GapsFixMethod) Values() []string { return []string{"NONE", "GENPTS", "FILL_IF_TRANSCODING"} }

// profile is what a media profile stands for.
type profile struct {
	name      MediaProfileSpecType
	container recorder.Container
	kinds     []media.Kind
	mime      string // of what goes to servers (RFC 6838)
}

// profiles are those that can be written.
var profiles = func() map[MediaProfileSpecType]profile {
	table := map[MediaProfileSpecType]profile{}
	add := func(name MediaProfileSpecType, mime string, c recorder.Container, kinds ...media.Kind) {
		table[name] = profile{name, c, kinds, mime}
	}
	for name, c := range map[MediaProfileSpecType]struct {
		mime      string
		container recorder.Container
	}{
		"WEBM": {"webm", recorder.WebM()}, "MKV": {"x-matroska", recorder.Matroska()}, "MP4": {"mp4", recorder.MP4()},
	} {
		add(name, "video/"+c.mime, c.container, media.Audio, media.Video)
		add(name+"_VIDEO_ONLY", "video/"+c.mime, c.container, media.Video)
		add(name+"_AUDIO_ONLY", "audio/"+c.mime, c.container, media.Audio)
	}
	add("FLV", "video/x-flv", recorder.FLV(), media.Audio, media.Video)
	add("JPEG_VIDEO_ONLY", "video/x-motion-jpeg", recorder.JPEG(), media.Video)
	return table
}()
