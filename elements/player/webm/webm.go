// Package webm reads WebM and Matroska files (RFC 9559) as a stream: tracks first, then frame
// after frame. It is used by one goroutine at a time, holds one frame in memory and believes
// no size that a file claims.
package webm

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/rivero-media/rivero/elements/player/demux"
	"github.com/rivero-media/rivero/pipeline/codec/opus"
	"github.com/rivero-media/rivero/pipeline/media"
)

var (
	// ErrFormat is demux.ErrFormat.
	ErrFormat = demux.ErrFormat
	// ErrTruncated is demux.ErrTruncated.
	ErrTruncated = demux.ErrTruncated
	// ErrSeek is demux.ErrSeek: the source cannot, or the file has no such place.
	ErrSeek = demux.ErrSeek
)

// Limits on what a file can make us hold.
const (
	maxBlock  = 32 << 20 // one frame, or several that are laced
	maxMaster = 16 << 20 // an element of the header or the index
	maxTracks = 128
	maxCues   = 1 << 20

	maxSampleRate = 192000
	maxChannels   = 8
)

// Track is what the file says about one track.
type Track struct {
	Number   uint64 // as in the file
	CodecID  string // as in the file
	Codec    string // as in media.Format; "" for one that cannot be played
	Kind     media.Kind
	Private  []byte
	Language string

	Width, Height int     // video
	SampleRate    float64 // audio, Hz
	Channels      int     // audio
	BitDepth      int     // audio that is not compressed

	FrameTime time.Duration // of each frame, 0: not said
	Delay     time.Duration // of the codec; frames have it taken off already
}

// codecs are the codecs whose frames in a file are what flows through a pipeline (media.Format).
var codecs = map[string]string{
	"V_VP8":     media.VP8,
	"V_VP9":     media.VP9,
	"V_AV1":     media.AV1,
	"A_OPUS":    media.Opus,
	"A_VORBIS":  media.Vorbis,
	"A_AAC":     media.AAC, // Matroska alone
	"A_MPEG/L3": media.MP3,

	// Of these the frames are as the container has them: package containers turns them into those of a pipeline.
	"V_MPEG4/ISO/AVC":  media.H264,
	"V_MPEGH/ISO/HEVC": media.H265,
	"A_PCM/INT/LIT":    media.PCM,
	"A_PCM/INT/BIG":    media.PCM,
	"A_PCM/FLOAT/IEEE": media.PCM,
	"A_MS/ACM":         media.PCM, // of a WAVEFORMATEX
}

// videoClock is the RTP clock rate of every video codec, in Hz.
const videoClock = 90000

// Format is the media format of the track's frames; false when it cannot be played.
func (t Track) Format() (media.Format, bool) {
	if t.Codec == "" {
		return media.Format{}, false
	}
	if t.Kind == media.Video {
		return media.Format{Kind: media.Video, Codec: t.Codec, ClockRate: videoClock, Params: t.profile()}, true
	}
	if t.Codec == media.Opus { // the same for all, whatever is coded (RFC 7587 §7)
		return media.Format{Kind: media.Audio, Codec: media.Opus, ClockRate: 48000, Channels: 2}, true
	}
	if !(t.SampleRate >= 1 && t.SampleRate <= maxSampleRate) || t.Channels < 1 || t.Channels > maxChannels {
		return media.Format{}, false
	}
	f := media.Format{Kind: media.Audio, Codec: t.Codec, ClockRate: uint32(t.SampleRate), Channels: uint8(t.Channels)}
	switch t.Codec {
	case media.Vorbis:
		f.Params = "configuration=" + base64.StdEncoding.EncodeToString(t.Private)
	case media.AAC:
		f.Params = "config=" + hex.EncodeToString(t.Private)
	}
	return f, true
}

// length is how long a frame lasts, 0 when that is not known: of Vorbis only a decoder knows.
func (t Track) length(frame []byte) time.Duration {
	samples := 0.0
	switch {
	case t.FrameTime > 0:
		return t.FrameTime
	case t.Codec == media.Opus:
		return opus.Duration(frame)
	case t.Codec == media.AAC:
		samples = 1024
	case t.Codec == media.MP3 && t.SampleRate < 32000: // MPEG-2
		samples = 576
	case t.Codec == media.MP3:
		samples = 1152
	}
	if !(t.SampleRate >= 1) {
		return 0
	}
	return time.Duration(samples / t.SampleRate * float64(time.Second))
}

// profile is what tells VP9 streams apart, in the form of media.Format: nothing for profile 0. The codec's private data is a
// list of features, each with an ID, a length and a value; 1 is the profile (VP Codec ISO Media File Format Binding §2.2
// and the WebM container guidelines).
func (t Track) profile() string {
	if t.Codec != media.VP9 {
		return ""
	}
	for b := t.Private; len(b) > 2 && len(b) >= 2+int(b[1]); b = b[2+int(b[1]):] {
		if b[0] == 1 && b[1] == 1 && b[2] != 0 {
			return fmt.Sprintf("profile-id=%d", b[2])
		}
	}
	return ""
}

// Frame is one frame of a track.
type Frame struct {
	Track int           // index in Tracks
	PTS   time.Duration // from the start of the file; a little below 0 where a codec's delay is taken off
	Key   bool          // can be decoded on its own; true for all sound
	Data  []byte        // valid until the next call of the Reader
}
