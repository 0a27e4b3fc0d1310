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
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rivero-media/rivero/conf"
)

// goldenScenarios are the recordings of a real server that are replayed. Two are not: h_player is h_player2 with a
// server whose pause is broken, and e5b is e5 with an encoder that is too slow to send anything.
var goldenScenarios = []string{
	"a1_connect_ping", "a2_no_session_errors", "a3_protocol_errors", "a4_malformed_json", "a5_create_errors",
	"a6_invoke_errors", "a7_release_ref_describe", "a8_subscribe", "a9_request_cache", "b_servermanager",
	"c_mediapipeline", "d_transaction_raw", "e1_webrtc_defaults", "e2_webrtc_process_offer", "e3_webrtc_sdp_variants",
	"e4_webrtc_generate_offer", "e5_webrtc_media_and_stats", "e6_datachannel",
	"e7_ice_failure_and_lost_peer", "f1_connect_disconnect", "f2_media_flow_events", "g_rtpendpoint",
	"g2_rtp_media_vp8_plain_and_sdes", "h_player2_patched_pause", "i_recorder", "j_hubs", "k_filters",
	"l1_reconnect_same_session", "l2_session_garbage_collection", "m_client_6.18.0", "m_client_7.3.0",
	"n1_request_ordering", "n2_raw_bytes", "z1_crash_connect_to_pipeline", "z2_crash_connect_to_hub",
	"z3_imageoverlay_missing_image", "z4_crash_imageoverlay_negative_width",
}

// TestGolden replays recordings and compares every answer and event. Identifiers, descriptions of sessions, candidates
// and paths are substituted, measured values compared by type. What the recorded client waited for by the clock is
// awaited by what comes of it. What differs has to be in testdata/golden_differences.txt, and everything in there has
// to differ. Requests that need what is not there yet are left out and counted.
func TestGolden(t *testing.T) {
	dir := sharedDir(t, "kurento/golden")
	media := sharedDir(t, "media")
	d := readDifferences(t, "testdata/golden_differences.txt")
	left := &tally{counts: map[string]int{}}
	t.Run("scenarios", func(t *testing.T) {
		for _, name := range goldenScenarios {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				lines := readGolden(t, filepath.Join(dir, name+".jsonl"))
				if name == "l2_session_garbage_collection" {
					synctest.Test(t, func(t *testing.T) {
						s, connect := startInMemory(t, Config{CollectorPeriod: 8 * time.Second}, testObjects(t))
						newReplay(t, s, func(string) *client { return connect() }, d, left).play(lines, true)
						s.Close() // within the bubble
					})
					left.replayed()
					return
				}
				// The recorded server knows one exchange only: what comes later is tested in elements/webrtc.
				objects := recordedClasses(t, func(c *conf.Config) { c.WebRtcEndpoint.StrictNegotiation = true })
				s := startServer(t, Config{CollectorPeriod: 240 * time.Second}, objects)
				connect := func(path string) *client {
					c := dialPath(t, s, path)
					return &client{t, c, pump(c)}
				}
				r := newReplay(t, s, connect, d, left)
				recordings := t.TempDir()
				text := filepath.Join(recordings, "text")
				if err := os.WriteFile(text, []byte("4711\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				r.paths = strings.NewReplacer("/srv/media", media, "/srv/recordings", recordings, "/srv/kms.pid", text)
				r.back = strings.NewReplacer(media, "/srv/media", recordings, "/srv/recordings")
				r.play(lines, false)
				left.replayed()
			})
		}
	})
	d.report(t)
	left.report(t)
}

// tally counts the requests that are left out, by what is missing for them.
type tally struct {
	mu        sync.Mutex
	counts    map[string]int
	scenarios int // replayed
}

func (l *tally) replayed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.scenarios++
}

func (l *tally) add(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts[what]++
}

func (l *tally) report(t *testing.T) {
	t.Helper()
	total := 0
	for _, what := range slices.Sorted(maps.Keys(l.counts)) {
		t.Logf("%s is not there: %d requests and events left out", what, l.counts[what])
		total += l.counts[what]
	}
	t.Logf("%d scenarios replayed, %d requests and events left out", l.scenarios, total)
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

	mu  sync.Mutex
	met map[string]int
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
		key := parts[0] + " | " + parts[1]
		if d.reasons[key] != "" {
			t.Fatalf("%s: %q is there twice", path, key)
		}
		d.reasons[key] = parts[2]
	}
	return d
}

// lists tells whether a difference is on the list.
func (d *differences) lists(class, field string) bool {
	_, ok := d.reasons[class+" | "+field]
	return ok
}

// accepts tells the same of a difference that was met.
func (d *differences) accepts(class, field string) bool {
	if !d.lists(class, field) {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.met[class+" | "+field]++
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
