package conf

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestParseINI(t *testing.T) {
	text := "a=1\n\n b = 2 ; no comment \n;c=3\n[ s.t ]\nd=e=f\n#x\ng=\n"
	want := []entry{
		{path: "p.a", text: "1", line: 1},
		{path: "p.b", text: "2 ; no comment", line: 3},
		{path: "p.s.t.d", text: "e=f", line: 6},
		{path: "p.s.t.g", text: "", line: 8},
	}
	got, problems := parseINI([]byte(text), "p.")
	if !reflect.DeepEqual(got, want) || len(problems) != 0 {
		t.Errorf("got %+v, problems %+v, want %+v", got, problems, want)
	}
}

func TestParseJSON(t *testing.T) {
	text := "\ufeff{\n \"a\": 1, \"//\": [\n2], \"//\": 3,\n\"b\": {\"c\": \"\\u0041\", \"d\": [1,\n{\"e\": 2}],\n\"//f\": {\"g\": 1}, \"h\": true},\n" +
		"\"whole\": {\"//i\": 1}, \"n\": null, \"a\": 2.50}"
	want := []entry{
		{path: "p.a", text: "1", line: 2},
		{path: "p.b.c", text: "A", line: 4},
		{path: "p.b.d", text: "[1,\n{\"e\": 2}]", compound: true, line: 4},
		{path: "p.b.h", text: "true", line: 6},
		{path: "p.whole", text: "{\"//i\": 1}", compound: true, line: 7},
		{path: "p.a", text: "2.50", line: 7},
	}
	got, err := parseJSON([]byte(text), "p.", func(path string) bool { return path == "p.whole" })
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// mergeFuzzed takes what a fuzzed file holds through the table of keys, and checks what
// Load promises about any file.
func mergeFuzzed(t *testing.T, data []byte, entries []entry) {
	lines := 1 + strings.Count(string(data), "\n")
	for _, e := range entries {
		if e.line < 1 || e.line > lines {
			t.Fatalf("%q is on line %d of %d", e.path, e.line, lines)
		}
	}
	c := Default()
	c.origins = map[string]Origin{}
	l := &loader{config: c, keys: keys(c)}
	if l.merge("/dir/file", entries) != nil || l.check() != nil {
		return
	}
	ws, rtp, r := c.WebSocket, c.BaseRtpEndpoint, c.Resources
	switch {
	case ws.Port < 0 || ws.Port > 65535 || ws.Secure.Port < 0 || ws.Secure.Port > 65535 || ws.Port == ws.Secure.Port:
		t.Errorf("listens on %d and %d", ws.Port, ws.Secure.Port)
	case rtp.MinPort < 1024 || rtp.MinPort > rtp.MaxPort || rtp.MaxPort > 65535 || rtp.MTU <= 0:
		t.Errorf("RTP %+v", rtp)
	case !(r.ExceptionLimit > 0 && r.ExceptionLimit <= 1) || r.GarbageCollectorPeriod <= 0:
		t.Errorf("resources %+v", r)
	case ws.Path == "" || strings.HasPrefix(ws.Path, "/"):
		t.Errorf("path %q", ws.Path)
	}
	for _, s := range c.Settings() {
		if k := l.find(s.Name); k != nil && k.strict && s.Value == "" && s.Origin != (Origin{}) {
			t.Errorf("%s is empty but set by %v", s.Name, s.Origin)
		}
	}
}

// addShippedFiles seeds with the files Kurento ships, when they are there.
func addShippedFiles(f *testing.F, pattern string) {
	found, err := filepath.Glob(filepath.Join(repositoryRoot(f), "..", "shared", "kurento", "config", pattern))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range found {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

func FuzzParseINI(f *testing.F) {
	f.Add([]byte("\ufeff[s]\r\na = b\n;c\n#d\n[\n=\nx:y=z"))
	f.Add([]byte("[modules.kurento.WebRtcEndpoint]\nturnURL=u:p@[::1]:80?transport=tls\nexternalAddress=auto\npemCertificateRSA=x\niceTcp=0"))
	f.Add([]byte("[mediaServer.net.websocket]\nport=0\naddress=[::1]\npath=//\nsecure.port=0\n[modules.kurento.BaseRtpEndpoint]\nminPort=9 x\nmaxPort=1"))
	addShippedFiles(f, "*.ini")
	addShippedFiles(f, "modules/kurento/*.ini")
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, problems := parseINI(data, "")
		lines := 1 + strings.Count(string(data), "\n")
		if len(entries)+len(problems) > lines {
			t.Fatalf("%d entries and %d problems on %d lines", len(entries), len(problems), lines)
		}
		var again strings.Builder
		for _, e := range entries {
			again.WriteString(e.path + "=" + e.text + "\n")
		}
		reread, problems := parseINI([]byte(again.String()), "")
		if len(reread) != len(entries) || len(problems) != 0 {
			t.Fatalf("%q reads as %+v, problems %+v, want %+v", again.String(), reread, problems, entries)
		}
		for i := range reread {
			if reread[i].path != entries[i].path || reread[i].text != entries[i].text {
				t.Errorf("%+v became %+v", entries[i], reread[i])
			}
		}
		mergeFuzzed(t, data, entries)
	})
}

func FuzzParseJSON(f *testing.F) {
	f.Add([]byte("{\"//\": 1, \"a\": {\"b\": [1, {}], \"c\": null},\n\"a\": \"\\u0000\"}"))
	f.Add([]byte(`{"mediaServer": {"metadata": {"a": [1, 2]}, "net": {"websocket": {"port": 8.5, "secure": {"port": "x"}}}}}`))
	f.Add([]byte(`{"modules": {"kurento": {"SdpEndpoint": {"audioCodecs": [{"name": "opus/48000/2"}, 5], "videoCodecs": {}}}}}`))
	addShippedFiles(f, "*.json")
	addShippedFiles(f, "modules/kurento/*.json")
	f.Fuzz(func(t *testing.T, data []byte) {
		l := &loader{keys: keys(Default())}
		entries, err := parseJSON(data, "", l.isCompound)
		if err != nil {
			return
		}
		mergeFuzzed(t, data, entries)
	})
}
