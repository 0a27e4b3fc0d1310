package recorder_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/elements/access"
	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/recorder"
	"github.com/rivero-media/rivero/internal/fftest"
	"github.com/rivero-media/rivero/pipeline/media"
)

// record records a moment to a URI and returns the events afterwards.
func record(t *testing.T, uri string, settings recorder.Settings) *elementtest.Events {
	t.Helper()
	s := elementtest.Server(t, nil, recorder.Class(func() recorder.Settings { return settings }))
	p := elementtest.Pipeline(t, s)
	r := elementtest.Create(t, s, "RecorderEndpoint", elementtest.In(p, "uri", uri))
	events := elementtest.Listen(t, r, "Recording", "Stopped", "Error")
	source := elementtest.Create(t, s, "TestSource", elementtest.In(p, "frames", true))
	elementtest.Connect(t, source, r)
	elementtest.Must(t, r, "record", nil)
	events.Await(t, "Recording")
	elementtest.Must(t, r, "stopAndWait", nil)
	events.Await(t, "Stopped")
	return events
}

// playable tells whether data is a recording with pictures.
func playable(t *testing.T, data []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "got.webm")
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	if frames := tracks(t, path); len(frames) != 2 || frames[media.Video] == 0 {
		t.Errorf("%d bytes with frames %v", len(data), frames)
	}
}

func TestRecordsToAWebServer(t *testing.T) {
	var mu sync.Mutex
	var got []byte
	var about string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		user, password, _ := r.BasicAuth()
		mu.Lock()
		defer mu.Unlock()
		got, about = data, fmt.Sprintf("%s %s %s %s:%s %v", r.Method, r.URL.Path, r.Header.Get("Content-Type"), user, password, err)
	}))
	defer server.Close()
	uri := strings.Replace(server.URL, "http://", "http://me:s%20cret@", 1) + "/a/b.webm"
	for method, want := range map[string]string{"": "POST", "PUT": "PUT"} {
		events := record(t, uri, recorder.Settings{Uploads: recorder.Uploads{Method: method}})
		if types := events.Types(); len(types) != 0 {
			t.Errorf("events %v", types)
		}
		mu.Lock()
		if about != want+" /a/b.webm video/webm me:s cret <nil>" {
			t.Error(about)
		}
		playable(t, got)
		mu.Unlock()
	}
}

// What is in an object store has its duration in front, which was known last, and its index behind.
func TestRecordsToAnObjectStore(t *testing.T) {
	fftest.Need(t)
	store := s3mem.New()
	if err := store.CreateBucket("recordings"); err != nil {
		t.Fatal(err)
	}
	service := httptest.NewServer(gofakes3.New(store).Server())
	defer service.Close()
	events := record(t, "s3://recordings/a.webm", recorder.Settings{Uploads: recorder.Uploads{
		S3Endpoint: service.URL, S3Region: "us-east-1", S3AccessKey: "k", S3SecretKey: "s3cret",
	}})
	if types := events.Types(); len(types) != 0 {
		t.Errorf("events %v", types)
	}
	object, err := store.GetObject("recordings", "a.webm", nil)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(object.Contents)
	if err != nil {
		t.Fatal(err)
	}
	playable(t, data)
	path := fftest.File(t, "a.webm", data)
	if d := fftest.Inspect(t, path).Duration; d <= 0 {
		t.Errorf("duration %v", d)
	}
	if cues := []byte{0x1c, 0x53, 0xbb, 0x6b}; !bytes.Contains(data[len(data)/2:], cues) { // RFC 9559 §5.1.5
		t.Error("there is no index")
	}
}

// An object store that cannot be reached holds nothing up, and is told.
func TestRecordsToAnObjectStoreThatIsNotThere(t *testing.T) {
	events := record(t, "s3://recordings/a.webm", recorder.Settings{Uploads: recorder.Uploads{
		S3Endpoint: "http://127.0.0.1:1", S3Region: "r", S3AccessKey: "k", S3SecretKey: "s3cret",
	}})
	e := events.Await(t, "Error")
	if e["type"] != "RESOURCE_ERROR_WRITE" || !strings.Contains(fmt.Sprint(e["description"]), "refused") || strings.Contains(fmt.Sprint(e), "s3cret") {
		t.Errorf("error %v", e)
	}
}

// Nothing is opened that the configuration denies.
func TestDeniedTargets(t *testing.T) {
	policy := access.New(access.Rules{
		Roots: []string{t.TempDir()}, Denied: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Schemes: []string{"file", "http"},
	}, zerolog.Nop())
	outside := filepath.Join(t.TempDir(), "a.webm")
	for uri, why := range map[string]string{
		"file://" + outside: "allowedRoots", "http://127.0.0.1:1/a.webm": "deniedNetworks", "s3://bucket/key": "allowedSchemes",
	} {
		s := elementtest.Server(t, nil, recorder.Class(func() recorder.Settings { return recorder.Settings{Access: policy} }))
		p := elementtest.Pipeline(t, s)
		r := elementtest.Create(t, s, "RecorderEndpoint", elementtest.In(p, "uri", uri))
		events := elementtest.Listen(t, r, "Error")
		elementtest.Connect(t, elementtest.Create(t, s, "TestSource", elementtest.In(p, "frames", true)), r)
		elementtest.Must(t, r, "record", nil)
		if e := events.Await(t, "Error"); !strings.Contains(fmt.Sprint(e["description"]), why) {
			t.Errorf("%s: %v", uri, e)
		}
	}
	if _, err := os.Stat(outside); !os.IsNotExist(err) {
		t.Error("a file was made")
	}
}
