//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Pages of another site send to an element by its name and receive from it, without a Kurento client.
func TestWHIPAndWHEP(t *testing.T) {
	eachBrowser(t, func(t *testing.T, browser, executable string) {
		s := newServer(t, freePort(t))
		const token = "a-token-of-the-test"
		main := s.writeConfig()
		writeFile(t, main, fmt.Sprintf(`{"mediaServer": {"net": {"websocket": {"port": %d, "path": "kurento"}},
			"streams": {"access": "token", "token": %q}}}`, s.port, token))
		s.start("-f", main)
		eventually(t, startTimeout, "the server's first pong", s.pongs)
		c := s.dial(t)
		pipeline := c.create("MediaPipeline", nil)
		stage := c.create("PassThrough", object{"mediaPipeline": pipeline})
		c.invoke(stage, "setName", object{"name": "stage"})
		var result struct {
			Width, Refused int
			Patched, Ended []int
		}
		scenarioIn(t, browser, executable, clients[0], "whip.js", map[string]any{"base": s.page(), "token": token, "name": "stage"}, &result)
		if result.Width != 320 || result.Refused != 401 || !slices.Equal(result.Ended, []int{200, 200}) || !slices.Equal(result.Patched, []int{204, 200}) {
			t.Errorf("%+v", result)
		}
		eventually(t, answerTimeout, "the end of both endpoints", func() bool {
			return strings.Count(s.log.String(), `"message":"session ends"`) == 2
		})
		if strings.Contains(s.log.String(), token) {
			t.Error("the token is in the log")
		}
	})
}
