package endpoint

import "reflect"

// Statistics of other things than RTP streams. Only those of data channels are given, as by the original, which describes
// the others all the same: the types of clients are made from the description.

// rtcStatsTypes are the complex types that no operation mentions.
var rtcStatsTypes = []reflect.Type{
	reflect.TypeFor[RTCCodec](), reflect.TypeFor[RTCPeerConnectionStats](), reflect.TypeFor[RTCMediaStreamStats](),
	reflect.TypeFor[RTCMediaStreamTrackStats](), reflect.TypeFor[RTCDataChannelStats](), reflect.TypeFor[RTCTransportStats](),
	reflect.TypeFor[RTCIceCandidateAttributes](), reflect.TypeFor[RTCIceCandidatePairStats](),
	reflect.TypeFor[RTCCertificateStats](),
}

// RTCCodec describes a codec that an RTP stream uses.
type RTCCodec struct {
	RTCStats
	PayloadType int64  `kurento:"payloadType"`
	Codec       string `kurento:"codec"`
	ClockRate   int64  `kurento:"clockRate"` // Hz
	Channels    int64  `kurento:"channels"`
	Parameters  string `kurento:"parameters"`
}

// RTCPeerConnectionStats counts the data channels of a connection.
type RTCPeerConnectionStats struct {
	RTCStats
	DataChannelsOpened int64 `kurento:"dataChannelsOpened"`
	DataChannelsClosed int64 `kurento:"dataChannelsClosed"`
}

// RTCMediaStreamStats names the tracks of a stream.
type RTCMediaStreamStats struct {
	RTCStats
	StreamIdentifier string   `kurento:"streamIdentifier"`
	TrackIDs         []string `kurento:"trackIds"`
}

// RTCMediaStreamTrackStats describes a track: picture size in pixels, frames counted, sound levels.
type RTCMediaStreamTrackStats struct {
	RTCStats
	TrackIdentifier           string   `kurento:"trackIdentifier"`
	RemoteSource              bool     `kurento:"remoteSource"`
	SSRCIDs                   []string `kurento:"ssrcIds"`
	FrameWidth                int64    `kurento:"frameWidth"`
	FrameHeight               int64    `kurento:"frameHeight"`
	FramesPerSecond           float64  `kurento:"framesPerSecond"`
	FramesSent                int64    `kurento:"framesSent"`
	FramesReceived            int64    `kurento:"framesReceived"`
	FramesDecoded             int64    `kurento:"framesDecoded"`
	FramesDropped             int64    `kurento:"framesDropped"`
	FramesCorrupted           int64    `kurento:"framesCorrupted"`
	AudioLevel                float64  `kurento:"audioLevel"`                // 0 to 1
	EchoReturnLoss            float64  `kurento:"echoReturnLoss"`            // dB
	EchoReturnLossEnhancement float64  `kurento:"echoReturnLossEnhancement"` // dB
}

// RTCDataChannelState is what a data channel is doing.
type RTCDataChannelState string

// Values are the texts of the protocol.
func (RTCDataChannelState) Values() []string {
	return []string{"connecting", "open", "closing", "closed"}
}

// RTCDataChannelStats counts what went through a data channel.
type RTCDataChannelStats struct {
	RTCStats
	Label            string              `kurento:"label"`
	Protocol         string              `kurento:"protocol"`
	DataChannelID    int64               `kurento:"datachannelid"`
	State            RTCDataChannelState `kurento:"state"`
	MessagesSent     int64               `kurento:"messagesSent"`
	BytesSent        int64               `kurento:"bytesSent"`
	MessagesReceived int64               `kurento:"messagesReceived"`
	BytesReceived    int64               `kurento:"bytesReceived"`
}

// RTCTransportStats counts what went through a transport.
type RTCTransportStats struct {
	RTCStats
	BytesSent               int64  `kurento:"bytesSent"`
	BytesReceived           int64  `kurento:"bytesReceived"`
	RTCPTransportStatsID    string `kurento:"rtcpTransportStatsId"`
	ActiveConnection        bool   `kurento:"activeConnection"`
	SelectedCandidatePairID string `kurento:"selectedCandidatePairId"`
	LocalCertificateID      string `kurento:"localCertificateId"`
	RemoteCertificateID     string `kurento:"remoteCertificateId"`
}

// RTCStatsIceCandidateType is the kind of an ICE candidate (RFC 8445 §5.1.1).
type RTCStatsIceCandidateType string

// Values are the texts of the protocol.
func (RTCStatsIceCandidateType) Values() []string {
	return []string{"host", "serverreflexive", "peerreflexive", "relayed"}
}

// RTCIceCandidateAttributes describes an ICE candidate.
type RTCIceCandidateAttributes struct {
	RTCStats
	IPAddress        string                   `kurento:"ipAddress"`
	PortNumber       int64                    `kurento:"portNumber"`
	Transport        string                   `kurento:"transport"`
	CandidateType    RTCStatsIceCandidateType `kurento:"candidateType"`
	Priority         int64                    `kurento:"priority"`
	AddressSourceURL string                   `kurento:"addressSourceUrl"`
}

// RTCStatsIceCandidatePairState is how far the check of a candidate pair is (RFC 8445 §6.1.2.6).
type RTCStatsIceCandidatePairState string

// Values are the texts of the protocol.
func (RTCStatsIceCandidatePairState) Values() []string {
	return []string{"frozen", "waiting", "inprogress", "failed", "succeeded", "cancelled"}
}

// RTCIceCandidatePairStats describes a pair of candidates: what went over it, in bytes, seconds and bit/s.
type RTCIceCandidatePairStats struct {
	RTCStats
	TransportID              string                        `kurento:"transportId"`
	LocalCandidateID         string                        `kurento:"localCandidateId"`
	RemoteCandidateID        string                        `kurento:"remoteCandidateId"`
	State                    RTCStatsIceCandidatePairState `kurento:"state"`
	Priority                 int64                         `kurento:"priority"`
	Nominated                bool                          `kurento:"nominated"`
	Writable                 bool                          `kurento:"writable"`
	Readable                 bool                          `kurento:"readable"`
	BytesSent                int64                         `kurento:"bytesSent"`
	BytesReceived            int64                         `kurento:"bytesReceived"`
	RoundTripTime            float64                       `kurento:"roundTripTime"`
	AvailableOutgoingBitrate float64                       `kurento:"availableOutgoingBitrate"`
	AvailableIncomingBitrate float64                       `kurento:"availableIncomingBitrate"`
}

// RTCCertificateStats describes a DTLS certificate.
type RTCCertificateStats struct {
	RTCStats
	Fingerprint          string `kurento:"fingerprint"`
	FingerprintAlgorithm string `kurento:"fingerprintAlgorithm"`
	Base64Certificate    string `kurento:"base64Certificate"`
	IssuerCertificateID  string `kurento:"issuerCertificateId"`
}
