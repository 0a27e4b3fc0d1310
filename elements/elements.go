// Package elements is the list of what clients can create. A program that wants more, or less, makes a list of its
// own (see examples).
package elements

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/conf"
	"github.com/rivero-media/rivero/elements/access"
	"github.com/rivero-media/rivero/elements/endpoint"
	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/elements/filter/faceoverlay"
	"github.com/rivero-media/rivero/elements/filter/gstreamer"
	"github.com/rivero-media/rivero/elements/filter/imageoverlay"
	"github.com/rivero-media/rivero/elements/filter/zbar"
	"github.com/rivero-media/rivero/elements/http"
	"github.com/rivero-media/rivero/elements/hub"
	"github.com/rivero-media/rivero/elements/modules"
	"github.com/rivero-media/rivero/elements/passthrough"
	"github.com/rivero-media/rivero/elements/player"
	"github.com/rivero-media/rivero/elements/recorder"
	"github.com/rivero-media/rivero/elements/rtp"
	"github.com/rivero-media/rivero/elements/sdp"
	"github.com/rivero-media/rivero/elements/stream"
	"github.com/rivero-media/rivero/elements/webrtc"
	"github.com/rivero-media/rivero/elements/webrtc/transport"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec"
	codecrtp "github.com/rivero-media/rivero/pipeline/codec/rtp"
	"github.com/rivero-media/rivero/pipeline/codec/sound"
	"github.com/rivero-media/rivero/pipeline/codec/video"
)

// Steps are the conversions that the graphs may use with a configuration: between packets and frames, and between codecs
// unless that is forbidden.
func Steps(c *conf.Config) codec.Steps {
	steps := codec.Steps{codecrtp.Steps(c.BaseRtpEndpoint.MTU)}
	if c.MediaElement.Transcoding != conf.TranscodingForbid {
		steps = append(steps, sound.Steps, video.Steps)
	}
	return steps
}

// Set is the list of classes with what their objects share.
type Set struct {
	Classes []*pipeline.Class

	log          func(class string) zerolog.Logger
	pool         *transport.Pool // carries all WebRTC connections
	certificates *transport.Certificates
	config       atomic.Pointer[conf.Config]
	webrtc       atomic.Pointer[webrtc.Settings]
	rtp          atomic.Pointer[rtp.Settings]
	access       atomic.Pointer[access.Policy]
	posts        *http.Server // of HttpPostEndpoints
}

// Open lists the classes with the settings of a configuration. log gives the logger of a class. The caller closes the
// set, after the server that has the classes.
func Open(c *conf.Config, log func(class string) zerolog.Logger) (*Set, error) {
	s := &Set{log: log, certificates: transport.NewCertificates()}
	var err error
	s.pool, err = transport.NewPool(transport.PoolConfig{
		MinPort: uint16(c.BaseRtpEndpoint.MinPort), MaxPort: uint16(c.BaseRtpEndpoint.MaxPort),
		MuxPort:    uint16(c.WebRtcEndpoint.UDPMuxPort),
		Interfaces: c.WebRtcEndpoint.NetworkInterfaces,
		IPv6:       true,
		Log:        log("WebRtcEndpoint"),
	})
	if err != nil {
		return nil, err
	}
	s.Configure(c)
	s.posts = http.NewServer(s.http, log("HttpPostEndpoint"))
	s.Classes = append(slices.Concat(hub.Classes(s.hub), modules.Classes(s.filter)),
		faceoverlay.Class(s.filter),
		gstreamer.Class,
		http.PostClass(s.posts),
		imageoverlay.Class(s.filter),
		passthrough.Class,
		player.Class(s.player),
		recorder.Class(s.recorder),
		rtp.Class(s.rtp.Load),
		webrtc.Class(s.webrtc.Load),
		zbar.Class,
	)
	return s, nil
}

func (s *Set) player() player.Settings {
	c := s.config.Load()
	ports := c.PlayerEndpoint.RtspClientPortRange
	return player.Settings{
		DefaultPath: string(c.UriEndpoint.DefaultPath), Access: s.access.Load(), MinPort: ports.Min, MaxPort: ports.Max,
		Reconnect: c.PlayerEndpoint.RtspReconnect,
	}
}

func (s *Set) recorder() recorder.Settings {
	c := s.config.Load()
	return recorder.Settings{
		DefaultPath: string(c.UriEndpoint.DefaultPath),
		Access:      s.access.Load(),
		Uploads: recorder.Uploads{
			Method:     string(c.RecorderEndpoint.HTTPMethod),
			S3Endpoint: c.RecorderEndpoint.S3Endpoint, S3Region: c.RecorderEndpoint.S3Region,
			S3AccessKey: c.RecorderEndpoint.S3AccessKey, S3SecretKey: string(c.RecorderEndpoint.S3SecretKey),
		},
		StartWait:  time.Duration(c.RecorderEndpoint.StartTimeout) * time.Millisecond,
		ClosesGaps: c.RecorderEndpoint.GapsFix == conf.GapsFixGenPTS,
	}
}

func (s *Set) hub() hub.Settings {
	c := s.config.Load().Composite
	return hub.Settings{KeepAspectRatio: c.KeepAspectRatio, CenterLastRow: c.CenterLastRow}
}

func (s *Set) filter() filter.Settings { return filter.Settings{Access: s.access.Load()} }

// http is the configuration that the server of HTTP endpoints starts with.
func (s *Set) http() http.Settings {
	h := s.config.Load().HttpEndpoint
	return http.Settings{Address: h.ServerAddress, Port: h.ServerPort, Announced: h.AnnouncedAddress}
}

// Close ends the connections. It may be called twice.
func (s *Set) Close() {
	s.posts.Close()
	s.pool.Close()
}

// Configure makes new objects begin with other settings. What a running server cannot change (conf.Reload) must be as
// it was.
func (s *Set) Configure(c *conf.Config) {
	w, r := c.WebRtcEndpoint, c.BaseRtpEndpoint
	log := s.log("WebRtcEndpoint")
	for kind, file := range map[transport.KeyType]string{transport.RSA: w.PemCertificateRSA, transport.ECDSA: w.PemCertificateECDSA} {
		if err := s.certificates.Load(kind, file); err != nil {
			log.Error().Err(err).Str("type", string(kind)).Msg("certificate cannot be used, the one before stays")
		}
	}
	audio, video := names(c.SdpEndpoint.AudioCodecs), names(c.SdpEndpoint.VideoCodecs)
	numAudio, numVideo := min(c.SdpEndpoint.NumAudioMedias, 1), min(c.SdpEndpoint.NumVideoMedias, 1) // an element has one stream of a kind
	settings := endpoint.RTPSettings{MTU: r.MTU, RembPolicy: stream.RembPolicy(r.RembPolicy), RembFloor: r.RembFloor * 1000}
	s.rtp.Store(&rtp.Settings{
		MinPort: uint16(r.MinPort), MaxPort: uint16(r.MaxPort),
		AudioCodecs: audio, VideoCodecs: video, NumAudio: numAudio, NumVideo: numVideo,
		RTP:        settings,
		ClassicSDP: w.ClassicSDP, StrictNegotiation: w.StrictNegotiation,
	})
	s.webrtc.Store(&webrtc.Settings{
		Pool: s.pool, Certificates: s.certificates,
		AudioCodecs: sdp.FilterWebRTC(audio, w.EnableH265), VideoCodecs: sdp.FilterWebRTC(video, w.EnableH265),
		NumAudio: numAudio, NumVideo: numVideo,
		RTP:               settings,
		ClassicSDP:        w.ClassicSDP,
		StrictNegotiation: w.StrictNegotiation,
		QosDscp:           webrtc.DSCPValue(w.QosDscp),
		StunServerAddress: w.StunServerAddress.String(),
		StunServerPort:    w.StunServerPort,
		TurnURL:           w.TurnURL.Text(),
		NetworkInterfaces: strings.Join(w.NetworkInterfaces, ","),
		IceTCP:            w.IceTCP,
		ExternalIPv4:      w.ExternalIPv4,
		ExternalIPv6:      w.ExternalIPv6,
	})
	u := c.UriEndpoint
	s.access.Store(access.New(access.Rules{
		Schemes: u.AllowedSchemes, Allowed: u.AllowedNetworks, Denied: u.DeniedNetworks, Roots: u.AllowedRoots,
	}, s.log("UriEndpoint")))
	s.config.Store(c)
}

func names(codecs []conf.Codec) []string {
	var out []string
	for _, c := range codecs {
		out = append(out, c.String())
	}
	return out
}
