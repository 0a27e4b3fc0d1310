package sdp

import (
	"regexp"
	"slices"
	"strings"
)

// exception is a difference from Kurento that is meant. apply turns Kurento's
// text into ours and leaves alone what it does not concern.
type exception struct {
	name, reason string
	apply        func(d *text)
}

// exceptions are all of them. They are applied in this order.
var exceptions = []exception{
	{
		"no rtcp-mux",
		"the transport has one port: an RTP m-line that wants a second one for RTCP is refused, not promised",
		func(d *text) {
			for i := range d.media {
				m := &d.media[i]
				if m.rtp() && !m.refused() && m.ice() && !slices.Contains(m.lines, "a=rtcp-mux") && m.lines[0] != "a=setup:actpass" {
					m.refuse()
				}
			}
		},
	},
	{
		"no key, no m-line",
		"Kurento takes m-lines that want SRTP and have no key of its suite, and leaves its own key out: nobody could send",
		func(d *text) {
			for i := range d.media {
				m := &d.media[i]
				if strings.Contains(m.m, " RTP/SAVP") && !m.refused() && !m.ice() && !m.has("a=crypto:") {
					m.refuse()
				}
			}
		},
	},
	{
		"the key comes first",
		"Kurento's answers have it behind header extensions; the order of attributes has no meaning",
		func(d *text) {
			for i := range d.media {
				lines := d.media[i].lines
				if len(lines) > 1 && strings.HasPrefix(lines[0], "a=extmap:") && strings.HasPrefix(lines[1], "a=crypto:") {
					lines[0], lines[1] = lines[1], lines[0]
				}
			}
		},
	},
	{
		"refused m-lines are bare",
		"Kurento writes ssrc, ICE and DTLS lines, and even a=sendrecv, into some m-lines it refuses; they mean nothing there",
		func(d *text) {
			for i := range d.media {
				if m := &d.media[i]; m.refused() {
					m.refuse()
				}
			}
		},
	},
	{
		"the offerer's identity is not copied",
		"Kurento repeats every session attribute of the offer; the offerer's certificate and ICE options are not ours",
		func(d *text) {
			d.session = slices.DeleteFunc(d.session, func(l string) bool {
				return strings.HasPrefix(l, "a=fingerprint:") || strings.HasPrefix(l, "a=ice-")
			})
		},
	},
	{
		"the default candidate is UDP",
		"Kurento puts the port of a TCP candidate into m=, which no peer without ICE could use",
		func(d *text) {
			for i := range d.media {
				m := &d.media[i]
				udp := regexp.MustCompile(`a=candidate:1 1 UDP \d+ [\d.]+ (\d+) `).FindStringSubmatch(strings.Join(m.lines, "\n"))
				f := strings.Fields(m.m)
				if udp == nil || f[1] == "1" {
					continue
				}
				m.m = strings.Replace(m.m, " "+f[1]+" ", " "+udp[1]+" ", 1)
				for j, l := range m.lines {
					if rest, ok := strings.CutPrefix(l, "a=rtcp:"+f[1]+" "); ok {
						m.lines[j] = "a=rtcp:" + udp[1] + " " + rest
					}
				}
			}
		},
	},
}
