package conf

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestChanges(t *testing.T) {
	dir := files{
		mainFile:   `{"mediaServer": {"metadata": {"a": 1}}}`,
		webRtcFile: "turnURL=user:hush@192.0.2.1\nudpMuxPort=5000\n",
	}.write(t)
	before := mustLoad(t, dir, nil)
	if changes := Changes(before, mustLoad(t, dir, nil)); len(changes) != 0 {
		t.Errorf("nothing has changed: %v", changes)
	}
	for name, text := range map[string]string{
		mainFile:   `{"mediaServer": {"metadata": {"a": 2}}}`,
		webRtcFile: "turnURL=user:louder@192.0.2.1\nudpMuxPort=5001\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, c := range Changes(before, mustLoad(t, dir, nil)) {
		got = append(got, fmt.Sprintf("%s %s -> %s live %v", c.Name, c.Before, c.Value, c.Live))
	}
	const turn = "user:***@192.0.2.1:3478?transport=udp"
	want := []string{ // a new password is a change, and is not shown
		`mediaServer.metadata {"a":1} -> {"a":2} live true`,
		"modules.kurento.WebRtcEndpoint.turnURL " + turn + " -> " + turn + " live true",
		"modules.kurento.WebRtcEndpoint.udpMuxPort 5000 -> 5001 live false",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
