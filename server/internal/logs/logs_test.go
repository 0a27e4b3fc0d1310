package logs

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/conf"
)

func parse(t *testing.T, text string) conf.LogLevels {
	t.Helper()
	l, err := conf.ParseLogLevels(text)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// sayAll logs a line of each level.
func sayAll(l zerolog.Logger) {
	l.Trace().Msg("trace")
	l.Debug().Msg("debug")
	l.Info().Msg("info")
	l.Warn().Msg("warn")
	l.Error().Msg("error")
}

// heard lists the messages in the buffer and empties it.
func heard(t *testing.T, b *bytes.Buffer) string {
	t.Helper()
	var list []string
	for line := range strings.Lines(b.String()) {
		var entry struct{ Message, Category, Time string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Category == "" || entry.Time == "" {
			t.Errorf("line %q: %v", line, err)
		}
		list = append(list, entry.Message)
	}
	b.Reset()
	return strings.Join(list, " ")
}

func TestLevels(t *testing.T) {
	tests := []struct{ levels, category, want string }{
		{"", Main, "info warn error"},
		{"0", Main, ""},
		{"1", Main, "error"},
		{"2", Main, "warn error"},
		{"3", Main, "warn error"},
		{"4", Main, "info warn error"},
		{"5", Main, "debug info warn error"},
		{"6", Main, "trace debug info warn error"},
		{"9", Main, "trace debug info warn error"},
		{"2,Kurento*:4", Control, "info warn error"},
		{"2,kmswebrtcsession:5", ForClass("WebRtcEndpoint"), "debug info warn error"},
		{"2,kmswebrtcsession:5", ForClass("PlayerEndpoint"), "warn error"},
		{"2,playerendpoint:4", ForClass("PlayerEndpoint"), "info warn error"},
		{"1,kms*:5", ForClass("Composite"), "debug info warn error"},
	}
	for _, test := range tests {
		var b bytes.Buffer
		sayAll(New(&b, conf.Log{Levels: parse(t, test.levels)}).Logger(test.category))
		if got := heard(t, &b); got != test.want {
			t.Errorf("GST_DEBUG=%s: %s says %q, want %q", test.levels, test.category, got, test.want)
		}
	}
}

// A logger that exists follows a change of the levels, and so do those derived from it.
func TestLevelsChange(t *testing.T) {
	var b bytes.Buffer
	logs := New(&b, conf.Log{})
	control := logs.Logger(Control)
	derived := control.With().Str("client", "c").Logger()
	other := logs.Logger(Objects)
	logs.SetLevels(parse(t, "1,KurentoWebSocket*:5"))
	sayAll(derived)
	sayAll(other)
	if got, want := heard(t, &b), "debug info warn error error"; got != want {
		t.Errorf("heard %q, want %q", got, want)
	}
	logs.SetLevels(parse(t, "0"))
	sayAll(derived)
	if got := heard(t, &b); got != "" {
		t.Errorf("heard %q after level 0", got)
	}
}

func TestICE(t *testing.T) {
	var b bytes.Buffer
	logs := New(&b, conf.Log{ICE: true})
	sayAll(logs.Logger(ForClass("WebRtcEndpoint")))
	sayAll(logs.Logger(Main))
	if got, want := heard(t, &b), "debug info warn error info warn error"; got != want {
		t.Errorf("heard %q, want %q", got, want)
	}
}

// Events that nobody wants are not built.
func TestUnwantedEventsCostNothing(t *testing.T) {
	log := New(&bytes.Buffer{}, conf.Log{}).Logger(Main)
	if n := testing.AllocsPerRun(100, func() { log.Debug().Str("a", "b").Msg("c") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
