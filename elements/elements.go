// Package elements is the list of what clients can create. A program that wants more, or less, makes a list of its
// own (see examples).
package elements

import (
	"slices"
	"strings"

	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/conf"
	"github.com/rivero-media/rivero/elements/endpoint"
	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/elements/http"
	"github.com/rivero-media/rivero/elements/hub"
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
)

// Steps are the conversions that the graphs may use. mtu is the size in bytes of the largest RTP packet of video that
// is made here.
func Steps(mtu int) codec.Steps { return codec.Steps{codecrtp.Steps(mtu)} }

// Classes lists the classes with the settings of a configuration. The pool carries all WebRTC connections; the
// caller closes it after the server.
func Classes(c *conf.Config, log zerolog.Logger) (classes []*pipeline.Class, pool *transport.Pool, err error) {
	w, r := c.WebRtcEndpoint, c.BaseRtpEndpoint
	pool, err = transport.NewPool(transport.PoolConfig{
		MinPort: uint16(r.MinPort), MaxPort: uint16(r.MaxPort),
		MuxPort:    uint16(w.UDPMuxPort),
		Interfaces: w.NetworkInterfaces,
		IPv6:       true,
		Log:        log,
	})
	if err != nil {
		return nil, nil, err
	}
	certificates := transport.NewCertificates(map[transport.KeyType]string{
		transport.RSA: w.PemCertificateRSA, transport.ECDSA: w.PemCertificateECDSA,
	})
	classes = []*pipeline.Class{
		passthrough.Class,
		player.Class(player.Settings{DefaultPath: c.UriEndpoint.DefaultPath}),
		recorder.Class(recorder.Settings{DefaultPath: c.UriEndpoint.DefaultPath}),
		webrtc.Class(webrtc.Settings{
			Pool: pool, Certificates: certificates,
			AudioCodecs: sdp.FilterWebRTC(names(c.SdpEndpoint.AudioCodecs), w.EnableH265),
			VideoCodecs: sdp.FilterWebRTC(names(c.SdpEndpoint.VideoCodecs), w.EnableH265),
			NumAudio:    min(c.SdpEndpoint.NumAudioMedias, 1), // an element has one stream of a kind
			NumVideo:    min(c.SdpEndpoint.NumVideoMedias, 1),
			RTP: endpoint.RTPSettings{
				MTU: r.MTU, RembPolicy: stream.RembPolicy(r.RembPolicy), RembFloor: r.RembFloor * 1000,
			},
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
		}),
	}
	return append(classes, declared()...), pool, nil
}

// declared lists the classes that are part of the interface and have no code yet.
func declared() []*pipeline.Class {
	return slices.Concat(hub.Classes(), filter.Classes(), []*pipeline.Class{rtp.Class, http.PostClass})
}

func names(codecs []conf.Codec) []string {
	var out []string
	for _, c := range codecs {
		out = append(out, c.String())
	}
	return out
}
