package conf

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// files are a test's configuration: name below the directory of the main file -> text.
type files map[string]string

const (
	mainFile   = "kurento.conf.json"
	webRtcFile = "modules/kurento/WebRtcEndpoint.conf.ini"
	rtpFile    = "modules/kurento/BaseRtpEndpoint.conf.ini"
	sdpFile    = "modules/kurento/SdpEndpoint.conf.json"
)

// write puts the files into a fresh directory and returns it.
func (f files) write(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range f {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

type variableSet map[string]string

func (v variableSet) environ() (list []string) {
	for name, text := range v {
		list = append(list, name+"="+text)
	}
	return list
}

// loadIn loads with the default main file in dir instead of /etc/kurento.
func loadIn(dir string, env variableSet, args ...string) (*Config, error) {
	initial := Default()
	initial.ConfFile = filepath.Join(dir, mainFile)
	return load(initial, args, env.environ())
}

// mustLoad also wants the warnings to hold the given texts, one each, and no others.
func mustLoad(t *testing.T, dir string, env variableSet, warnings ...string) *Config {
	t.Helper()
	c, err := loadIn(dir, env)
	if err != nil {
		t.Fatal(err)
	}
	checkWarnings(t, c, warnings)
	return c
}

func checkWarnings(t *testing.T, c *Config, want []string) {
	t.Helper()
	for i, w := range c.Warnings {
		if i >= len(want) || !strings.Contains(w.String(), want[i]) {
			t.Errorf("warning %d is %q, want one with %q", i, w, want[min(i, len(want)):])
		}
	}
	if len(c.Warnings) < len(want) {
		t.Errorf("%d warnings, want %q", len(c.Warnings), want)
	}
}

// values strips c of how it was loaded.
func values(c *Config) Config {
	v := *c
	v.ConfFile, v.ModulesConfigPath, v.Files, v.Warnings, v.dirs, v.origins = "", nil, nil, nil, nil, nil
	return v
}

func TestLoadWithoutAnything(t *testing.T) {
	c := mustLoad(t, t.TempDir(), nil)
	if got, want := values(c), values(Default()); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if c.WebSocket.Port != 8888 || c.WebSocket.Path != "kurento" {
		t.Errorf("listens on %d/%s, clients expect 8888/kurento", c.WebSocket.Port, c.WebSocket.Path)
	}
}

// repositoryRoot is the directory with go.mod above the package.
func repositoryRoot(t testing.TB) string {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			return root
		}
		if root == filepath.Dir(root) {
			t.Fatal("no go.mod above the package")
		}
		root = filepath.Dir(root)
	}
}

// sharedConfig is the folder with the files Kurento ships, beside the repository.
func sharedConfig(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(repositoryRoot(t), "..", "shared", "kurento", "config")
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("Kurento's shipped files are not there: ", err)
	}
	return dir
}

func TestLoadShippedFiles(t *testing.T) {
	dir := sharedConfig(t)
	c, err := Load([]string{"-f", filepath.Join(dir, mainFile)}, variableSet{}.environ())
	if err != nil {
		t.Fatal(err)
	}
	checkWarnings(t, c, nil)
	if len(c.Files) != 10 {
		t.Errorf("read %d files, want 10: %q", len(c.Files), c.Files)
	}
	if got, want := values(c), values(Default()); !reflect.DeepEqual(got, want) {
		t.Errorf("the defaults are not those of the shipped files:\ngot  %+v\nwant %+v", got, want)
	}
}

func TestLoadShippedINI(t *testing.T) {
	c, err := Load([]string{"-f", filepath.Join(sharedConfig(t), "kurento.conf.ini")}, variableSet{}.environ())
	if err != nil {
		t.Fatal(err)
	}
	checkWarnings(t, c, nil)
	if got := c.origins[keyPort]; got.Line == 0 {
		t.Errorf("port comes from %v, want a line of the file", got)
	}
}

// TestEveryKey sets each key to something that is not its default and looks at all of
// the result at once.
func TestEveryKey(t *testing.T) {
	dir := files{
		mainFile: `{"mediaServer": {
			"resources": {"exceptionLimit": "0.5", "killLimit": 0.7, "garbageCollectorPeriod": 60, "disableRequestCache": true},
			"net": {"websocket": {
				"port": 9000, "address": "127.0.0.1", "ipv6": false, "path": "/media/", "threads": 4, "connqueue": 128,
				"secure": {"port": 8433, "certificate": "cert+key.pem", "password": " p "},
				"registrar": {"address": "ws://registrar:9090", "localAddress": "media.example"}}},
			"streams": {"access": "token", "token": "t", "rtspPort": 8554},
			"logLevels": "3,Kurento*:5", "metadata": {"zone": "a b", "n": 1}}}`,
		"modules/kurento/MediaElement.conf.ini": "encoderBitrate=1\nminEncoderBitrate=2\nmaxEncoderBitrate=3\ntranscoding=warn\ntranscodingCores=1.5\npipelineTranscodingCores=0.5\n",
		sdpFile: `{"numAudioMedias": 2, "numVideoMedias": "3", "audioCodecs": [],
			"videoCodecs": [{"name": "VP8/90000", "properties": {"a": "b"}}]}`,
		rtpFile: "minPort=5000\nmaxPort=5050\nmtu=1300\nrembPolicy=max\nrembFloor=200\n",
		"modules/kurento/UriEndpoint.conf.ini": "defaultPath = file:///srv\nallowedSchemes=FILE, rtsp\nallowedNetworks=10.1.2.3/8\n" +
			"deniedNetworks=10.0.0.1 fd00::/8\nallowedRoots=/srv/:/media\n",
		"modules/kurento/PlayerEndpoint.conf.ini":   "rtspClientPortRange=6000-6100\nrtspReconnect=5\n",
		"modules/kurento/RecorderEndpoint.conf.ini": "gapsFix=GENPTS\nstartTimeout=2000\nhttpMethod=PUT\ns3Endpoint=https://s3.example\ns3Region=r\ns3AccessKey=k\ns3SecretKey=s\n",
		"modules/kurento/HttpEndpoint.conf.ini":     "serverAddress=0.0.0.0\nserverPort=9092\nport=9093\nannouncedAddress=example.com\n",
		"modules/kurento/Composite.conf.ini":        "width=1\nheight=2\nframerate=3\nkeepAspectRatio=true\ncenterLastRow=true\n",
		webRtcFile: "stunServerAddress=192.0.2.1\nstunServerPort=3479\nturnURL=u:p;#x@192.0.2.2\nnetworkInterfaces=eth0, eth1\n" +
			"iceTcp=0\nexternalIPv4=192.0.2.3\nexternalIPv6=2001:db8:0:0::1\npemCertificateRSA=rsa.pem\npemCertificateECDSA=/ec.pem\n" +
			"qos-dscp=AUDIO_HIGH\nenable-h265=true\nudpMuxPort=5000\nclassicSdp=true\nstrictNegotiation=true\n",
	}.write(t)
	turn, err := ParseTURNURLs("u:p;#x@192.0.2.2")
	if err != nil {
		t.Fatal(err)
	}
	levels, err := ParseLogLevels("3,Kurento*:5")
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Log:       Log{FileSize: 100, MaxFiles: 10, Levels: levels},
		Resources: Resources{0.5, 0.7, time.Minute, true},
		WebSocket: WebSocket{9000, "127.0.0.1", false, "media", 4, 128,
			Secure{8433, filepath.Join(dir, "cert+key.pem"), " p "}, Registrar{"ws://registrar:9090", "media.example"}},
		Metadata:        []byte(`{"zone":"a b","n":1}`),
		MediaElement:    MediaElement{1, 2, 3, TranscodingWarn, 1.5, 0.5},
		SdpEndpoint:     SdpEndpoint{2, 3, []Codec{}, []Codec{{"VP8", 90000, 0}}},
		BaseRtpEndpoint: BaseRtpEndpoint{5000, 5050, 1300, RembMax, 200},
		UriEndpoint:     UriEndpoint{"file:///srv", []string{"file", "rtsp"}, networksOf(t, "10.0.0.0/8"), networksOf(t, "10.0.0.1/32", "fd00::/8"), Directories{"/srv", "/media"}},
		Streams:         Streams{StreamsToken, "t", 8554},
		PlayerEndpoint:  PlayerEndpoint{PortRange{6000, 6100}, 5 * time.Second},
		Composite:       Composite{true, true},
		RecorderEndpoint: RecorderEndpoint{GapsFix: GapsFixGenPTS, StartTimeout: 2000, HTTPMethod: HTTPPut,
			S3Endpoint: "https://s3.example", S3Region: "r", S3AccessKey: "k", S3SecretKey: "s"},
		HttpEndpoint: HttpEndpoint{"0.0.0.0", 9092, "example.com"},
		WebRtcEndpoint: WebRtcEndpoint{STUNServers{"192.0.2.1"}, 3479, turn, []string{"eth0", "eth1"}, false, "192.0.2.3", "2001:db8::1",
			filepath.Join(dir, "modules/kurento/rsa.pem"), "/ec.pem", "AUDIO_HIGH", true, 5000, true, true},
	}
	c := mustLoad(t, dir, nil)
	if got := values(c); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for _, s := range c.Settings() {
		if strings.Contains(s.Name, ".") && s.Origin == (Origin{}) {
			t.Errorf("%s was not set by the test, or its origin is lost", s.Name)
		}
	}
}

func TestVariablesWinOverFiles(t *testing.T) {
	dir := files{webRtcFile: "turnURL=a:b@192.0.2.9\nexternalIPv4=192.0.2.9\niceTcp=1\n", rtpFile: "minPort=1\nmtu=1000\n"}.write(t)
	c := mustLoad(t, dir, variableSet{
		"KMS_MIN_PORT": "5000", "KMS_MAX_PORT": " 5050\n", "KMS_MTU": "",
		"KMS_STUN_IP": "192.0.2.1", "KMS_STUN_PORT": "3479", "KMS_TURN_URL": "u:p@turn.example:80?transport=tcp",
		"KMS_EXTERNAL_IPV4": "192.0.2.3", "KMS_EXTERNAL_IPV6": "2001:db8::1", "KMS_NETWORK_INTERFACES": "eth0 eth1",
		"KMS_ICE_TCP": "0", "KMS_PEM_CERTIFICATE_RSA": "rsa.pem", "KMS_PEM_CERTIFICATE_ECDSA": "/ec.pem",
	}, "minPort: 1 is outside")
	if got, want := c.BaseRtpEndpoint, (BaseRtpEndpoint{5000, 5050, 1000, RembMin, 300}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	turn, err := ParseTURNURLs("u:p@turn.example:80?transport=tcp")
	if err != nil {
		t.Fatal(err)
	}
	want := WebRtcEndpoint{STUNServers{"192.0.2.1"}, 3479, turn, []string{"eth0", "eth1"}, false, "192.0.2.3", "2001:db8::1",
		filepath.Join(dir, "modules/kurento/rsa.pem"), "/ec.pem", "NO_VALUE", false, 0, false, false}
	if got := c.WebRtcEndpoint; !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got := c.origins[keyMinPort]; got != (Origin{Name: "KMS_MIN_PORT"}) {
		t.Errorf("minPort comes from %v", got)
	}
}

func TestExternalAddress(t *testing.T) {
	tests := []struct {
		name, ini string
		env       variableSet
		v4, v6    string
		warnings  []string
	}{
		{name: "6.x key, IPv4", ini: "externalAddress=192.0.2.1", v4: "192.0.2.1"},
		{name: "6.x key, IPv6", ini: "externalAddress=2001:db8::1", v6: "2001:db8::1"},
		{name: "the 7.x key wins", ini: "externalIPv4=192.0.2.2\nexternalAddress=192.0.2.1", v4: "192.0.2.2"},
		{name: "variable", env: variableSet{"KMS_EXTERNAL_ADDRESS": "192.0.2.1"}, v4: "192.0.2.1"},
		{name: "the 7.x variable wins", v4: "192.0.2.2",
			env: variableSet{"KMS_EXTERNAL_ADDRESS": "192.0.2.1", "KMS_EXTERNAL_IPV4": "192.0.2.2"}},
		{name: "auto", env: variableSet{"KMS_EXTERNAL_IPV4": "auto", "KMS_EXTERNAL_IPV6": "auto"}, v4: Auto, v6: Auto},
		{name: "auto in the file", ini: "externalIPv6=auto", v6: Auto},
		{name: "6.x auto", env: variableSet{"KMS_EXTERNAL_ADDRESS": "auto"}, v4: Auto},
		{name: "wrong family", ini: "externalIPv4=2001:db8::1\nexternalIPv6=192.0.2.1",
			warnings: []string{":1: modules.kurento.WebRtcEndpoint.externalIPv4: want an IPv4 address", "want an IPv6 address"}},
		{name: "empty is unset", ini: "externalIPv4=\nexternalIPv6=  "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := mustLoad(t, files{webRtcFile: test.ini}.write(t), test.env, test.warnings...).WebRtcEndpoint
			if w.ExternalIPv4 != test.v4 || w.ExternalIPv6 != test.v6 {
				t.Errorf("got %q and %q, want %q and %q", w.ExternalIPv4, w.ExternalIPv6, test.v4, test.v6)
			}
		})
	}
}

func TestStunVariablesCountTogether(t *testing.T) {
	for _, env := range []variableSet{{"KMS_STUN_IP": "192.0.2.1"}, {"KMS_STUN_PORT": "1", "KMS_STUN_IP": ""}} {
		w := mustLoad(t, t.TempDir(), env, "must be set as well").WebRtcEndpoint
		if w.StunServerAddress != nil || w.StunServerPort != 3478 {
			t.Errorf("%v: got %q:%d", env, w.StunServerAddress, w.StunServerPort)
		}
	}
}

func TestListeners(t *testing.T) {
	tests := []struct {
		name, websocket string
		port, secure    int
		err             error
		warnings        []string
	}{
		{name: "nothing said", websocket: `{}`, port: 8888},
		{name: "ws off without wss", websocket: `{"port": 0}`, err: ErrNoPort},
		{name: "both", websocket: `{"port": 1, "secure": {"port": 2, "certificate": "c"}}`, port: 1, secure: 2},
		{name: "ws commented out", websocket: `{"//port": 1, "secure": {"port": 2, "certificate": "c"}}`, secure: 2},
		{name: "no certificate", websocket: `{"port": 1, "secure": {"port": 2}}`, port: 1,
			warnings: []string{"secure.port: wss is off: it needs secure.certificate"}},
		{name: "only wss and no certificate", websocket: `{"secure": {"port": 2}}`, err: ErrNoPort},
		{name: "one port for both", websocket: `{"port": 2, "secure": {"port": 2, "certificate": "c"}}`, port: 2,
			warnings: []string{"port 2 is taken by ws"}},
		{name: "port out of range", websocket: `{"port": 65536}`, port: 8888, warnings: []string{`not "65536"`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := files{mainFile: `{"mediaServer": {"net": {"websocket": ` + test.websocket + `}}}`}.write(t)
			c, err := loadIn(dir, nil)
			if !errors.Is(err, test.err) {
				t.Fatalf("error %v, want %v", err, test.err)
			}
			if test.err != nil {
				return
			}
			checkWarnings(t, c, test.warnings)
			if c.WebSocket.Port != test.port || c.WebSocket.Secure.Port != test.secure {
				t.Errorf("ws %d wss %d, want %d and %d", c.WebSocket.Port, c.WebSocket.Secure.Port, test.port, test.secure)
			}
		})
	}
}

// A server told to listen on one address must not listen on all because of a slip.
func TestBadListenAddressIsAnError(t *testing.T) {
	dir := files{mainFile: "{\n\"mediaServer\": {\"net\": {\"websocket\": {\"address\": \"127.0.0\"}}}}"}.write(t)
	_, err := loadIn(dir, nil)
	if err == nil || !strings.Contains(err.Error(), `kurento.conf.json:2: mediaServer.net.websocket.address: want an IP address, not "127.0.0"`) {
		t.Errorf("error %v", err)
	}
}

func TestSettings(t *testing.T) {
	dir := files{
		mainFile:                                `{"mediaServer": {"net": {"websocket": {"secure": {"password": "hush"}}}}}`,
		webRtcFile:                              "\nturnURL=user:hush@192.0.2.1\n",
		"modules/kurento/HttpEndpoint.conf.ini": "port=9092\n",
	}.write(t)
	c := mustLoad(t, dir, variableSet{"KMS_MIN_PORT": "5000", "KURENTO_LOGS_PATH": "/logs"})
	got := map[string]string{}
	for _, s := range c.Settings() {
		got[s.Name] = s.Value + " from " + s.Origin.String()
	}
	want := map[string]string{
		"--logs-path": "/logs from KURENTO_LOGS_PATH",
		"mediaServer.resources.garbageCollectorPeriod":       "240 from default",
		"mediaServer.net.websocket.secure.password":          "*** from " + filepath.Join(dir, mainFile) + ":1",
		"mediaServer.metadata":                               " from default",
		"modules.kurento.WebRtcEndpoint.turnURL":             "user:***@192.0.2.1:3478?transport=udp from " + filepath.Join(dir, webRtcFile) + ":2",
		"modules.kurento.BaseRtpEndpoint.minPort":            "5000 from KMS_MIN_PORT",
		"modules.kurento.SdpEndpoint.audioCodecs":            "opus/48000/2,PCMU/8000,PCMA/8000,AMR/8000 from default",
		"modules.kurento.HttpEndpoint.serverPort":            "9092 from " + filepath.Join(dir, "modules/kurento/HttpEndpoint.conf.ini") + ":1",
		"modules.kurento.WebRtcEndpoint.qos-dscp":            "NO_VALUE from default",
		"modules.kurento.PlayerEndpoint.rtspClientPortRange": "0-0 from default",
	}
	for name, line := range want {
		if got[name] != line {
			t.Errorf("%s is %q, want %q", name, got[name], line)
		}
	}
	if _, ok := got["modules.kurento.HttpEndpoint.port"]; ok {
		t.Error("an alias is listed as a setting of its own")
	}
}

func networksOf(t *testing.T, texts ...string) (list Networks) {
	t.Helper()
	for _, text := range texts {
		n, err := netip.ParsePrefix(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, n)
	}
	return list
}
