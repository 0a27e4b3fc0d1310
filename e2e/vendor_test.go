//go:build e2e

package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// The client embedded in the playground is the published one: built again, it is the same byte for byte.
func TestVendoredClientIsThePublishedOne(t *testing.T) {
	built, embedded := filepath.Join(env.bundles, "7.3.0"), filepath.Join(env.root, "web", "vendor")
	for _, name := range []string{"kurento-client.js", "kurento-client.LICENSES.txt", "kurento-client.VERSION"} {
		want, err := os.ReadFile(filepath.Join(built, name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(embedded, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("web/vendor/%s (%d bytes) differs from what npm and browserify make (%d bytes); `make vendor` writes it", name, len(got), len(want))
		}
	}
}
