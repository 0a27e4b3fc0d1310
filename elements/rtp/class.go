// Package rtp is the RtpEndpoint class, which sends and receives plain RTP, or SRTP with keys from the SDP (SDES). Each
// m-line has two sockets of its own; SDP and the RTP session are those of sdp and stream.
//
//	Endpoint  the class: what is negotiated
//	conn      one m-line: where its packets go, how they are protected
//	socket    one UDP port: its read loop
//	batch     what a producer sends through all of them
package rtp

import (
	"context"

	"github.com/rivero-media/rivero/elements/endpoint"
	"github.com/rivero-media/rivero/pipeline"
)

// Settings are what the class needs of the configuration.
type Settings struct {
	MinPort, MaxPort         uint16   // inclusive
	AudioCodecs, VideoCodecs []string // "name/clock[/channels]", in order of preference
	NumAudio, NumVideo       int      // m-lines of a kind
	RTP                      endpoint.RTPSettings
	ClassicSDP               bool // offers and answers say only what Kurento knows
	StrictNegotiation        bool // one exchange for each endpoint, as in Kurento
}

// Class describes RtpEndpoint. settings gives those that a new endpoint starts with and keeps; nobody changes them.
func Class(settings func() *Settings) *pipeline.Class {
	return &pipeline.Class{
		Name: "RtpEndpoint", Module: "elements", Parent: endpoint.BaseRtpClass,
		New: pipeline.New(func(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
			return create(settings(), c, p)
		}),
		Events: []pipeline.EventType{pipeline.Raises[OnKeySoftLimit]()},
	}
}

type params struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
	Crypto        SDES                    `kurento:"crypto,optional,default={}"`
	UseIpv6       bool                    `kurento:"useIpv6,optional,default=false"`
}

// OnKeySoftLimit: the SRTP key of one kind of media has served for so long that it should be changed.
type OnKeySoftLimit struct {
	pipeline.Media
	MediaType pipeline.MediaType `kurento:"mediaType"`
}
