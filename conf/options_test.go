package conf

import (
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestArguments(t *testing.T) {
	tests := []struct {
		name     string
		args     []string
		env      variableSet
		change   func(c *Config) // from the defaults
		warnings []string
		err      string
	}{
		{name: "none", args: nil},
		{name: "one empty, as from the official entry point", args: []string{""}},
		{name: "white space", args: []string{"  ", "\t"}, warnings: []string{`"  " is not known`, `"\t"`}},
		{name: "short", args: []string{"-d", "/logs", "-s", "5", "-n", "6", "-p", "/a:/b"}, change: func(c *Config) {
			c.Log, c.ModulesPath = Log{Path: "/logs", FileSize: 5, MaxFiles: 6}, []string{"/a", "/b"}
		}},
		{name: "long", args: []string{"--logs-path", "/logs", "--log-file-size", "5", "--number-log-files=6", "--modules-path=/a::/b"},
			change: func(c *Config) {
				c.Log, c.ModulesPath = Log{Path: "/logs", FileSize: 5, MaxFiles: 6}, []string{"/a", "/b"}
			}},
		{name: "attached", args: []string{"-d/logs", "-s=5"}, change: func(c *Config) { c.Log.Path, c.Log.FileSize = "/logs", 5 }},
		{name: "joined into one", args: []string{" -d /my logs  -s 5 --number-log-files=6 --gst-debug=3 -x"},
			change: func(c *Config) {
				c.Log = Log{Path: "/my logs", FileSize: 5, MaxFiles: 6}
				c.Log.Levels, _ = ParseLogLevels("3")
			}, warnings: []string{`"-x"`}},
		{name: "one argument with a space in its value", args: []string{"--logs-path=/my logs"},
			change: func(c *Config) { c.Log.Path = "/my logs" }},
		{name: "unknown", args: []string{"--gst-debug-level=5", "start", "-n", "6", "--verbose"}, change: func(c *Config) { c.Log.MaxFiles = 6 },
			warnings: []string{`command line: "--gst-debug-level" is not known`, `"start"`, `"--verbose"`}},
		{name: "variables of GStreamer", env: variableSet{"GST_DEBUG_NO_COLOR": "0", "G_MESSAGES_DEBUG": "x,libnice-stun", "GST_DEBUG_DUMP_DOT_DIR": "/dots",
			"KURENTO_GENERATE_RTP_PTS_STATS": "/stats"},
			change:   func(c *Config) { c.Log.NoColor, c.Log.ICE, c.DotDir = true, true, "/dots" },
			warnings: []string{"KURENTO_GENERATE_RTP_PTS_STATS: has no effect here"}},
		{name: "the option wins over its variable", env: variableSet{"GST_DEBUG": "9"}, args: []string{"--gst-debug", "3"},
			change: func(c *Config) { c.Log.Levels, _ = ParseLogLevels("3") }},
		{name: "unknown variables", env: variableSet{"KMS_MINPORT": "1", "KURENTO_LOG_PATH": "/x", "KMS_PORT_8888_TCP_ADDR": "10.0.0.1", "KURENTO_SERVICE_HOST": "10.0.0.1",
			"KMS_URIS": "[]", "KMS_EMPTY": "", "KMSX": "1"},
			warnings: []string{"KMS_MINPORT: unknown variable, did you mean KMS_MIN_PORT?", "KURENTO_LOG_PATH: unknown variable"}},
		{name: "empty value", args: []string{"-d", "", "--log-file-size="}},
		{name: "variables", env: variableSet{"KURENTO_LOGS_PATH": "/logs", "KURENTO_LOG_FILE_SIZE": "5",
			"KURENTO_NUMBER_LOG_FILES": "6", "KURENTO_MODULES_PATH": "/a"},
			change: func(c *Config) { c.Log, c.ModulesPath = Log{Path: "/logs", FileSize: 5, MaxFiles: 6}, []string{"/a"} }},
		{name: "the command line wins", args: []string{"-s", "5"}, env: variableSet{"KURENTO_LOG_FILE_SIZE": "4"},
			change: func(c *Config) { c.Log.FileSize = 5 }},
		{name: "the last one wins", args: []string{"-s", "4", "-s", "5"}, change: func(c *Config) { c.Log.FileSize = 5 }},
		{name: "command", args: []string{"config", "-n", "6", "--json"}, change: func(c *Config) { c.Command, c.JSON, c.Log.MaxFiles = CommandConfig, true, 6 }},
		{name: "command joined with its options", args: []string{"doctor -json -d /my logs"},
			change: func(c *Config) { c.Command, c.JSON, c.Log.Path = CommandDoctor, true, "/my logs" }},
		{name: "command in the wrong place", args: []string{"-n", "6", "config"}, change: func(c *Config) { c.Log.MaxFiles = 6 },
			warnings: []string{`"config" is not known`}},
		{name: "help", args: []string{"-h"}, change: func(c *Config) { c.Show = ShowHelp }},
		{name: "version", args: []string{"--version"}, change: func(c *Config) { c.Show = ShowVersion }},
		{name: "list", args: []string{"-l", "--help"}, change: func(c *Config) { c.Show = ShowList }},
		{name: "help is not held up by files", args: []string{"-f", "/does/not/exist.conf.json", "--help"},
			change: func(c *Config) { c.Show = ShowHelp }},
		{name: "no value", args: []string{"-d"}, err: "option --logs-path needs a value: <dir>"},
		{name: "an option where the value should be", args: []string{"-d", "-n", "6"}, err: "option --logs-path needs a value"},
		{name: "bad value", args: []string{"-n", "many"}, err: `--number-log-files: want a whole number from 1 to 2147483647, not "many"`},
		{name: "unit", args: []string{"-s", "5MB"}, change: func(c *Config) { c.Log.FileSize = 5 }, warnings: []string{`"5MB" is read as 5`}},
		{name: "bad variable", env: variableSet{"KURENTO_LOG_FILE_SIZE": "0"}, err: "KURENTO_LOG_FILE_SIZE: want a whole number"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, err := loadIn(t.TempDir(), test.env, test.args...)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("error %v, want %q", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			checkWarnings(t, c, test.warnings)
			want := Default()
			if test.change != nil {
				test.change(want)
			}
			if got, want := values(c), values(want); !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestFilesByOptionAndVariable(t *testing.T) {
	flag := files{mainFile: `{"mediaServer": {"net": {"websocket": {"port": 1}}}}`}.write(t)
	env := files{mainFile: `{"mediaServer": {"net": {"websocket": {"port": 2}}}}`, rtpFile: "mtu=1002"}.write(t)
	modules := files{"kurento/BaseRtpEndpoint.conf.ini": "mtu=1003\nminPort=1103"}.write(t)
	more := files{"kurento/BaseRtpEndpoint.conf.ini": "mtu=1004"}.write(t)
	tests := []struct {
		name               string
		args               []string
		env                variableSet
		port, mtu, minPort int
	}{
		{"variable", nil, variableSet{"KURENTO_CONF_FILE": filepath.Join(env, mainFile)}, 2, 1002, 1024},
		{"flag wins", []string{"-f", filepath.Join(flag, mainFile)}, variableSet{"KURENTO_CONF_FILE": filepath.Join(env, mainFile)}, 1, 1200, 1024},
		{"modules alone", []string{"--modules-config-path", modules}, nil, 8888, 1003, 1103},
		{"modules by variable, the later directory wins", []string{"-f", filepath.Join(env, mainFile)},
			variableSet{"KURENTO_MODULES_CONFIG_PATH": modules + ":" + more}, 2, 1004, 1103},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, err := loadIn(t.TempDir(), test.env, test.args...)
			if err != nil {
				t.Fatal(err)
			}
			checkWarnings(t, c, nil)
			got := []int{c.WebSocket.Port, c.BaseRtpEndpoint.MTU, c.BaseRtpEndpoint.MinPort}
			if want := []int{test.port, test.mtu, test.minPort}; !slices.Equal(got, want) {
				t.Errorf("port, mtu, minPort %v, want %v", got, want)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	usage := Usage()
	for _, o := range options(Default()) {
		for _, part := range []string{o.name, o.usage, o.env} {
			if !strings.Contains(usage, part) {
				t.Errorf("usage does not mention %q:\n%s", part, usage)
			}
		}
	}
	if want := "default /etc/kurento/kurento.conf.json"; !strings.Contains(usage, want) {
		t.Errorf("usage does not mention %q", want)
	}
}
