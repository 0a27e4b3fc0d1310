package rtp

import (
	"fmt"

	pionsrtp "github.com/pion/srtp/v3"

	"github.com/rivero-media/rivero/elements/sdp"
	"github.com/rivero-media/rivero/elements/webrtc/transport/srtp"
)

// protection are SRTP's profiles by their names in SDP.
var protection = map[sdp.Suite]srtp.Profile{
	sdp.AES128SHA1_80: srtp.AES128CMSHA1_80, sdp.AES128SHA1_32: srtp.AES128CMSHA1_32,
	sdp.AES256SHA1_80: srtp.AES256CMSHA1_80, sdp.AES256SHA1_32: srtp.AES256CMSHA1_32,
}

// rtcpReplayWindow is in packets.
const rtcpReplayWindow = 64

// softLimit is how many packets a key serves before it should be changed: so many that there is time left for it.
const softLimit = srtp.MaxPackets - 1<<16

// sealer protects what is sent. RTP is our own; RTCP is rare enough for Pion's contexts.
type sealer struct {
	rtp  *srtp.Sender
	rtcp *pionsrtp.Context
}

func newSealer(c sdp.Crypto) (*sealer, error) {
	profile, key, salt := master(c)
	rtp, err := srtp.NewSender(profile, key, salt)
	if err != nil {
		return nil, err
	}
	rtcp, err := pionsrtp.CreateContext(key, salt, pionsrtp.ProtectionProfile(profile))
	if err != nil {
		return nil, fmt.Errorf("srtcp: %w", err)
	}
	return &sealer{rtp, rtcp}, nil
}

// opener opens what the peer protected.
type opener struct {
	crypto sdp.Crypto
	rtp    *srtp.Receiver
	rtcp   *pionsrtp.Context
	limit  uint64 // packets after which the key should be changed
}

func newOpener(c sdp.Crypto) (*opener, error) {
	profile, key, salt := master(c)
	rtp, err := srtp.NewReceiver(profile, key, salt)
	if err != nil {
		return nil, err
	}
	rtcp, err := pionsrtp.CreateContext(key, salt, pionsrtp.ProtectionProfile(profile), pionsrtp.SRTCPReplayProtection(rtcpReplayWindow))
	if err != nil {
		return nil, fmt.Errorf("srtcp: %w", err)
	}
	o := &opener{crypto: c, rtp: rtp, rtcp: rtcp, limit: softLimit}
	if c.Lifetime > 0 {
		o.limit = min(o.limit, c.Lifetime)
	}
	return o, nil
}

func master(c sdp.Crypto) (p srtp.Profile, key, salt []byte) {
	n := min(c.Suite.KeyLen(), len(c.Key))
	return protection[c.Suite], []byte(c.Key[:n]), []byte(c.Key[n:])
}
