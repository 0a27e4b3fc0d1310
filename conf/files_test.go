package conf

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMainFileErrors(t *testing.T) {
	tests := []struct {
		name, file, text string
		want             string
	}{
		{"no json", mainFile, "{\n\"mediaServer\": {\n// comment\n}}", "kurento.conf.json: line 3: invalid character '/'"},
		{"cut short", mainFile, "{\"mediaServer\": {\n", "line 1: unexpected end"},
		{"text behind", mainFile, "{}\n}", "line 2: invalid character '}'"},
		{"empty", mainFile, "", "kurento.conf.json: line 1: unexpected end"},
		{"a list", mainFile, "[{}]", "want a JSON object"},
		{"too deep", mainFile, strings.Repeat(`{"a":`, 17) + "1" + strings.Repeat("}", 17), "nested deeper than 16"},
		{"too large", mainFile, `{"a": "` + strings.Repeat("x", maxFileSize) + `"}`, "larger than 1048576 bytes"},
		{"bad ini", "kurento.conf.ini", "[mediaServer\nport=1", `kurento.conf.ini:1: want [section], not "[mediaServer"`},
		{"info", "kurento.conf.info", "mediaServer {", "kurento.conf.info: line 1: a } is missing"},
		{"xml", "kurento.conf.xml", "<a>", "kurento.conf.xml: XML syntax error on line 1"},
		{"type", "kurento.conf.yaml", "a: b", "files of type .yaml are not read, only .json, .ini, .info and .xml"},
		{"wrong name", "kurento.json", "{}", "kurento.json: the name must be <name>.conf.json"},
		{"no name", ".conf.json", "{}", "the name must be"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := files{test.file: test.text}.write(t)
			_, err := loadIn(dir, nil, "-f", filepath.Join(dir, test.file))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestOnlyNamedFilesMustExist(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing", mainFile)
	if c := mustLoad(t, filepath.Dir(missing), nil); len(c.Files) != 0 {
		t.Errorf("read %q", c.Files)
	}
	for _, err := range []error{
		errorOf(loadIn(dir, nil, "-f", missing)),
		errorOf(loadIn(dir, variableSet{"KURENTO_CONF_FILE": missing})),
		errorOf(loadIn(dir, nil, "-f", dir+"/."+"/kurento.conf.json")),
	} {
		if err == nil || !strings.Contains(err.Error(), "no such file") {
			t.Errorf("error %v", err)
		}
	}
	c, err := loadIn(dir, nil, "-c", filepath.Dir(missing))
	if err != nil {
		t.Fatal(err)
	}
	checkWarnings(t, c, []string{"modules directory is skipped"})
}

func errorOf(_ *Config, err error) error { return err }

// Opening what is no file, such as a pipe, could hang the start.
func TestOnlyRegularFilesAreRead(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, mainFile), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := loadIn(dir, nil); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("error %v", err)
	}
}

// Module files without a main file: what a container with one mounted file has.
func TestModuleFilesAlone(t *testing.T) {
	c := mustLoad(t, files{webRtcFile: "turnURL=user:password@192.0.2.1"}.write(t), nil)
	if got := c.WebRtcEndpoint.TurnURL[0].Address(); got != "192.0.2.1:3478" {
		t.Errorf("TURN server %q", got)
	}
}

func TestModuleWarnings(t *testing.T) {
	tests := []struct {
		name  string
		files files
		want  []string
	}{
		{"unknown key", files{webRtcFile: "\n\nturnServer=x"},
			[]string{webRtcFile + ":3: modules.kurento.WebRtcEndpoint.turnServer: unknown key"}},
		{"wrong case", files{webRtcFile: "turnUrl=x"}, []string{"turnUrl: unknown key, did you mean modules.kurento.WebRtcEndpoint.turnURL?"}},
		{"wrong place", files{"modules/WebRtcEndpoint.conf.ini": "turnURL=x"}, []string{"did you mean modules.kurento.WebRtcEndpoint.turnURL?"}},
		{"wrong case of a name in several places", files{"modules/kurento/HttpEndpoint.conf.ini": "PORT=1"},
			[]string{"did you mean modules.kurento.HttpEndpoint.port?"}},
		{"unknown key with no value", files{webRtcFile: "turn="}, []string{"unknown key"}},
		{"unknown key in the main file", files{mainFile: "{\"mediaServer\": {\n\"net\": {\"websocket\": {\"pord\": 1}}}}"},
			[]string{"kurento.conf.json:2: mediaServer.net.websocket.pord: unknown key"}},
		{"a value in place of an object", files{mainFile: `{"mediaServer": 5}`}, []string{"mediaServer: unknown key"}},
		{"a list in place of a value", files{mainFile: `{"mediaServer": {"net": {"websocket": {"path": ["x"]}}}}`},
			[]string{"websocket.path: want a single value, not a list"}},
		{"lines that cannot be read", files{webRtcFile: "turnURL: user:hush@x?transport=udp\niceTcp\n=1\n[a\nstunServerPort=1"},
			[]string{webRtcFile + ":1: want key=value", ":2: want key=value", ":3: want", ":4: want [section]"}},
		{"file names", files{"modules/kurento/notes.txt": "", "modules/kurento/A.conf.toml": "", "modules/kurento/.A.conf.ini.swp": "x"},
			[]string{"A.conf.toml: skipped: files of type .toml are not read", "notes.txt: skipped: the name must be"}},
		{"bad module json", files{sdpFile: "{"}, []string{sdpFile + ": skipped: line 1: unexpected end"}},
		{"null and empty are unset", files{sdpFile: `{"numAudioMedias": null, "numVideoMedias": "", "videoCodecs": null}`}, nil},
		{"comments", files{webRtcFile: "; iceTcp=0\n# iceTcp=0\n  ;; iceTcp=0\n\n", sdpFile: `{"//": 1, "//x": {"y": 2}}`}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := mustLoad(t, test.files.write(t), nil, test.want...)
			for _, w := range c.Warnings {
				if strings.Contains(w.String(), "hush") {
					t.Errorf("warning %q shows a password", w)
				}
			}
		})
	}
}

// Objects are merged, lists and single values replaced; files count in the order of
// their names, the main file first.
func TestMerge(t *testing.T) {
	dir := files{
		mainFile:                               `{"modules": {"kurento": {"SdpEndpoint": {"numAudioMedias": 2, "numVideoMedias": 2, "audioCodecs": [{"name": "PCMU/8000"}]}}}}`,
		sdpFile:                                `{"numAudioMedias": 3, "audioCodecs": [{"name": "opus/48000/2"}]}`,
		"modules/kurento/SdpEndpoint.conf.ini": "numAudioMedias=",
	}.write(t)
	s := mustLoad(t, dir, nil).SdpEndpoint
	if s.NumAudioMedias != 3 || s.NumVideoMedias != 2 || fmt.Sprint(s.AudioCodecs) != "[opus/48000/2]" {
		t.Errorf("got %+v", s)
	}
}

func TestINISections(t *testing.T) {
	dir := files{mainFile: "", "kurento.conf.ini": "\ufeff[mediaServer.net.websocket]\r\nport = 9000\r\n[mediaServer.resources]\r\nexceptionLimit=0.5"}.write(t)
	c, err := loadIn(dir, nil, "-f", filepath.Join(dir, "kurento.conf.ini"))
	if err != nil {
		t.Fatal(err)
	}
	checkWarnings(t, c, nil)
	if c.WebSocket.Port != 9000 || c.Resources.ExceptionLimit != 0.5 {
		t.Errorf("got %+v %+v", c.WebSocket, c.Resources)
	}
}

// The layout of a mounted Kubernetes ConfigMap: each name is a link into a hidden
// directory.
func TestConfigMapLinks(t *testing.T) {
	dir := files{"modules/..data/kurento/BaseRtpEndpoint.conf.ini": "mtu=1300"}.write(t)
	if err := os.Symlink(filepath.Join("..data", "kurento"), filepath.Join(dir, "modules", "kurento")); err != nil {
		t.Fatal(err)
	}
	if c := mustLoad(t, dir, nil); c.BaseRtpEndpoint.MTU != 1300 || len(c.Files) != 1 {
		t.Errorf("mtu %d, files %q", c.BaseRtpEndpoint.MTU, c.Files)
	}
}

func TestModuleDirectoriesHaveAnEnd(t *testing.T) {
	dir := files{"modules/kurento/UriEndpoint.conf.ini": ""}.write(t)
	for _, name := range []string{"a", "b"} {
		if err := os.Symlink(".", filepath.Join(dir, "modules", name)); err != nil {
			t.Fatal(err)
		}
	}
	c, err := loadIn(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	var deep, many int
	for _, w := range c.Warnings {
		switch {
		case strings.Contains(w.Text, "nested too deep"):
			deep++
		case strings.Contains(w.Text, "hold more than 1000 files"):
			many++
		default:
			t.Errorf("warning %q", w)
		}
	}
	if deep == 0 || many != 1 {
		t.Errorf("%d warnings of depth, %d of number", deep, many)
	}
}
