// Package rtp holds RtpEndpoint, which sends and receives plain RTP, or SRTP with keys from the SDP (SDES). So far it
// holds the interface only: the class is declared for getKmd and cannot be created.
package rtp

import (
	"github.com/rivero-media/rivero/elements/endpoint"
	"github.com/rivero-media/rivero/pipeline"
)

// Class describes RtpEndpoint.
var Class = &pipeline.Class{
	Name: "RtpEndpoint", Module: "elements", Parent: endpoint.BaseRtpClass,
	New:    pipeline.DeclareNew[params](),
	Events: []pipeline.EventType{pipeline.Raises[OnKeySoftLimit]()},
}

type params struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
	Crypto        SDES                    `kurento:"crypto,optional,default={}"`
	UseIpv6       bool                    `kurento:"useIpv6,optional,default=false"`
}

// SDES is the key of SRTP as the SDP tells it (RFC 4568), as text or in base64.
type SDES struct {
	Key       *string      `kurento:"key,optional"`
	KeyBase64 *string      `kurento:"keyBase64,optional"`
	Crypto    *CryptoSuite `kurento:"crypto,optional"`
}

// CryptoSuite names cipher, authentication and key length of SRTP (RFC 4568 §6.2, RFC 6188).
type CryptoSuite string

// Values are the texts of the protocol.
func (CryptoSuite) Values() []string {
	return []string{"AES_128_CM_HMAC_SHA1_32", "AES_128_CM_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_32", "AES_256_CM_HMAC_SHA1_80"}
}

// OnKeySoftLimit: the SRTP key of one kind of media has served for so long that it should be changed.
type OnKeySoftLimit struct {
	pipeline.Media
	MediaType pipeline.MediaType `kurento:"mediaType"`
}
