//go:build e2e

package e2e

import (
	"os"
	"strings"
	"testing"
)

// A visitor opens the page that the server names and clicks through the three demos.
func TestPlayground(t *testing.T) {
	s := startServer(t)
	type demo struct {
		Size   []int
		States map[string]string
		Error  string
	}
	var seen struct {
		Server                 string
		Loopback, Record, Play demo
		URI, NextURI, PlayURI  string
		WrongURI               string
		Found                  []string // classes of the messages that the search for EndOfStream left
		Count                  string
	}
	runNode(t, &seen, "browser/playground.js", encode(t, map[string]any{
		"chromium": env.chromium, "url": s.page(), "screenshots": artifacts(),
	}))
	file := strings.TrimPrefix(seen.URI, "file://")
	t.Cleanup(func() { _ = os.Remove(file) })

	if !strings.HasPrefix(seen.Server, "KMS ") || !strings.Contains(seen.Server, "elements") {
		t.Errorf("server line %q", seen.Server)
	}
	for name, d := range map[string]demo{"loopback": seen.Loopback, "record": seen.Record, "play": seen.Play} {
		if d.Error != "" {
			t.Errorf("%s: %s", name, d.Error)
		}
		for _, state := range []string{"DTLS", "Connection"} {
			if d.States[state] != "CONNECTED" {
				t.Errorf("%s: %s is %q", name, state, d.States[state])
			}
		}
	}
	for name, d := range map[string]demo{"loopback": seen.Loopback, "play": seen.Play} {
		if len(d.Size) != 2 || d.Size[0] == 0 || d.Size[1] == 0 {
			t.Errorf("%s: picture %v", name, d.Size)
		}
	}
	if seen.Record.States["Last event"] != "Stopped" || seen.Record.States["Recorder"] != "STOP" {
		t.Errorf("record: %v", seen.Record.States)
	}
	if info, err := os.Stat(file); err != nil || info.Size() == 0 {
		t.Errorf("recording %q: %v", seen.URI, err)
	}
	if seen.PlayURI != seen.URI || seen.NextURI == seen.URI {
		t.Errorf("recorded %q, offers to play %q and to record %q", seen.URI, seen.PlayURI, seen.NextURI)
	}
	if !strings.Contains(seen.WrongURI, "PlayerEndpoint") {
		t.Errorf("playing a file that does not exist shows %q", seen.WrongURI)
	}
	// the subscription, its answer's request and the event itself
	if len(seen.Found) < 2 || !strings.Contains(strings.Join(seen.Found, " "), "event") {
		t.Errorf("searching EndOfStream finds %v (%s)", seen.Found, seen.Count)
	}
}
