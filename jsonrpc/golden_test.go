package jsonrpc

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// goldenScenarios are the recordings of a real server that are replayed: those about the protocol itself.
var goldenScenarios = []string{
	"a1_connect_ping", "a2_no_session_errors", "a3_protocol_errors", "a4_malformed_json", "a5_create_errors",
	"a6_invoke_errors", "a7_release_ref_describe", "a8_subscribe", "a9_request_cache", "b_servermanager",
	"c_mediapipeline", "d_transaction_raw", "f1_connect_disconnect", "l1_reconnect_same_session",
	"l2_session_garbage_collection", "n1_request_ordering", "n2_raw_bytes",
}

// TestGolden replays recordings and compares every answer and event. Identifiers are substituted, measured values
// compared by type. Events are awaited, each once and in any order, since the original sends them from several
// threads. What differs has to be in testdata/golden_differences.txt, and everything in there has to differ.
func TestGolden(t *testing.T) {
	dir := sharedDir(t, "kurento/golden")
	d := readDifferences(t, "testdata/golden_differences.txt")
	missing := map[string]int{} // requests left out, by class that is not there
	for _, name := range goldenScenarios {
		t.Run(name, func(t *testing.T) {
			lines := readGolden(t, filepath.Join(dir, name+".jsonl"))
			if name == "l2_session_garbage_collection" {
				synctest.Test(t, func(t *testing.T) {
					s, connect := startInMemory(t, Config{CollectorPeriod: 8 * time.Second}, testObjects(t))
					newReplay(t, s, func(string) *client { return connect() }, d, missing).play(lines, true)
					s.Close() // within the bubble
				})
				return
			}
			s := startServer(t, Config{CollectorPeriod: 240 * time.Second}, allClasses(t))
			connect := func(path string) *client {
				c := dialPath(t, s, path)
				return &client{t, c, pump(c)}
			}
			newReplay(t, s, connect, d, missing).play(lines, false)
		})
	}
	d.report(t)
	for _, class := range slices.Sorted(maps.Keys(missing)) {
		t.Logf("%s is not there: %d requests left out", class, missing[class])
	}
}

// goldenLine is one line of a recording.
type goldenLine struct {
	Time      int             `json:"t"` // ms
	Direction string          `json:"dir"`
	Message   json.RawMessage `json:"msg"`
	Raw       *string         `json:"raw"`
	Conn      int             `json:"conn"`
}

// text is the message as it was sent, or the remark.
func (l goldenLine) text() string {
	switch {
	case l.Raw != nil:
		return *l.Raw
	case l.Direction == "note":
		var note string
		if err := json.Unmarshal(l.Message, &note); err != nil {
			return ""
		}
		return note
	}
	return string(l.Message)
}

func readGolden(t *testing.T, path string) []goldenLine {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []goldenLine
	scanner := bufio.NewScanner(f)
	scanner.Buffer(nil, 16<<20)
	for scanner.Scan() {
		var l goldenLine
		if err := json.Unmarshal(scanner.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// differences are the accepted ones: one line for each, "class | field | reason".
type differences struct {
	path    string
	reasons map[string]string // by "class | field"
	met     map[string]int
}

func readDifferences(t *testing.T, path string) *differences {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d := &differences{path: path, reasons: map[string]string{}, met: map[string]int{}}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		parts := strings.SplitN(line, " | ", 3)
		if len(parts) != 3 || strings.Contains(parts[0]+parts[1], "*") {
			t.Fatalf("%s: bad line %q", path, line)
		}
		d.reasons[parts[0]+" | "+parts[1]] = parts[2]
	}
	return d
}

// accepts tells whether a difference is on the list.
func (d *differences) accepts(class, field string) bool {
	key := class + " | " + field
	if _, ok := d.reasons[key]; !ok {
		return false
	}
	d.met[key]++
	return true
}

func (d *differences) report(t *testing.T) {
	t.Helper()
	for _, key := range slices.Sorted(maps.Keys(d.reasons)) {
		if d.met[key] == 0 {
			t.Errorf("%s: %s does not differ", d.path, key)
		}
	}
	t.Logf("%d accepted differences", len(d.reasons))
}

// sharedDir is a folder of the reference data beside the repository. Without it the test is skipped, except in CI.
func sharedDir(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("go.mod not found")
		}
	}
	path := filepath.Join(dir, "..", "shared", name)
	if _, err := os.Stat(path); err != nil {
		message := fmt.Sprintf("reference data is missing: %v", err)
		if os.Getenv("CI") == "true" {
			t.Fatal(message)
		}
		t.Skip(message)
	}
	return path
}
