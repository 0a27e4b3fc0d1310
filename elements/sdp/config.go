package sdp

// Direction is the direction of an m-line (RFC 8866 §6.7), seen from whoever
// wrote it. The zero value means SendRecv.
type Direction string

// The directions.
const (
	SendRecv Direction = "sendrecv"
	SendOnly Direction = "sendonly"
	RecvOnly Direction = "recvonly"
	Inactive Direction = "inactive"
)

// reversed is the direction as the other side sees it (RFC 3264 §6.1).
func (d Direction) reversed() Direction {
	switch d {
	case SendOnly:
		return RecvOnly
	case RecvOnly:
		return SendOnly
	case Inactive:
		return Inactive
	default:
		return SendRecv
	}
}

func (d Direction) sends() bool    { return d != RecvOnly && d != Inactive }
func (d Direction) receives() bool { return d != SendOnly && d != Inactive }

// Config is what an endpoint can do.
type Config struct {
	Profile Profile // "" means WebRTC
	// AudioCodecs and VideoCodecs are "name/clock[/channels]", most preferred
	// first, with what the endpoint cannot carry already taken out.
	AudioCodecs, VideoCodecs []string
	// NumAudioMedias and NumVideoMedias are how many m-lines of a kind an offer
	// has and how many of an offer are accepted.
	NumAudioMedias, NumVideoMedias int
	DataChannels                   bool
	Direction                      Direction // of own offers; answers mirror the offer's
	Address                        string    // IP address in o= and c=, "" means 0.0.0.0
	// Classic leaves out what Kurento does not know: telephone events, and in WebRTC also RTX, transport-wide congestion
	// control, audio levels, simulcast, stream ids, ice-options, max-message-size.
	Classic bool
	// Strict allows one exchange only, as Kurento does.
	Strict bool
}

// Local is what the endpoint's transport brings in.
type Local struct {
	// Transport gives the credentials of the i-th transport, which exists from then on. Transports are asked for
	// in order, the first one before anything is written. One that was in use and is not any more may be asked for
	// again: a new one takes its place.
	Transport func(i int) (Credentials, error)
	// Restart gives new credentials for a transport whose ICE begins anew; only used with ICE, as Fingerprint is.
	Restart     func(i int) (Credentials, error)
	Fingerprint Fingerprint
	Crypto      Crypto        // what we protect our packets with (SDES); its tag does not count
	CNAME       string        // of all our streams (RFC 7022)
	StreamID    string        // under which the peer finds them together (RFC 8830), "": none is given
	SSRC        func() uint32 // called once for each audio or video m-line of ours
	SCTPPort    uint16        // of the data m-line of own offers
	// MaxMessageSize is the largest message that our data channels take, in bytes (RFC 8841 §6).
	MaxMessageSize int
}

// Credentials are what the peer has to know of a transport of ours: those of ICE (RFC 8839 §5.4), or the ports.
type Credentials struct {
	Ufrag, Pwd string
	Ports      Ports
}

// OfferOptions shape an own offer.
type OfferOptions struct {
	// OfferToReceiveAudio and OfferToReceiveVideo: false leaves the m-lines of
	// that kind out.
	OfferToReceiveAudio, OfferToReceiveVideo bool
	// MaxAudioRecvBandwidth and MaxVideoRecvBandwidth are the b=AS lines, in
	// kbit/s; 0 writes none.
	MaxAudioRecvBandwidth, MaxVideoRecvBandwidth int
	// ICERestart asks for new credentials of all transports that exist.
	ICERestart bool
}

// DefaultOfferOptions are those of a generateOffer without options.
func DefaultOfferOptions() OfferOptions {
	return OfferOptions{OfferToReceiveAudio: true, OfferToReceiveVideo: true}
}
