package whip

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/elements/elementtest"
	"github.com/rivero-media/rivero/elements/endpoint"
	"github.com/rivero-media/rivero/elements/named"
	"github.com/rivero-media/rivero/pipeline"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// double stands for a WebRtcEndpoint: it answers an offer with itself, and says what a test wants.
type double struct {
	pipeline.MediaElement
	mu         sync.Mutex
	offers     int
	candidates []string
}

// IceCandidate is that of the real endpoint.
type IceCandidate struct {
	Candidate     string `kurento:"candidate"`
	SdpMid        string `kurento:"sdpMid"`
	SdpMLineIndex int    `kurento:"sdpMLineIndex"`
}

var living atomic.Int32 // doubles

func (d *double) Close() {
	living.Add(-1)
	d.MediaElement.Close()
}

var doubleClass = &pipeline.Class{
	Name: "WebRtcEndpoint", Module: "elements", Parent: endpoint.BaseRtpClass,
	New: pipeline.New(func(_ context.Context, c pipeline.Creation, p struct {
		MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
	}) (pipeline.Object, error) {
		d := &double{}
		living.Add(1)
		d.Setup(c, d, p.MediaPipeline, p.MediaPipeline)
		return d, nil
	}),
	Methods: pipeline.Methods(
		pipeline.Op("processOffer", func(_ context.Context, d *double, p struct {
			Offer string `kurento:"offer"`
		}) (string, error) {
			d.mu.Lock()
			d.offers++
			again := d.offers > 1
			d.mu.Unlock()
			if again { // the real one gathers by itself
				defer d.Emit(GatheringDone{})
			}
			if !strings.HasPrefix(p.Offer, "v=0") {
				return "", pipeline.Errorf(pipeline.SdpParseError, "Invalid SDP")
			}
			return "", nil
		}),
		pipeline.Do("addIceCandidate", func(_ context.Context, d *double, p struct {
			Candidate IceCandidate `kurento:"candidate"`
		}) error {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.candidates = append(d.candidates, fmt.Sprintf("%s %d %s", p.Candidate.SdpMid, p.Candidate.SdpMLineIndex, p.Candidate.Candidate))
			return nil
		}),
		pipeline.Do("gatherCandidates", func(_ context.Context, d *double, _ pipeline.None) error {
			d.Emit(GatheringDone{})
			return nil
		}),
		pipeline.Op("getLocalSessionDescriptor", func(_ context.Context, d *double, _ pipeline.None) (string, error) {
			d.mu.Lock()
			defer d.mu.Unlock()
			return fmt.Sprintf(answerText, d.offers), nil
		}),
	),
	Events: []pipeline.EventType{pipeline.Raises[GatheringDone]("IceGatheringDone")},
}

// answerText is the answer to the n-th offer.
const answerText = "v=0\r\nm=audio 9 X 0\r\na=mid:0\r\na=ice-ufrag:u%d\r\na=ice-pwd:p\r\na=candidate:1\r\nm=video 9 X 0\r\na=mid:1\r\na=candidate:1\r\n"

// GatheringDone is known by the name of the real event too.
type GatheringDone struct{ pipeline.Media }

// rig is a server with a pipeline, in which an element has the name "stage".
type rig struct {
	t       *testing.T
	objects *pipeline.Server
	p       *pipeline.MediaPipeline
	stage   *elementtest.Sink
	handler *Handler
	web     *httptest.Server
}

func newRig(t *testing.T, s named.Settings) *rig {
	t.Helper()
	r := &rig{t: t, objects: elementtest.Server(t, nil, doubleClass)}
	r.p = elementtest.Pipeline(t, r.objects)
	r.stage = elementtest.Create(t, r.objects, "TestSink", elementtest.In(r.p)).(*elementtest.Sink)
	elementtest.Must(t, r.stage, "setName", map[string]any{"name": "the stage"})
	r.handler = New(r.objects, s, zerolog.Nop())
	t.Cleanup(r.handler.Close)
	r.web = httptest.NewServer(r.handler)
	t.Cleanup(r.web.Close)
	return r
}

func (r *rig) do(method, path, body string, header ...string) (*http.Response, string) {
	r.t.Helper()
	req, err := http.NewRequest(method, r.web.URL+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/sdp")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	answer.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	return answer, string(text)
}

func TestSessions(t *testing.T) {
	r := newRig(t, named.Settings{Access: named.AccessLoopback})
	answer, text := r.do("POST", "/whip/the%20stage", "v=0")
	at := answer.Header.Get("Location")
	if answer.StatusCode != http.StatusCreated || text != fmt.Sprintf(answerText, 1) || answer.Header.Get("Content-Type") != "application/sdp" ||
		!strings.HasPrefix(at, "/whip/the%20stage/") {
		t.Fatalf("%v %q %v", answer.Status, text, answer.Header)
	}
	if fed := elementtest.Must(t, r.stage, "getSourceConnections", nil); !strings.Contains(fed, "WebRtcEndpoint") {
		t.Errorf("the stage is fed by %s", fed)
	}
	if answer, text := r.do("POST", "/whip/the%20stage", "v=0"); answer.StatusCode != http.StatusConflict {
		t.Errorf("a second one who sends: %v %s", answer.Status, text)
	}
	if fed := elementtest.Must(t, r.stage, "getSourceConnections", nil); !strings.Contains(fed, "WebRtcEndpoint") {
		t.Errorf("after that the stage is fed by %s", fed)
	}
	for range 2 {
		if answer, text := r.do("POST", "/whep/the%20stage", "v=0"); answer.StatusCode != http.StatusCreated {
			t.Errorf("one who receives: %v %s", answer.Status, text)
		}
	}
	if n := living.Load(); n != 3 {
		t.Errorf("%d endpoints, want 3", n)
	}
	for _, wrong := range []string{at + "x", strings.Replace(at, "whip", "whep", 1), strings.Replace(at, "stage", "other", 1)} {
		if answer, _ := r.do("DELETE", wrong, ""); answer.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %v", wrong, answer.Status)
		}
	}
	if answer, _ := r.do("DELETE", at, ""); answer.StatusCode != http.StatusOK {
		t.Errorf("its end: %v", answer.Status)
	}
	elementtest.Eventually(t, "the end of one", func() bool { return living.Load() == 2 })
	r.handler.Close()
	if n := living.Load(); n != 0 {
		t.Errorf("%d endpoints after Close", n)
	}
	if answer, _ := r.do("POST", "/whep/the%20stage", "v=0"); answer.StatusCode != http.StatusServiceUnavailable || living.Load() != 0 {
		t.Errorf("after Close: %v", answer.Status)
	}
}

func TestRefusals(t *testing.T) {
	r := newRig(t, named.Settings{Access: named.AccessLoopback})
	other := elementtest.Create(t, r.objects, "TestSink", elementtest.In(r.p))
	twin := elementtest.Create(t, r.objects, "TestSink", elementtest.In(r.p))
	for _, o := range []pipeline.Object{other, twin} {
		elementtest.Must(t, o, "setName", map[string]any{"name": "twin"})
	}
	for _, test := range []struct {
		name, method, path, body string
		header                   []string
		want                     int
	}{
		{"nobody has the name", "POST", "/whip/nobody", "v=0", nil, 404},
		{"two have it", "POST", "/whip/twin", "v=0", nil, 409},
		{"another path", "POST", "/whip/a/b/c", "v=0", nil, 404},
		{"no name", "POST", "/whip/", "v=0", nil, 404},
		{"another type", "POST", "/whip/the%20stage", "v=0", []string{"Content-Type", "text/plain"}, 415},
		{"a large offer", "POST", "/whip/the%20stage", strings.Repeat("v", maxOffer+1), nil, 413},
		{"no SDP", "POST", "/whip/the%20stage", "hello", nil, 400},
		{"another method", "PUT", "/whip/the%20stage/x", "", nil, 405},
		{"no session", "PATCH", "/whip/the%20stage/x", "", nil, 404},
		{"a page of another site", "POST", "/whip/the%20stage", "v=0", []string{"Origin", "https://example.com"}, 403},
		{"another name for this machine", "POST", "/whip/the%20stage", "v=0", []string{"Host", "example.com"}, 403},
		{"a page of this machine", "POST", "/whep/the%20stage", "v=0", []string{"Origin", "http://localhost:8888"}, 201},
	} {
		if answer, text := r.do(test.method, test.path, test.body, test.header...); answer.StatusCode != test.want {
			t.Errorf("%s: %v %s, want %d", test.name, answer.Status, text, test.want)
		}
	}
	elementtest.Eventually(t, "one endpoint", func() bool { return living.Load() == 1 })
}

func TestAccess(t *testing.T) {
	r := newRig(t, named.Settings{})
	status := func(header ...string) int {
		answer, _ := r.do("POST", "/whep/the%20stage", "v=0", header...)
		return answer.StatusCode
	}
	if code := status(); code != 404 {
		t.Errorf("while it is off: %d", code)
	}
	r.handler.Configure(named.Settings{Access: named.AccessToken, Token: "s3cret"})
	for token, want := range map[string]int{"": 401, "Bearer ": 401, "Bearer s3cre": 401, "s3cret": 401, "Bearer s3cret": 201} {
		if code := status("Authorization", token, "Origin", "https://example.com"); code != want {
			t.Errorf("%q: %d, want %d", token, code, want)
		}
	}
	if answer, _ := r.do("OPTIONS", "/whep/the%20stage", ""); answer.StatusCode != 204 || answer.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("preflight: %v %v", answer.Status, answer.Header)
	}
	r.handler.Configure(named.Settings{Access: named.AccessToken})
	if code := status("Authorization", "Bearer "); code != 401 {
		t.Errorf("without a token: %d", code)
	}
}
