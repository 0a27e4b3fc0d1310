//go:build e2e

package e2e

import (
	"debug/buildinfo"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// `make release` makes an archive for each system, with the server, its licences and its configuration, and tells what it is made of.
func TestReleaseArchives(t *testing.T) {
	const version = "1.2.3"
	dist := t.TempDir()
	makeTarget(t, "release", "VERSION="+version, "DIST="+dist)
	t.Chdir(dist)

	for _, target := range []struct{ name, os, arch string }{
		{"linux-amd64", "linux", "amd64"},
		{"linux-arm64", "linux", "arm64"},
		{"linux-armv7", "linux", "arm"},
		{"darwin-amd64", "darwin", "amd64"},
		{"darwin-arm64", "darwin", "arm64"},
		{"windows-amd64", "windows", "amd64"},
	} {
		folder := "rivero-" + version + "-" + target.name
		output(t, "tar", "-xf", folder+".tar.gz")
		program := filepath.Join(folder, "rivero")
		if target.os == "windows" {
			program += ".exe"
		}
		info, err := buildinfo.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		built := map[string]string{}
		for _, s := range info.Settings {
			built[s.Key] = s.Value
		}
		if built["GOOS"] != target.os || built["GOARCH"] != target.arch || built["CGO_ENABLED"] != "0" || built["-trimpath"] != "true" {
			t.Errorf("%s is built with %v", program, built)
		}
		for _, file := range []string{"LICENSE", "NOTICE", "README.md", "etc/kurento/kurento.conf.json"} {
			if _, err := os.Stat(filepath.Join(folder, file)); err != nil {
				t.Error(err)
			}
		}
		size, err := os.Stat(folder + ".tar.gz")
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s.tar.gz: %.1f MB", folder, float64(size.Size())/1e6)
	}
	sums := output(t, "sha256sum", "--check", "SHA256SUMS")
	if n := strings.Count(sums, ": OK"); n != 7 {
		t.Errorf("SHA256SUMS names %d files:\n%s", n, sums)
	}
	checkSBOM(t, "rivero-"+version+".cdx.json")
}

// checkSBOM reads a list of what the server is made of: the modules that it links, each with its version, and none of the load tester's.
func checkSBOM(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var sbom struct {
		BOMFormat  string
		Components []struct{ Name, Version string }
	}
	if err := json.Unmarshal(text, &sbom); err != nil {
		t.Fatal(err)
	}
	versions := map[string]string{}
	for _, c := range sbom.Components {
		versions[c.Name] = c.Version
	}
	t.Logf("%d components", len(versions))
	if sbom.BOMFormat != "CycloneDX" || versions["github.com/pion/ice/v4"] == "" || versions["github.com/pion/webrtc/v3"] != "" {
		t.Errorf("%s with %v", sbom.BOMFormat, versions)
	}
}
