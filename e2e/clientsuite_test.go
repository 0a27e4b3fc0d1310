//go:build e2e

package e2e

import (
	"path/filepath"
	"strings"
	"testing"
)

// The suites of node/suite go through the published clients as the tests of a client library do: every class, property
// and event, links, transactions, lifetimes, the server manager, and connections that drop and come back. They assert for
// themselves; each of their tests is one here.
func TestClientSuites(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("node/suite/*.js")
	if err != nil {
		t.Fatal(err)
	}
	eachClient(t, func(t *testing.T, version string) {
		t.Parallel()
		s, own := startServer(t), newServer(t, freePort(t)) // the second is for the suites to start
		config := own.writeConfig()
		for _, script := range scripts {
			name := strings.TrimSuffix(filepath.Base(script), ".js")
			if name == "suite" { // what the others share
				continue
			}
			t.Run(name, func(t *testing.T) {
				var tests []struct{ Name, Error string }
				runNode(t, &tests, "--require", "./node/no-domain.js", script, version,
					s.url(), own.url(), filepath.Join(env.bin, "rivero"), config)
				if len(tests) == 0 {
					t.Fatal("no tests ran")
				}
				for _, test := range tests {
					t.Run(test.Name, func(t *testing.T) {
						if test.Error != "" {
							t.Error(test.Error)
						}
					})
				}
			})
		}
	})
}
