package sdp

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	pionsdp "github.com/pion/sdp/v3"

	"github.com/rivero-media/rivero/pipeline/media"
)

var update = flag.Bool("update", false, "write what the agent says into testdata")

// A file of testdata/offers is a test of its own: what it shows (lines that begin
// with #; "#use" switches something on), then the offer, the answer and the session,
// each after a line of dashes.
const partLine = "----\n"

// sessionID is the only thing in our descriptions that is not the same in each run.
var sessionID = regexp.MustCompile(`(?m)^o=- \d+ \d+ `)

func offerFiles(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/offers/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test offers: %v", err)
	}
	return files
}

// readCase returns the parts of a test file and a fitting agent.
func readCase(t testing.TB, file string) (parts []string, a *Agent) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parts = strings.Split(string(b), partLine)
	if len(parts) < 2 {
		t.Fatalf("%s has no offer", file)
	}
	return parts, newTestAgent(t, func(c *Config) {
		c.DataChannels = strings.Contains(parts[0], "#use data channels\n")
		if strings.Contains(parts[0], "#use two videos\n") {
			c.NumVideoMedias = 2
		}
		if strings.Contains(parts[0], "#use h265\n") {
			c.VideoCodecs = append(c.VideoCodecs, "H265/90000")
		}
	})
}

func crlf(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

func TestAnswers(t *testing.T) {
	for _, file := range offerFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			parts, a := readCase(t, file)
			answer, err := a.ProcessOffer(crlf(parts[1]))
			if err != nil {
				t.Fatal(err)
			}
			checkWellFormed(t, answer)
			answer = sessionID.ReplaceAllString(strings.ReplaceAll(answer, "\r\n", "\n"), "o=- * * ")
			s, ok := a.Negotiated()
			if !ok {
				t.Fatal("nothing negotiated")
			}
			got := []string{parts[0], parts[1], answer, dump(s)}
			if *update {
				if err := os.WriteFile(file, []byte(strings.Join(got, partLine)), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := lineDiff(strings.Join(parts, partLine), strings.Join(got, partLine)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestModernAnswers answers some of the same offers with all that Kurento does not know.
func TestModernAnswers(t *testing.T) {
	for _, name := range []string{"chromium", "firefox", "safari", "simulcast", "no_bundle", "h264"} {
		t.Run(name, func(t *testing.T) {
			parts, _ := readCase(t, filepath.Join("testdata", "offers", name+".txt"))
			local := testLocal()
			local.StreamID, local.MaxMessageSize = "stream", 262144
			c := webrtcConfig()
			c.Classic, c.Strict, c.DataChannels = false, false, true
			a, err := NewAgent(c, local)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := a.ProcessOffer(crlf(parts[1]))
			if err != nil {
				t.Fatal(err)
			}
			checkWellFormed(t, answer)
			s, _ := a.Negotiated()
			got := sessionID.ReplaceAllString(strings.ReplaceAll(answer, "\r\n", "\n"), "o=- * * ") + partLine + dump(s)
			file := filepath.Join("testdata", "modern", name+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := lineDiff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// checkWellFormed has another implementation read a description of ours.
func checkWellFormed(t testing.TB, text string) {
	t.Helper()
	lines, ok := strings.CutSuffix(text, "\r\n")
	if !ok || strings.ContainsAny(strings.ReplaceAll(lines, "\r\n", ""), "\r\n") {
		t.Errorf("lines do not end in CRLF: %q", text)
	}
	// pion does not know every kind of m-line that can be refused.
	text = regexp.MustCompile(`(?m)^m=\S+ 0 \S+ `).ReplaceAllString(text, "m=audio 0 RTP/AVP ")
	var d pionsdp.SessionDescription
	if err := d.UnmarshalString(text); err != nil {
		t.Errorf("pion/sdp reads our description: %v\n%s", err, text)
	}
}

// dump shows a session, one line for each transport, m-line and codec.
func dump(s Session) string {
	var b strings.Builder
	for i, tr := range s.Transports {
		if len(tr.MIDs) == 0 {
			continue
		}
		fmt.Fprintf(&b, "transport %d: mids %q ufrag %q pwd %q lite %t dtls client %t\n", i, tr.MIDs, tr.Ufrag, tr.Pwd, tr.Lite, tr.Client)
		for _, f := range tr.Fingerprints {
			fmt.Fprintf(&b, "  fingerprint %s\n", f)
		}
		for _, c := range tr.Candidates {
			fmt.Fprintf(&b, "  %s\n", c)
		}
	}
	for _, m := range s.Media {
		if m.Rejected {
			fmt.Fprintf(&b, "m-line %d %q: rejected\n", m.Index, m.MID)
			continue
		}
		fmt.Fprintf(&b, "m-line %d %q: %s send %t recv %t transport %d", m.Index, m.MID, m.Kind, m.Send, m.Recv, m.Transport)
		if m.Kind == media.Data {
			fmt.Fprintf(&b, " sctp %d to %d\n", m.SCTPPort, m.RemoteSCTPPort)
			continue
		}
		fmt.Fprintf(&b, " ssrc %d from %d abs-send-time %d", m.SSRC, m.RemoteSSRCs, m.ExtensionID(AbsSendTime))
		if id := m.ExtensionID(TransportCC); id != 0 {
			fmt.Fprintf(&b, " transport-cc %d", id)
		}
		if id := m.ExtensionID(AudioLevel); id != 0 {
			fmt.Fprintf(&b, " audio-level %d", id)
		}
		if m.RTXSSRC != 0 {
			fmt.Fprintf(&b, " rtx ssrc %d", m.RTXSSRC)
		}
		if m.RIDs != nil {
			fmt.Fprintf(&b, " layers %q mid %d rid %d repaired %d", m.RIDs, m.ExtensionID(MID), m.ExtensionID(RID), m.ExtensionID(RepairedRID))
		}
		b.WriteString("\n")
		for _, c := range m.Codecs {
			fmt.Fprintf(&b, "  %d %s %d/%d %s", c.PayloadType, c.Format, c.Format.ClockRate, c.Format.Channels, feedbackText(c.Feedback))
			if c.RTX != 0 {
				fmt.Fprintf(&b, " rtx %d", c.RTX)
			}
			b.WriteString("\n")
		}
		for _, e := range m.Events {
			fmt.Fprintf(&b, "  %d %s %d\n", e.PayloadType, e.Format, e.Format.ClockRate)
		}
	}
	return b.String()
}

func feedbackText(f Feedback) string {
	text := []string{"nack", "pli", "fir", "remb", "transport-cc"}
	on := []bool{f.NACK, f.PLI, f.FIR, f.REMB, f.TWCC}
	i := 0
	return strings.Join(slices.DeleteFunc(text, func(string) bool { i++; return !on[i-1] }), "+")
}

// Firefox says that only it sends the names of its layers.
func TestLayersNamedInOneDirection(t *testing.T) {
	a := modernAgent(t)
	offer := peerOffer(1, "abcd", "video") +
		"a=extmap:9/sendonly " + RID + "\r\na=extmap:10/sendonly " + RepairedRID + "\r\na=extmap:6/recvonly " + TransportCC + "\r\n" +
		"a=rid:h send\r\na=rid:l send\r\na=simulcast:send h;l\r\n"
	d, s := mustAnswer(t, a, offer)
	if m := s.Media[0]; len(m.RIDs) != 2 || m.ExtensionID(RID) != 9 || m.ExtensionID(TransportCC) != 0 {
		t.Errorf("agreed on %+v", m)
	}
	if got := strings.Join(d.sections[0].lines, "\n"); !strings.Contains(got, "a=extmap:9/recvonly "+RID) || !strings.Contains(got, "a=simulcast:recv h;l") {
		t.Errorf("answer\n%s", got)
	}
}
