// Package peer is the browser's side of a call, in Pion: it offers VP8 and Opus, sends a reel, counts what comes back
// and sends the RTCP that a browser sends. It knows SDP and ICE candidates as text, and no signalling protocol.
package peer

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/ice/v2"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/logging"
	"github.com/pion/transport/v2/stdnet"
	"github.com/pion/webrtc/v3"
)

// Payload types of the offers, those of Chromium.
const (
	vp8PayloadType  = 96
	opusPayloadType = 111

	videoClock = 90000
	audioClock = 48000
)

// Options say how the peers reach the server.
type Options struct {
	Interfaces []string // names of the network interfaces to use; empty: all but loopback
	Loopback   bool     // use the loopback interface too
	IPv6       bool     // besides IPv4
	GCM        bool     // SRTP with AEAD_AES_128_GCM in place of AES128_CM_HMAC_SHA1_80

	MaxBitrate  int           // of video, in bit/s, that a viewer says it can take (REMB); 0: it says nothing
	KeyInterval time.Duration // least time between key frames that a publisher sends on request
}

// Factory makes peers that share what can be shared: certificate, codecs, network interfaces.
type Factory struct {
	sender   *webrtc.API
	receiver *webrtc.API
	config   webrtc.Configuration
	options  Options
}

// NewFactory prepares a factory; Options apply to all its peers.
func NewFactory(o Options) (*Factory, error) {
	settings, err := settings(o)
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generate DTLS key: %w", err)
	}
	certificate, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return nil, fmt.Errorf("generate DTLS certificate: %w", err)
	}
	f := &Factory{options: o, config: webrtc.Configuration{Certificates: []webrtc.Certificate{*certificate}}}
	// Whoever only receives has no interceptors: they would cost more per packet than all the rest of our code.
	if f.receiver, err = newAPI(settings, &interceptor.Registry{}); err != nil {
		return nil, err
	}
	registry, err := senderInterceptors()
	if err != nil {
		return nil, err
	}
	f.sender, err = newAPI(settings, registry)
	return f, err
}

func settings(o Options) (s webrtc.SettingEngine, err error) {
	// Asking the kernel for its interfaces once, not once per peer.
	network, err := stdnet.NewNet()
	if err != nil {
		return s, fmt.Errorf("list network interfaces: %w", err)
	}
	s.SetNet(network)
	s.LoggerFactory = &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}

	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.DisableActiveTCP(true)
	s.SetIncludeLoopbackCandidate(o.Loopback || slices.Contains(o.Interfaces, "lo"))
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	if o.IPv6 {
		s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	}
	if len(o.Interfaces) > 0 {
		s.SetInterfaceFilter(func(name string) bool { return slices.Contains(o.Interfaces, name) })
	}
	// Pion holds back peer-reflexive pairs for 1 s. When the server's first check overtakes its candidate that would
	// show as a second of set-up time, which no browser has.
	s.SetPrflxAcceptanceMinWait(0)

	s.SetDTLSRetransmissionInterval(100 * time.Millisecond)
	s.SetDTLSInsecureSkipHelloVerify(true) // ICE has checked the address already
	s.SetSRTPProtectionProfiles(dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	if o.GCM {
		s.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM)
	}
	return s, nil
}

// senderInterceptors make sender reports, and answer the server's NACKs.
func senderInterceptors() (*interceptor.Registry, error) {
	registry := &interceptor.Registry{}
	reports, err := report.NewSenderInterceptor()
	if err != nil {
		return nil, fmt.Errorf("sender reports: %w", err)
	}
	responder, err := nack.NewResponderInterceptor()
	if err != nil {
		return nil, fmt.Errorf("NACK responder: %w", err)
	}
	registry.Add(reports)
	registry.Add(responder)
	return registry, nil
}

func newAPI(settings webrtc.SettingEngine, registry *interceptor.Registry) (*webrtc.API, error) {
	media := &webrtc.MediaEngine{}
	for _, codec := range []struct {
		webrtc.RTPCodecParameters
		kind webrtc.RTPCodecType
	}{
		{webrtc.RTPCodecParameters{RTPCodecCapability: opus(), PayloadType: opusPayloadType}, webrtc.RTPCodecTypeAudio},
		{webrtc.RTPCodecParameters{RTPCodecCapability: vp8(), PayloadType: vp8PayloadType}, webrtc.RTPCodecTypeVideo},
	} {
		if err := media.RegisterCodec(codec.RTPCodecParameters, codec.kind); err != nil {
			return nil, fmt.Errorf("register %s: %w", codec.MimeType, err)
		}
	}
	return webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(settings),
		webrtc.WithInterceptorRegistry(registry)), nil
}

func opus() webrtc.RTPCodecCapability {
	return webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: audioClock, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1",
	}
}

// vp8 names the feedback of a browser, so that the server does the same work for us.
func vp8() webrtc.RTPCodecCapability {
	return webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: videoClock, RTCPFeedback: []webrtc.RTCPFeedback{
		{Type: "goog-remb"}, {Type: "ccm", Parameter: "fir"}, {Type: "nack"}, {Type: "nack", Parameter: "pli"},
	}}
}
