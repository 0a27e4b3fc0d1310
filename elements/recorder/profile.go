package recorder

import (
	"path"
	"strings"

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
}

// profileOf is a profile by its name. What KURENTO_SPLIT_RECORDER writes, which Kurento leaves to a plugin, the name of the
// file tells: WebM if it ends so, else Matroska, which holds whatever comes.
func profileOf(name MediaProfileSpecType, uri string) profile {
	if name != splitProfile {
		return profiles[name]
	}
	container := recorder.Matroska()
	if strings.EqualFold(path.Ext(uri), ".webm") {
		container = recorder.WebM()
	}
	return profile{name, recorder.Split(container), []media.Kind{media.Audio, media.Video}}
}

const splitProfile MediaProfileSpecType = "KURENTO_SPLIT_RECORDER"

// target opens what is recorded into.
func (p profile) target(path string) func() (recorder.Target, error) {
	if p.name == splitProfile {
		return recorder.SplitTarget(path)
	}
	return recorder.FileTarget(path)
}

// profiles are those with one file.
var profiles = func() map[MediaProfileSpecType]profile {
	table := map[MediaProfileSpecType]profile{}
	add := func(name MediaProfileSpecType, c recorder.Container, kinds ...media.Kind) {
		table[name] = profile{name, c, kinds}
	}
	for name, container := range map[MediaProfileSpecType]recorder.Container{
		"WEBM": recorder.WebM(), "MKV": recorder.Matroska(), "MP4": recorder.MP4(),
	} {
		add(name, container, media.Audio, media.Video)
		add(name+"_VIDEO_ONLY", container, media.Video)
		add(name+"_AUDIO_ONLY", container, media.Audio)
	}
	add("FLV", recorder.FLV(), media.Audio, media.Video)
	add("JPEG_VIDEO_ONLY", recorder.JPEG(), media.Video)
	return table
}()
