//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"testing"
)

// A page and the server each open a data channel; what the page says comes back through both.
func TestDataChannels(t *testing.T) {
	t.Parallel()
	eachClient(t, func(t *testing.T, version string) {
		for _, serverOffers := range []bool{false, true} {
			t.Run(fmt.Sprint("server offers: ", serverOffers), func(t *testing.T) {
				s := startServer(t)
				type channel struct {
					ID              int
					Label, Protocol string
					Ordered         bool
					Heard           []string
				}
				var result struct {
					Page, Server channel
					Events       []string
					Stats        []struct {
						Type, Label                    string
						DataChannelsOpened             int
						MessagesSent, MessagesReceived int
						State                          string
					}
				}
				scenario(t, version, "datachannel.js", map[string]any{"ws": s.url(), "serverOffers": serverOffers}, &result)

				// Even ids belong to the DTLS client (RFC 8832 §6), which is whoever answers.
				page, server := result.Page, result.Server
				if page.ID%2 == 0 != serverOffers || server.ID%2 == 0 == serverOffers {
					t.Errorf("the page's channel is %d, the server's %d", page.ID, server.ID)
				}
				if page.Protocol != "p" || !page.Ordered || server.Ordered {
					t.Errorf("channels %+v and %+v", page, server)
				}
				want := []string{"text héllo", "binary 60000", "text ", "binary 0", "text from there"}
				if !slices.Equal(page.Heard, want) {
					t.Errorf("the page's channel heard %q", page.Heard)
				}
				slices.Sort(want) // this one is not ordered
				if got := slices.Sorted(slices.Values(server.Heard)); !slices.Equal(got, want) {
					t.Errorf("the server's channel heard %q", got)
				}
				events := []string{
					fmt.Sprint("DataChannelClosed ", page.ID), fmt.Sprint("DataChannelClosed ", server.ID),
					fmt.Sprint("DataChannelOpened ", page.ID), fmt.Sprint("DataChannelOpened ", server.ID),
				}
				slices.Sort(events)
				if got := slices.Sorted(slices.Values(result.Events)); !slices.Equal(got, events) {
					t.Errorf("events %q", result.Events)
				}
				counted := 0
				for _, st := range result.Stats {
					switch {
					case st.Type == "session" && st.DataChannelsOpened == 2,
						st.Label == "page" && st.State == "open" && st.MessagesReceived == 4 && st.MessagesSent == 5,
						st.Label == "server" && st.State == "open" && st.MessagesReceived == 1 && st.MessagesSent == 5:
						counted++
					}
				}
				if counted != 3 || len(result.Stats) != 3 {
					t.Errorf("statistics %+v", result.Stats)
				}
			})
		}
	})
}
