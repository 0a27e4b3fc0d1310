package webrtc

import "github.com/rivero-media/rivero/pipeline"

// IceCandidate is a candidate on its way to or from the peer.
type IceCandidate struct {
	Candidate     string `kurento:"candidate"`
	SdpMid        string `kurento:"sdpMid"`
	SdpMLineIndex int    `kurento:"sdpMLineIndex"`
}

// IceComponentState is the state of ICE for one component.
type IceComponentState string

// Values are the texts of the protocol.
func (IceComponentState) Values() []string {
	return []string{"DISCONNECTED", "GATHERING", "CONNECTING", "CONNECTED", "READY", "FAILED"}
}

// DtlsConnectionState is the state of a DTLS association.
type DtlsConnectionState string

// Values are the texts of the protocol.
func (DtlsConnectionState) Values() []string {
	return []string{"NEW", "CLOSED", "FAILED", "CONNECTING", "CONNECTED"}
}

// IceCandidatePair is the pair of candidates that media takes.
type IceCandidatePair struct {
	StreamID        string `kurento:"streamId"`
	ComponentID     int    `kurento:"componentId"`
	StreamIDOld     string `kurento:"streamID"`    // 6.x
	ComponentIDOld  int    `kurento:"componentID"` // 6.x
	LocalCandidate  string `kurento:"localCandidate"`
	RemoteCandidate string `kurento:"remoteCandidate"`
}

// IceConnection is the state of ICE for one component of a stream.
type IceConnection struct {
	StreamID    string            `kurento:"streamId"`
	ComponentID int               `kurento:"componentId"`
	State       IceComponentState `kurento:"state"`
}

// DtlsConnection is the state of one DTLS association.
type DtlsConnection struct {
	StreamID     string              `kurento:"streamId"`
	ComponentID  string              `kurento:"componentId"`
	ConnectionID string              `kurento:"connectionId"`
	State        DtlsConnectionState `kurento:"state"`
}

// CertificateKeyType is the kind of key in the DTLS certificate.
type CertificateKeyType string

// Values are the texts of the protocol.
func (CertificateKeyType) Values() []string { return []string{"RSA", "ECDSA"} }

// DSCPValue marks packets for routers that give priorities (RFC 8837).
type DSCPValue string

// Values are the texts of the protocol.
func (DSCPValue) Values() []string {
	return []string{"NO_DSCP", "NO_VALUE", "AUDIO_VERYLOW", "AUDIO_LOW", "AUDIO_MEDIUM", "AUDIO_HIGH", "VIDEO_VERYLOW",
		"VIDEO_LOW", "VIDEO_MEDIUM", "VIDEO_MEDIUM_THROUGHPUT", "VIDEO_HIGH", "VIDEO_HIGH_THROUGHPUT", "DATA_VERYLOW",
		"DATA_LOW", "DATA_MEDIUM", "DATA_HIGH", "CHROME_HIGH", "CHROME_MEDIUM", "CHROME_LOW", "CHROME_VERYLOW", "CS0",
		"CS1", "CS2", "CS3", "CS4", "CS5", "CS6", "CS7", "AF11", "AF12", "AF13", "AF21", "AF22", "AF23", "AF31", "AF32",
		"AF33", "AF41", "AF42", "AF43", "EF", "VOICEADMIT", "LE"}
}

// IceCandidateFound is raised for each local candidate, once for each m-line.
type IceCandidateFound struct {
	pipeline.Media
	Candidate IceCandidate `kurento:"candidate"`
}

// IceGatheringDone follows the last IceCandidateFound.
type IceGatheringDone struct{ pipeline.Media }

// IceComponentStateChanged is raised when ICE goes on.
type IceComponentStateChanged struct {
	pipeline.Media
	StreamID    int               `kurento:"streamId"`
	ComponentID int               `kurento:"componentId"`
	State       IceComponentState `kurento:"state"`
}

// DtlsConnectionStateChange is raised when DTLS goes on.
type DtlsConnectionStateChange struct {
	pipeline.Media
	StreamID     string              `kurento:"streamId"`
	ComponentID  string              `kurento:"componentId"`
	ConnectionID string              `kurento:"connectionId"`
	State        DtlsConnectionState `kurento:"state"`
}

// DataChannelOpened is raised when a data channel can be used.
type DataChannelOpened struct {
	pipeline.Media
	ChannelID int `kurento:"channelId"`
}

// DataChannelClosed is raised when a data channel is gone.
type DataChannelClosed struct {
	pipeline.Media
	ChannelID int `kurento:"channelId"`
}

// NewCandidatePairSelected is raised when media takes another way.
type NewCandidatePairSelected struct {
	pipeline.Media
	CandidatePair IceCandidatePair `kurento:"candidatePair"`
}
