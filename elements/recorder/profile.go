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
	mime      string // of what goes to servers (RFC 6838)
}

// profileOf is a profile by its name. What KURENTO_SPLIT_RECORDER writes, which Kurento leaves to a plugin, the name of the
// file tells: WebM if it ends so, else Matroska, which holds whatever comes.
func profileOf(name MediaProfileSpecType, uri string) profile {
	if name != splitProfile {
		return profiles[name]
	}
	like := profiles["MKV"]
	if base, _ := cutQuery(uri); strings.EqualFold(path.Ext(base), ".webm") {
		like = profiles["WEBM"]
	}
	return profile{name, recorder.Split(like.container), like.kinds, like.mime}
}

const splitProfile MediaProfileSpecType = "KURENTO_SPLIT_RECORDER"

// kindURI is where the file of one kind goes: for a.webm it is a-audio.webm or a-video.webm.
func kindURI(uri string, k media.Kind) string {
	base, query := cutQuery(uri)
	extension := path.Ext(base)
	return strings.TrimSuffix(base, extension) + "-" + strings.ToLower(k.String()) + extension + query
}

// cutQuery takes off what is behind the path of an http URI.
func cutQuery(uri string) (base, query string) {
	if i := strings.IndexByte(uri, '?'); i >= 0 && strings.HasPrefix(strings.ToLower(uri), "http") {
		return uri[:i], uri[i:]
	}
	return uri, ""
}

// profiles are those with one file.
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
