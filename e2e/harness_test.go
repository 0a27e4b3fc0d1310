//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/rivero-media/rivero/web"
)

// clients are the published versions of kurento-client that must work unmodified.
var clients = []string{"7.3.0", "6.18.0"}

// env is what all tests share; TestMain fills it before the first test and nothing changes it afterwards.
var env struct {
	root     string // of the repository
	bin      string // folder of the built programs
	bundles  string // folder with one browser edition per client version
	chromium string
	firefox  string
}

func TestMain(m *testing.M) {
	os.Exit(func() int {
		temporary, err := os.MkdirTemp("", "rivero-e2e-")
		if err == nil {
			defer os.RemoveAll(temporary)
			err = prepare(temporary)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "e2e:", err)
			return 1
		}
		return m.Run()
	}())
}

// prepare builds the programs and the browser editions of the clients, once for all tests.
func prepare(temporary string) error {
	folder, err := os.Getwd()
	if err != nil {
		return err
	}
	env.root = filepath.Dir(folder)
	env.bin, env.bundles = filepath.Join(temporary, "bin"), filepath.Join(temporary, "bundles")

	for _, tool := range []string{"node", "ffmpeg", "ffprobe"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%w; `make deps` installs it on Debian", err)
		}
	}
	if env.chromium, err = findProgram("CHROMIUM", "chromium", "chromium-browser", "google-chrome"); err != nil {
		return err
	}
	if env.firefox, err = findProgram("FIREFOX", "firefox-esr", "firefox"); err != nil {
		return err
	}
	for _, folder := range []string{".", "clients/7.3.0", "clients/6.18.0"} {
		if _, err := os.Stat(filepath.Join(folder, "node_modules")); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("e2e/%s has no node_modules; `make deps` installs them", folder)
		}
	}

	for _, program := range []string{"rivero", "rivero-load"} {
		build := exec.Command("go", "build", "-o", filepath.Join(env.bin, program), "./cmd/"+program)
		build.Dir = env.root
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("building %s: %w\n%s", program, err, out)
		}
	}
	for _, version := range clients {
		if err := bundle(version, filepath.Join(env.bundles, version)); err != nil {
			return err
		}
	}
	return os.MkdirAll(artifacts(), 0o755)
}

// findProgram finds the first of some programs, or the one that a variable names.
func findProgram(variable string, names ...string) (string, error) {
	if path := os.Getenv(variable); path != "" {
		return path, nil
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no %s in PATH; `make deps` installs it on Debian, or name one in the variable %s", names[0], variable)
}

// bundle builds the browser edition of a client into the folder out.
func bundle(version, out string) error {
	cmd := exec.Command("node", "bundle.js", filepath.Join("clients", version), out)
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("bundling kurento-client %s: %w\n%s", version, err, output)
	}
	return nil
}

// artifacts is the folder for what people look at after a run.
func artifacts() string { return filepath.Join(env.root, "artifacts") }

// eachClient runs the test once per published client version.
func eachClient(t *testing.T, test func(t *testing.T, version string)) {
	for _, version := range clients {
		t.Run("kurento-client "+version, func(t *testing.T) { test(t, version) })
	}
}

// eachBrowser runs the test in both browsers.
func eachBrowser(t *testing.T, test func(t *testing.T, browser, executable string)) {
	t.Run("Chromium", func(t *testing.T) { test(t, "chromium", env.chromium) })
	t.Run("Firefox", func(t *testing.T) { test(t, "firefox", env.firefox) })
}

// scenario runs the module of pages/ in Chromium with the browser edition of a client, and decodes what it returns. more adds
// to what the page can ask for.
func scenario(t *testing.T, version, module string, params, result any, more ...func(*http.ServeMux)) {
	t.Helper()
	scenarioIn(t, "chromium", env.chromium, version, module, params, result, more...)
}

// scenarioIn is scenario in one of the browsers of browser/.
func scenarioIn(t *testing.T, browser, executable, version, module string, params, result any, more ...func(*http.ServeMux)) {
	t.Helper()
	runScenario(t, map[string]any{"browser": browser, "executable": executable}, version, module, params, result, more...)
}

// scenarioWith is scenario with more flags for Chromium.
func scenarioWith(t *testing.T, flags []string, module string, params, result any, more ...func(*http.ServeMux)) {
	t.Helper()
	browser := map[string]any{"browser": "chromium", "executable": env.chromium, "flags": flags}
	runScenario(t, browser, clients[0], module, params, result, more...)
}

func runScenario(t *testing.T, browser map[string]any, version, module string, params, result any, more ...func(*http.ServeMux)) {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/", web.Handler())
	mux.Handle("/pages/", http.StripPrefix("/pages/", http.FileServer(http.Dir("pages"))))
	mux.HandleFunc("/client.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join(env.bundles, version, "kurento-client.js"))
	})
	for _, handle := range more {
		handle(mux)
	}
	pages := httptest.NewServer(mux)
	t.Cleanup(pages.Close)

	maps.Copy(browser, map[string]any{
		"url":         pages.URL + "/pages/scenario.html?client=" + version,
		"module":      "/pages/" + module,
		"params":      params,
		"screenshots": artifacts(),
	})
	runNode(t, result, "browser/scenario.js", encode(t, browser))
}

// nodeTimeout ends a script that hangs; the slowest scenario takes half a minute on two cores.
const nodeTimeout = 2 * time.Minute

// runNode runs a script and decodes the JSON behind RESULT on its standard output.
func runNode(t *testing.T, result any, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), nodeTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("node %s: %v\n%s\n%s", args[0], err, stdout.String(), stderr.String())
	}
	_, answer, found := bytes.Cut(stdout.Bytes(), []byte("RESULT "))
	if !found {
		t.Fatalf("node %s printed no result:\n%s\n%s", args[0], stdout.String(), stderr.String())
	}
	if err := json.Unmarshal(answer, result); err != nil {
		t.Fatalf("node %s: %v in %s", args[0], err, answer)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("node %s said:\n%s", args[0], stderr.String())
		}
	})
}

func encode(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// eventually waits until condition holds.
func eventually(t *testing.T, timeout time.Duration, what string, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(timeout)
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline:
			_, file, line, _ := runtime.Caller(1)
			t.Fatalf("%s:%d: waited %v in vain for %s", filepath.Base(file), line, timeout, what)
		}
	}
}
