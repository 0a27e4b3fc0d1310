package pipeline

import (
	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/media"
)

// MediaType is a kind of media on the wire.
type MediaType string

// Values are the texts of the protocol.
func (MediaType) Values() []string { return []string{"AUDIO", "DATA", "VIDEO"} }

// Kind is the media kind of a MediaType that came through wire.Decode.
func (t MediaType) Kind() media.Kind {
	for _, k := range media.Kinds {
		if k.String() == string(t) {
			return k
		}
	}
	return media.Data
}

func mediaType(k media.Kind) MediaType { return MediaType(k.String()) }

// MediaFlowState tells whether media flows through one side of an element.
type MediaFlowState string

// Values are the texts of the protocol.
func (MediaFlowState) Values() []string { return []string{"FLOWING", "NOT_FLOWING"} }

// MediaTranscodingState tells whether media is converted for somebody.
type MediaTranscodingState string

// Values are the texts of the protocol.
func (MediaTranscodingState) Values() []string { return []string{"TRANSCODING", "NOT_TRANSCODING"} }

// GstreamerDotDetails says how much a graph description shows. Rivero's graphs have one level of detail.
type GstreamerDotDetails string

// Values are the texts of the protocol.
func (GstreamerDotDetails) Values() []string {
	return []string{"SHOW_MEDIA_TYPE", "SHOW_CAPS_DETAILS", "SHOW_NON_DEFAULT_PARAMS", "SHOW_STATES",
		"SHOW_FULL_PARAMS", "SHOW_ALL", "SHOW_VERBOSE"}
}

// Tag is a key and value a client attached to an object.
type Tag struct {
	Key   string `kurento:"key"`
	Value string `kurento:"value"`
}

// ElementConnectionData is one link of an element.
type ElementConnectionData struct {
	Source            Element   `kurento:"source"`
	Sink              Element   `kurento:"sink"`
	Type              MediaType `kurento:"type"`
	SourceDescription string    `kurento:"sourceDescription"`
	SinkDescription   string    `kurento:"sinkDescription"`
}

// VideoCodec and AudioCodec name codecs in setVideoFormat and setAudioFormat.
type (
	VideoCodec string
	AudioCodec string
)

// Values are the texts of the protocol.
func (VideoCodec) Values() []string { return []string{"H265", "AV1", "VP9", "VP8", "H264", "RAW"} }

// Values are the texts of the protocol.
func (AudioCodec) Values() []string { return []string{"OPUS", "PCMU", "PCMA", "RAW"} }

// name is the codec's name in a media.Format.
func (c VideoCodec) name() string {
	if c == "RAW" {
		return media.I420
	}
	return string(c)
}

// name is the codec's name in a media.Format.
func (c AudioCodec) name() string {
	switch c {
	case "OPUS":
		return media.Opus
	case "RAW":
		return media.PCM
	}
	return string(c)
}

// Fraction is a rational number, such as a frame rate.
type Fraction struct {
	Numerator   int `kurento:"numerator"`
	Denominator int `kurento:"denominator"`
}

// VideoCaps is a video format that a client asks an element's output to have.
type VideoCaps struct {
	Codec     VideoCodec `kurento:"codec"`
	Framerate Fraction   `kurento:"framerate"`      // 0/1: any
	Width     int        `kurento:"width,optional"` // new here, as Height: 0 is as it comes, or what keeps the shape if the other is given
	Height    int        `kurento:"height,optional"`
}

// want is what the caps ask of the graph.
func (c VideoCaps) want() (codec.Want, error) {
	caps := codec.PictureCaps{Width: c.Width, Height: c.Height, Numerator: c.Framerate.Numerator, Denominator: c.Framerate.Denominator}
	if !caps.Valid() {
		return codec.Want{}, Errorf(IllegalParam, "Video caps %dx%d at %d/%d are out of range", caps.Width, caps.Height, caps.Numerator, caps.Denominator)
	}
	if caps.Numerator == 0 || caps.Denominator == 0 {
		caps.Numerator, caps.Denominator = 0, 0
	}
	return codec.Want{Codec: c.Codec.name(), Caps: caps.String()}, nil
}

// AudioCaps is an audio format that a client asks an element's output to have.
type AudioCaps struct {
	Codec   AudioCodec `kurento:"codec"`
	Bitrate int        `kurento:"bitrate"` // in bit/s, of what is encoded here; 0: what is usual
}

// want is what the caps ask of the graph.
func (c AudioCaps) want() (codec.Want, error) {
	if c.Bitrate < 0 {
		return codec.Want{}, Errorf(IllegalParam, "Audio caps with a bitrate of %d", c.Bitrate)
	}
	return codec.Want{Codec: c.Codec.name(), Bitrate: c.Bitrate}, nil
}

// ServerInfo is what ServerManager says of the server.
type ServerInfo struct {
	Version      string       `kurento:"version"`
	Modules      []ModuleInfo `kurento:"modules"`
	Type         ServerType   `kurento:"type"`
	Capabilities []string     `kurento:"capabilities"`
}

// ServerType is KMS for a media server.
type ServerType string

// Values are the texts of the protocol.
func (ServerType) Values() []string { return []string{"KMS", "KCS"} }

// ModuleInfo names a module and the classes in it that can be created.
type ModuleInfo struct {
	Version        string   `kurento:"version"`
	Name           string   `kurento:"name"`
	GenerationTime string   `kurento:"generationTime"`
	Factories      []string `kurento:"factories"`
}
