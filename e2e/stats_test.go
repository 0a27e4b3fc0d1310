//go:build e2e

package e2e

import (
	"slices"
	"strconv"
	"testing"
)

// The endpoint's statistics are those of the browser, seen from the other side.
func TestStatistics(t *testing.T) {
	eachClient(t, func(t *testing.T, version string) {
		s := startServer(t)
		type ofBrowser struct {
			SSRC                         uint32
			PacketsSent, PacketsReceived int64
			BytesSent, BytesReceived     int64
		}
		type moment struct{ AudioIn, AudioOut, VideoIn, VideoOut ofBrowser }
		var result struct {
			Early         map[string]any
			Before, After moment
			Server        []struct {
				Type, SSRC                   string
				PacketsSent, PacketsReceived int64
				BytesSent, BytesReceived     int64
				Jitter, RoundTripTime        float64
				PacketsLost                  int64
			}
			OfVideo []string
		}
		scenario(t, version, "stats.js", map[string]any{"ws": s.url()}, &result)
		if len(result.Early) > 0 {
			t.Errorf("statistics before there is a connection: %v", result.Early)
		}
		if slices.Sort(result.OfVideo); !slices.Equal(result.OfVideo, []string{"inboundrtp", "outboundrtp"}) {
			t.Errorf("statistics of video alone: %v", result.OfVideo)
		}
		const slack = 20 // packets on their way
		probes := map[string]int64{"video": 100}
		found := 0
		for _, st := range result.Server {
			for kind, b := range map[string]struct{ inBefore, inAfter, outBefore, outAfter ofBrowser }{
				"audio": {result.Before.AudioIn, result.After.AudioIn, result.Before.AudioOut, result.After.AudioOut},
				"video": {result.Before.VideoIn, result.After.VideoIn, result.Before.VideoOut, result.After.VideoOut},
			} {
				// What the server has received lies between what the browser had sent before and after it was asked, and
				// what it has sent is at least what had arrived. The browser counts its probes, short packets on the SSRC of
				// retransmissions, as sent; they are no part of the stream.
				switch st.SSRC {
				case strconv.Itoa(int(b.outBefore.SSRC)):
					found++
					if st.Type != "inboundrtp" || st.PacketsReceived < b.outBefore.PacketsSent-slack-probes[kind] || st.PacketsReceived > b.outAfter.PacketsSent ||
						st.BytesReceived < b.outBefore.BytesSent*8/10 || st.BytesReceived > b.outAfter.BytesSent {
						t.Errorf("%s received: %+v; sent by the browser: %+v, then %+v", kind, st, b.outBefore, b.outAfter)
					}
					if st.PacketsLost != 0 || st.Jitter <= 0 || st.Jitter > 0.2 {
						t.Errorf("%s received: %+v", kind, st)
					}
				case strconv.Itoa(int(b.inBefore.SSRC)):
					found++
					if st.Type != "outboundrtp" || st.PacketsSent < b.inBefore.PacketsReceived || st.PacketsSent > b.inAfter.PacketsReceived+slack ||
						st.BytesSent < b.inBefore.BytesReceived {
						t.Errorf("%s sent: %+v; received by the browser: %+v, then %+v", kind, st, b.inBefore, b.inAfter)
					}
				}
			}
		}
		if found != 4 {
			t.Errorf("%d of 4 streams are known by their SSRC: %+v; browser %+v", found, result.Server, result.After)
		}
	})
}
