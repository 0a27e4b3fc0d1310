package sdp

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestGolden replays conversations that were recorded with Kurento Media Server
// 7.3.1 and compares what our agent says with what the server said, line by
// line, after taking out what is random and applying the exceptions below.
func TestGolden(t *testing.T) {
	dir := goldenDir(t)
	used := make(map[string]bool)
	for _, name := range []string{
		"e1_webrtc_defaults", "e2_webrtc_process_offer", "e3_webrtc_sdp_variants", "e4_webrtc_generate_offer",
		"e5_webrtc_media_and_stats", "e5b_webrtc_default_codec_av1", "e6_datachannel", "e7_ice_failure_and_lost_peer",
		"g_rtpendpoint", "g2_rtp_media_vp8_plain_and_sdes",
	} {
		t.Run(name, func(t *testing.T) {
			r := replay{t: t, used: used, endpoints: make(map[string]*Agent), calls: make(map[string]message), raised: make(map[string][]IceCandidate)}
			r.run(filepath.Join(dir, name+".jsonl"))
			t.Logf("%d descriptions and %d errors compared", r.compared, r.errors)
			if r.compared == 0 {
				t.Error("nothing was compared")
			}
		})
	}
	for _, e := range exceptions {
		if !used[e.name] {
			t.Errorf("exception %q was never needed: remove it", e.name)
		}
	}
}

// text is a description cut into lines, without what is random.
type text struct {
	session []string
	media   []textMedia
}

type textMedia struct {
	m     string
	lines []string
}

func (m *textMedia) refused() bool { return strings.Fields(m.m)[1] == "0" }
func (m *textMedia) rtp() bool     { return !strings.HasPrefix(m.m, "m=application") }

func (m *textMedia) ice() bool { return m.has("a=ice-ufrag:") }

func (m *textMedia) has(prefix string) bool {
	return slices.ContainsFunc(m.lines, func(l string) bool { return strings.HasPrefix(l, prefix) })
}

func (m *textMedia) refuse() {
	f := strings.Fields(m.m)
	f[1] = "0"
	m.m = strings.Join(f, " ")
	lines := []string{"a=inactive"}
	for _, l := range m.lines {
		if strings.HasPrefix(l, "a=mid:") {
			lines = append(lines, l)
		}
	}
	m.lines = lines
}

// random is what differs from run to run in a description of the server's own.
var random = regexp.MustCompile(`^(o=- |a=ssrc:|a=ice-ufrag:|a=ice-pwd:|a=fingerprint:sha-256 ).*`)

func cut(t *testing.T, sdp string, own bool) *text {
	t.Helper()
	d := &text{}
	lines, ok := strings.CutSuffix(sdp, "\r\n")
	if !ok {
		t.Errorf("no CRLF at the end of %q", sdp)
	}
	sctpPort := regexp.MustCompile(`^a=sctp-port:\d+$`)
	for _, l := range strings.Split(lines, "\r\n") {
		if own {
			l = random.ReplaceAllString(l, "$1*")
			l = cutPlain(l)
			if len(d.media) > 0 && d.media[len(d.media)-1].lines != nil && d.media[len(d.media)-1].lines[0] == "a=setup:actpass" {
				l = sctpPort.ReplaceAllString(l, "a=sctp-port:*") // random in offers
			}
		}
		switch n := len(d.media); {
		case strings.HasPrefix(l, "m="):
			d.media = append(d.media, textMedia{m: l})
		case n > 0:
			d.media[n-1].lines = append(d.media[n-1].lines, l)
		default:
			d.session = append(d.session, l)
		}
	}
	for i := range d.media {
		if m := &d.media[i]; own && !m.refused() && !m.ice() {
			m.m = plainPort.ReplaceAllString(m.m, "$1*$2")
		}
	}
	return d
}

func (d *text) String() string {
	lines := slices.Clone(d.session)
	for _, m := range d.media {
		lines = append(append(lines, m.m), m.lines...)
	}
	return strings.Join(lines, "\n")
}

// message is what a transcript says of a request, a reply or an event.
type message struct {
	ID     json.RawMessage
	Method string
	Params struct {
		Type, Object, Operation string
		ConstructorParams       struct {
			Recvonly, Sendonly, UseDataChannels, UseIpv6 bool
			Crypto                                       struct{ Crypto, Key, KeyBase64 string }
		}
		OperationParams struct{ Offer, Answer, Candidate, Options json.RawMessage }
		Value           struct {
			Object, Type string
			Data         struct{ Candidate IceCandidate }
		}
	}
	Result struct{ Value json.RawMessage }
	Error  *struct {
		Code    int
		Message string
	}
}

type replay struct {
	t                *testing.T
	used             map[string]bool
	endpoints        map[string]*Agent
	calls            map[string]message
	raised           map[string][]IceCandidate
	compared, errors int
}

func (r *replay) run(file string) {
	f, err := os.Open(file)
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var l struct {
			Dir string
			Msg json.RawMessage
		}
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			r.t.Fatal(err)
		}
		var m message
		if l.Dir == "note" || json.Unmarshal(l.Msg, &m) != nil {
			continue // remarks, and requests whose parameters are broken on purpose
		}
		switch {
		case l.Dir == "out":
			r.calls[string(m.ID)] = m
		case m.Method == "onEvent":
			r.event(m)
		default:
			if call, ok := r.calls[string(m.ID)]; ok {
				r.reply(call, m)
			}
		}
	}
	if err := lines.Err(); err != nil {
		r.t.Fatal(err)
	}
}

// event gives our agent the candidates that the server found.
func (r *replay) event(m message) {
	v := m.Params.Value
	a := r.endpoints[v.Object]
	switch {
	case a == nil:
	case v.Type == "IceGatheringDone":
		a.EndLocalCandidates(0)
	case v.Type == "IceCandidateFound" && !slices.Contains(r.raised[v.Object], v.Data.Candidate):
		raised, err := a.AddLocalCandidate(0, v.Data.Candidate.Candidate)
		if err != nil || !slices.Contains(raised, v.Data.Candidate) {
			r.t.Errorf("candidate %+v is raised as %+v, %v", v.Data.Candidate, raised, err)
		}
		r.raised[v.Object] = append(r.raised[v.Object], raised...)
	}
}

// reply repeats a call that is ours to answer and compares.
func (r *replay) reply(call, want message) {
	p := call.Params
	if call.Method == "create" && p.Type == "WebRtcEndpoint" && want.Error == nil {
		r.endpoints[str(want.Result.Value)] = newTestAgent(r.t, func(c *Config) {
			c.DataChannels = p.ConstructorParams.UseDataChannels
			switch {
			case p.ConstructorParams.Sendonly:
				c.Direction = SendOnly
			case p.ConstructorParams.Recvonly:
				c.Direction = RecvOnly
			}
		})
		return
	}
	if call.Method == "create" && p.Type == "RtpEndpoint" && want.Error == nil {
		r.endpoints[str(want.Result.Value)] = newPlainAgent(r.t, p.ConstructorParams.Crypto.Crypto, p.ConstructorParams.UseIpv6)
		return
	}
	a := r.endpoints[p.Object]
	if a == nil || want.Error != nil && want.Error.Code == 40001 { // wrong types are refused before they come here
		return
	}
	var got string
	var err error
	switch p.Operation {
	case "generateOffer":
		o := DefaultOfferOptions()
		if json.Unmarshal(p.OperationParams.Options, &o) != nil && p.OperationParams.Options != nil {
			r.t.Fatalf("options %s", p.OperationParams.Options)
		}
		got, err = a.GenerateOffer(o)
	case "processOffer":
		got, err = a.ProcessOffer(str(p.OperationParams.Offer))
	case "processAnswer":
		if err = a.ProcessAnswer(str(p.OperationParams.Answer)); err == nil {
			got, err = a.LocalSDP()
		}
	case "getLocalSessionDescriptor":
		got, err = a.LocalSDP()
	case "getRemoteSessionDescriptor":
		got, err = a.RemoteSDP()
	case "addIceCandidate":
		var c IceCandidate
		if json.Unmarshal(p.OperationParams.Candidate, &c) == nil {
			_, _, err = a.AddRemoteCandidate(c)
		}
	default:
		return
	}
	name := fmt.Sprintf("%s (request %s)", p.Operation, call.ID)
	if want.Error != nil || err != nil {
		r.compareError(name, err, want)
		return
	}
	if got != "" {
		r.compare(name, got, str(want.Result.Value), p.Operation != "getRemoteSessionDescriptor")
	}
}

// str is a JSON string, or the text of whatever else it is, as Kurento reads it.
func str(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return string(raw)
	}
	return s
}

func (r *replay) compareError(name string, err error, want message) {
	r.errors++
	var e Error
	if want.Error == nil || !errors.As(err, &e) || e.Error() != want.Error.Message {
		r.t.Errorf("%s: error %v, Kurento says %+v", name, err, want.Error)
	}
}

func (r *replay) compare(name, got, want string, own bool) {
	r.compared++
	g, w := cut(r.t, got, own), cut(r.t, want, own)
	if own {
		for _, e := range exceptions {
			before := w.String()
			e.apply(w)
			r.used[e.name] = r.used[e.name] || w.String() != before
		}
	}
	if diff := lineDiff(w.String(), g.String()); diff != "" {
		r.t.Errorf("%s: Kurento -, ours +\n%s", name, diff)
	}
}

// lineDiff shows the first lines in which two texts differ.
func lineDiff(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	i := 0
	for i < len(w) && i < len(g) && w[i] == g[i] {
		i++
	}
	if i == len(w) && i == len(g) {
		return ""
	}
	w, g = w[i:min(i+8, len(w))], g[i:min(i+8, len(g))]
	return fmt.Sprintf("line %d:\n-%s\n+%s", i+1, strings.Join(w, "\n-"), strings.Join(g, "\n+"))
}

// goldenDir finds the recordings beside the repository. They are not part of it:
// without them the test is skipped, except in CI.
func goldenDir(t *testing.T) string {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		if filepath.Dir(root) == root {
			t.Fatal("no go.mod above the test")
		}
		root = filepath.Dir(root)
	}
	dir := filepath.Join(root, "..", "shared", "kurento", "golden")
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("no recorded transcripts of Kurento: %v", err)
	}
	return dir
}
