//go:build e2e

package e2e

import (
	"slices"
	"strings"
	"testing"
)

// refusal is an error as a JavaScript program sees it.
type refusal struct {
	Code    int
	Message string
	Type    string
}

// A Node program creates, invokes, subscribes, commits a transaction, releases, and meets errors.
func TestNodeClient(t *testing.T) {
	eachClient(t, func(t *testing.T, version string) {
		s := startServer(t)
		var seen struct {
			Info struct {
				Type, Version string
				Modules       []string
			}
			Name      string
			IDs       struct{ Pipeline, First, Second string }
			Bandwidth int
			Children  []string
			Offer     string
			Connected []string
			Sinks     []string

			Transaction                           struct{ Pipeline, Child, Name string }
			UnknownObject, BadOffer, AfterRelease refusal
			Created, Destroyed                    []string
		}
		runNode(t, &seen, "--require", "./node/no-domain.js", "node/api.js", version, s.url())

		if seen.Info.Type != "KMS" || seen.Info.Version == "" {
			t.Errorf("server info %+v", seen.Info)
		}
		for _, module := range []string{"core", "elements", "filters"} {
			if !slices.Contains(seen.Info.Modules, module) {
				t.Errorf("modules %v lack %s", seen.Info.Modules, module)
			}
		}
		if seen.Name != "pipeline of the test" || seen.Bandwidth != 1234 {
			t.Errorf("properties came back as %q, %d", seen.Name, seen.Bandwidth)
		}
		ids := seen.IDs
		if !strings.HasSuffix(ids.Pipeline, "_kurento.MediaPipeline") ||
			!strings.HasPrefix(ids.First, ids.Pipeline+"/") || !strings.HasSuffix(ids.First, "_kurento.WebRtcEndpoint") {
			t.Errorf("ids %+v", ids)
		}
		children := []string{ids.First, ids.Second}
		slices.Sort(children)
		if !slices.Equal(seen.Children, children) {
			t.Errorf("children %v, want %v", seen.Children, children)
		}
		if !strings.HasPrefix(seen.Offer, "v=0") || !strings.Contains(seen.Offer, "m=audio") || !strings.Contains(seen.Offer, "m=video") {
			t.Errorf("offer:\n%s", seen.Offer)
		}
		kinds := []string{"AUDIO " + ids.Second, "DATA " + ids.Second, "VIDEO " + ids.Second}
		slices.Sort(seen.Connected)
		if !slices.Equal(seen.Connected, kinds) || !slices.Equal(seen.Sinks, []string{"AUDIO", "DATA", "VIDEO"}) {
			t.Errorf("connected %v, sinks %v", seen.Connected, seen.Sinks)
		}
		if tx := seen.Transaction; !strings.HasPrefix(tx.Child, tx.Pipeline+"/") || tx.Name != "made in one go" {
			t.Errorf("transaction %+v", tx)
		}

		for what, r := range map[string]struct {
			got  refusal
			want refusal
		}{
			"unknown object":       {seen.UnknownObject, refusal{40101, "Object 'no-such-object' not found", "MEDIA_OBJECT_NOT_FOUND"}},
			"object of the past":   {seen.AfterRelease, refusal{40101, "Object '" + ids.First + "' not found", "MEDIA_OBJECT_NOT_FOUND"}},
			"offer that is no SDP": {seen.BadOffer, refusal{40201, "", "SDP_PARSE_ERROR"}},
		} {
			if r.got.Code != r.want.Code || !strings.Contains(r.got.Message, r.want.Message) || r.got.Type != r.want.Type {
				t.Errorf("%s: %+v, want %+v", what, r.got, r.want)
			}
		}
		for _, id := range []string{ids.Pipeline, ids.First, ids.Second} {
			if !slices.Contains(seen.Created, id) || !slices.Contains(seen.Destroyed, id) {
				t.Errorf("%s: ObjectCreated %t, ObjectDestroyed %t", id, slices.Contains(seen.Created, id), slices.Contains(seen.Destroyed, id))
			}
		}
	})
}
