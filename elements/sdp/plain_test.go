package sdp

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// newPlainAgent is that of an RtpEndpoint, whose codecs are all that are configured.
func newPlainAgent(t testing.TB, suite string, ipv6 bool) *Agent {
	t.Helper()
	c := webrtcConfig()
	c.Profile, c.AudioCodecs, c.VideoCodecs, c.Address = RTP, configuredAudio, configuredVideo, "192.0.2.2"
	if ipv6 {
		c.Address = "fd00::2"
	}
	local := testLocal()
	local.Restart, local.Fingerprint = nil, Fingerprint{}
	local.Transport = func(i int) (Credentials, error) {
		return Credentials{Ports: Ports{uint16(4000 + 2*i), uint16(4001 + 2*i)}}, nil
	}
	if suite != "" {
		c.Profile = SDES
		local.Crypto.Suite = Suite(strings.Replace(suite, "AES_128_CM", "AES_CM_128", 1))
		local.Crypto.Key = strings.Repeat("k", local.Crypto.Suite.KeyLen()+SaltLen)
	}
	a, err := NewAgent(c, local)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

var (
	plainPort = regexp.MustCompile(`^(m=\w+ )\d+( RTP/\S+ .*)$`)
	plainRTCP = regexp.MustCompile(`^a=rtcp:\d+$`)
	plainKey  = regexp.MustCompile(`inline:\S+$`)
)

// cutPlain takes out of a line what is random in descriptions without ICE: the port of RTCP and keys.
func cutPlain(line string) string {
	if strings.HasPrefix(line, "a=crypto:") {
		return plainKey.ReplaceAllStringFunc(line, func(key string) string { return fmt.Sprintf("inline:%d", len(key)) })
	}
	return plainRTCP.ReplaceAllString(line, "a=rtcp:*")
}
