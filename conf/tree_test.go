package conf

import (
	"reflect"
	"strings"
	"testing"
)

// The same settings in each format of Boost's property trees.
func TestFormatsOfTheMainFile(t *testing.T) {
	for name, text := range map[string]string{
		"kurento.conf.info": "; a comment\nmediaServer\n{\n  net {\n    websocket { port 9000 ; behind it\n      path \"a\\\"b c\"\n }\n  }\n  metadata { zone \"a b\" list { \"\" x \"\" y } }\n}\n",
		"kurento.conf.xml": "<?xml version=\"1.0\"?>\n<!-- a comment -->\n<mediaServer><net><websocket a=\"b\">\n<port> 9000 </port><path>a&quot;b c</path></websocket></net>" +
			"<metadata><zone>a b</zone></metadata></mediaServer>",
	} {
		dir := files{name: text}.write(t)
		initial := Default()
		initial.ConfFile = dir + "/" + name
		c, err := load(initial, []string{"-f", dir + "/" + name}, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		checkWarnings(t, c, []string{`path: want the path of a URL, not "a\"b c"`})
		want := `{"list":["x","y"],"zone":"a b"}`
		if strings.HasSuffix(name, "xml") {
			want = `{"zone":"a b"}`
		}
		if c.WebSocket.Port != 9000 || string(c.Metadata) != want {
			t.Errorf("%s: port %d, metadata %s", name, c.WebSocket.Port, c.Metadata)
		}
	}
}

func TestModuleFilesOfAllTypes(t *testing.T) {
	dir := files{
		"modules/kurento/BaseRtpEndpoint.conf.info": "minPort 5000\nmaxPort 5050",
		"modules/kurento/WebRtcEndpoint.conf.xml":   "<stunServerPort>3479</stunServerPort>",
		"modules/kurento/SdpEndpoint.conf.info":     "videoCodecs {\n \"\" { name VP8/90000 }\n \"\" { name H264/90000 }\n}",
	}.write(t)
	c := mustLoad(t, dir, nil)
	want := []Codec{{"VP8", 90000, 0}, {"H264", 90000, 0}}
	if c.BaseRtpEndpoint.MinPort != 5000 || c.WebRtcEndpoint.StunServerPort != 3479 || !reflect.DeepEqual(c.SdpEndpoint.VideoCodecs, want) {
		t.Errorf("got %+v, %d, %v", c.BaseRtpEndpoint, c.WebRtcEndpoint.StunServerPort, c.SdpEndpoint.VideoCodecs)
	}
	if from := c.origins[baseRtpEndpoint+"maxPort"]; from.Line != 2 {
		t.Errorf("maxPort is from %v", from)
	}
}

func TestBadTrees(t *testing.T) {
	none := func(string) bool { return false }
	for text, want := range map[string]string{
		"a {\n b 1\n": "line 3: a } is missing", "a 1 }": "line 1: a } too many", "{ a 1 }": "a { without a key", "\n\"a": "line 2: a quote is missing",
		"#include \"x\"": "#include is not supported", strings.Repeat("a {", 20): "nested deeper", strings.Repeat("a\n", maxBranches+1): "more than 10000 keys",
		"a \"b\nc\"": "at the end of the line",
	} {
		if _, err := parseINFO([]byte(text), "", none); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"<a><b></a>": "line 1", strings.Repeat("<a>", 20): "nested deeper", "<a>" + strings.Repeat("<b/>", maxBranches) + "</a>": "more than 10000 keys",
	} {
		if _, err := parseXML([]byte(text), "", none); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
}

func FuzzParseTrees(f *testing.F) {
	f.Add([]byte("mediaServer { net { websocket { port 8888 path \"kurento\" ; x\n } } }"))
	f.Add([]byte("<modules><kurento><SdpEndpoint><audioCodecs><c><name>opus/48000/2</name></c></audioCodecs></SdpEndpoint></kurento></modules>"))
	f.Add([]byte("modules { kurento { SdpEndpoint { videoCodecs { \"\" { name VP8/90000 } } } } }"))
	addShippedFiles(f, "*.info")
	f.Fuzz(func(t *testing.T, data []byte) {
		l := &loader{keys: keys(Default())}
		for _, parse := range []func([]byte, string, func(string) bool) ([]entry, error){parseINFO, parseXML} {
			if entries, err := parse(data, "", l.isCompound); err == nil {
				mergeFuzzed(t, data, entries)
			}
		}
	})
}
