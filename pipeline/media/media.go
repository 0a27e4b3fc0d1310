// Package media is the data path on one page: what flows through a pipeline
// (Packet, Format), who takes it (Sink, Input), who gives it (Output) and the
// way back (Source, Upstream). It imports nothing else of this project, never
// blocks and never allocates per packet.
//
// The way down is a direct call: the goroutine that produces a packet calls
// Output.Write, which calls each receiver's Write. The way up is a Source
// handle, one per receiver.
package media

import (
	"time"

	"github.com/pion/rtp"
)

// Kind is the kind of media a format, a link or an event speaks of. Its text
// is the MediaType of the Kurento protocol.
type Kind uint8

// The kinds, in the order in which Kurento connects them.
const (
	Audio Kind = iota
	Video
	Data
)

// Kinds lists every kind, in order, for code that treats all of them alike.
var Kinds = [...]Kind{Audio, Video, Data}

// String returns the MediaType text of the Kurento protocol.
func (k Kind) String() string {
	switch k {
	case Audio:
		return "AUDIO"
	case Video:
		return "VIDEO"
	default:
		return "DATA"
	}
}

// Codec names, spelled as in SDP (RFC 4855 media subtypes). Comparison is
// exact: whoever reads a name from outside turns it into one of these first.
const (
	VP8  = "VP8"
	VP9  = "VP9"
	AV1  = "AV1"
	H264 = "H264"
	H265 = "H265"
	Opus = "opus"
	PCMU = "PCMU"
	PCMA = "PCMA"

	AAC    = "mpeg4-generic" // RFC 3640; Params: "config=", the AudioSpecificConfig in hexadecimal
	Vorbis = "vorbis"        // frames only; Params: "configuration=", the headers as Matroska has them (CodecPrivate) in base64
	MP3    = "MP3"           // frames only; ClockRate: samples per second

	I420 = "I420" // raw pictures
	PCM  = "PCM"  // raw sound

	Message = "message" // of a data channel (RFC 8831): text or binary, as the packet says
)

// Codecs are the formats of what is compressed, as whole frames.
var Codecs = [...]Format{
	{Kind: Video, Codec: VP8, ClockRate: 90000},
	{Kind: Video, Codec: VP9, ClockRate: 90000},
	{Kind: Video, Codec: AV1, ClockRate: 90000},
	{Kind: Video, Codec: H264, ClockRate: 90000},
	{Kind: Video, Codec: H265, ClockRate: 90000},
	{Kind: Audio, Codec: Opus, ClockRate: 48000, Channels: 2},
	{Kind: Audio, Codec: PCMU, ClockRate: 8000, Channels: 1},
	{Kind: Audio, Codec: PCMA, ClockRate: 8000, Channels: 1},
}

// Format says what a packet's data is. It is comparable, so that it can key
// maps; whether a receiver can take it is the receiver's judgement (Accept).
type Format struct {
	Kind      Kind
	Codec     string // one of the names above
	Packed    bool   // true: Data is one RTP payload; false: Data is one whole frame
	ClockRate uint32 // Hz; for whole frames the rate of the codec's own RTP clock
	Channels  uint8  // audio only
	Params    string // canonical fmtp that tells streams apart (H264 profile, VP9 profile-id) or that decoders need, else ""
	Caps      string // what a client has asked for beyond the codec, as picture size or bitrate; "": as it comes. Who takes the codec takes any
}

// String is for logs and error texts, which have no room for the headers of a codec.
func (f Format) String() string {
	const longest = 40
	s := f.Codec
	if f.Params != "" && len(f.Params) <= longest {
		s += ";" + f.Params
	}
	if f.Caps != "" {
		s += " " + f.Caps
	}
	if !f.Packed {
		s += " frames"
	}
	return s
}

// Packet is one RTP payload or one frame on its way through the graph. Nobody
// changes a packet once it was written; who must change a header copies it.
// The packet and everything it points at are valid during Write only: the
// producer uses the same memory again for the next one.
type Packet struct {
	Format *Format       // the writing Output's format, the very pointer: a sink drops packets of a format it was not bound to; but see TelephoneEvent
	RTP    rtp.Header    // of packed formats: as it came from the source; extensions are not forwarded. Of frames: a number that counts them, where the source keeps some
	PTS    time.Duration // presentation time on the pipeline clock
	At     time.Duration // when it, or the last packet it was made of, came into the process, on the pipeline clock; 0: not known
	Key    bool          // whole frame: decodable on its own; packed: the first packet of such a frame
	Layer  uint8         // of a simulcast (see MaxLayers), 0: the source sends one stream
	Hops   uint8         // of a message: how many hubs have passed it on
	Text   bool          // messages of data channels: the text is UTF-8; false: binary
	Width  uint16        // of a raw picture, in pixels; Data holds its three planes without gaps between rows: Y, U, V
	Height uint16        // the same
	Level  uint8         // of sound, as its source says (RFC 6464): a bit for voice and -dBov; 0: it does not say
	Data   []byte
	Burst  *Burst // the producer's pending output, never nil: sinks that batch put theirs in it
}

// Sink takes packets. Write is called from the producer's goroutine, one call
// at a time for one producer; when a route is swapped, calls from the old and
// the new producer may overlap for a moment. It must not block, must not
// change the packet and must copy what it keeps. A sink may get a last packet
// after it was unbound and drops it.
type Sink interface {
	Write(p *Packet)
}

// Input is a sink that says what it can take and is told what it gets.
// Accept and Bind are called with the pipeline's lock held: they are quick and
// do not call back into the pipeline.
type Input interface {
	Sink
	// Accept tells whether packets of format f can be taken; of several that can, the
	// graph prefers the cheapest to make, then the highest score.
	Accept(f Format) (score int, ok bool)
	// Bind tells the sink that from now on packets carry this format pointer and that
	// from is the way back to their source; both nil when nothing is connected any more.
	// The graph closes from; the sink forgets it at the next Bind.
	Bind(f *Format, from Source)
}

// Ender is implemented by sinks that want to know when the media of a source is over, as a file
// that was played to its end. End is called like Write.
type Ender interface{ End() }

// Source is the way upstream for one receiver of an Output. Its methods may be
// called from any goroutine and do not block; after Close they do nothing.
type Source interface {
	// RequestKeyFrame asks for a frame that can be decoded on its own.
	RequestKeyFrame()
	// SetMaxBitrate says how many bits per second this receiver can take;
	// 0 takes the limit back.
	SetMaxBitrate(bps int)
	// Resend looks up a packet by the source's own sequence number and hands it
	// to f; false when it is not kept any more. The packet is valid during f.
	Resend(seq uint16, f func(*Packet)) bool
	// Close takes this receiver's limit with it. It may be called twice.
	Close()
}

// Upstream is what stands behind an Output: the producer's side of Source.
// Requests arrive here throttled and aggregated over all receivers, from any
// goroutine; the methods do not block.
type Upstream interface {
	RequestKeyFrame()
	// SetMaxBitrate gets the lowest limit of all receivers; 0 means none.
	SetMaxBitrate(bps int)
	Resend(seq uint16, f func(*Packet)) bool
}

// RangeUpstream is implemented by an Upstream that wants to know more than the lowest limit.
type RangeUpstream interface {
	// SetLimits is called instead of SetMaxBitrate. It gets the lowest and the highest
	// limit of all receivers; lowest 0: nobody has one, highest 0: somebody has none.
	SetLimits(lowest, highest int)
}

// NoUpstream is for producers that can do nothing for their receivers. Embed
// it where only some methods matter.
type NoUpstream struct{}

// RequestKeyFrame does nothing.
func (NoUpstream) RequestKeyFrame() {}

// SetMaxBitrate does nothing.
func (NoUpstream) SetMaxBitrate(int) {}

// Resend has nothing to give.
func (NoUpstream) Resend(uint16, func(*Packet)) bool { return false }
