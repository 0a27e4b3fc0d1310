//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// webRtcFile is the module file of WebRtcEndpoint beside a main file.
func webRtcFile(main string) string {
	return filepath.Join(filepath.Dir(main), "modules", "kurento", "WebRtcEndpoint.conf.ini")
}

func writeFile(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// said waits until the server's log holds a text.
func (s *server) said(text string) {
	s.t.Helper()
	eventually(s.t, answerTimeout, text+" in the log", func() bool { return strings.Contains(s.log.String(), text) })
}

// An edited file counts for new elements, and a call that is going on does not lose a packet.
func TestConfigurationChangesDuringACall(t *testing.T) {
	const secret, second = "first-password", "second-password"
	s := newServer(t, freePort(t))
	main := s.writeConfig()
	ini := webRtcFile(main)
	writeFile(t, ini, "turnURL=user:"+secret+"@192.0.2.1\n")
	s.start("-f", main)
	eventually(t, startTimeout, "the server's first pong", s.pongs)
	call := startLoad(t, s, "-mode", "fanout", "-viewers", "2", "-duration", "8s", "-bitrate", "300000")
	c := s.dial(t)
	pipeline := c.create("MediaPipeline", nil)
	before := c.create("WebRtcEndpoint", object{"mediaPipeline": pipeline})
	turnOf := func(endpoint string) string { return c.invoke(endpoint, "getTurnUrl", nil) }
	newTURN := func() string { return turnOf(c.create("WebRtcEndpoint", object{"mediaPipeline": pipeline})) }

	// By itself, when the file has changed.
	writeFile(t, ini, "turnURL=user:"+second+"@192.0.2.2\nudpMuxPort=5000\nnosuchkey=1\n")
	s.said("configuration read again")
	if got, want := newTURN(), "user:"+second+"@192.0.2.2"; got != want {
		t.Errorf("a new endpoint has TURN server %q, want %q", got, want)
	}
	if got, want := turnOf(before), "user:"+secret+"@192.0.2.1"; got != want {
		t.Errorf("an endpoint of before has TURN server %q, want %q", got, want)
	}
	s.said("setting takes effect at the next start")
	s.said("nosuchkey: unknown key")

	// On SIGHUP at once, with log levels, codecs and a certificate.
	levels := s.log.String()
	writeFile(t, filepath.Join(filepath.Dir(ini), "SdpEndpoint.conf.json"), `{"videoCodecs": [{"name": "H264/90000"}]}`)
	writeCertificate(t, filepath.Join(filepath.Dir(ini), "dtls.pem"))
	writeFile(t, ini, "pemCertificateECDSA=dtls.pem\n")
	writeFile(t, main, strings.Replace(readFile(t, main), `{"mediaServer": {`, `{"mediaServer": {"logLevels": "5", `, 1))
	offer := func() string {
		return c.invoke(c.create("WebRtcEndpoint", object{"mediaPipeline": pipeline}), "generateOffer", nil)
	}
	fingerprint := regexp.MustCompile(`a=fingerprint:.*`)
	old := offer()
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, answerTimeout, "the new settings", func() bool { return !strings.Contains(offer(), "VP8/90000") })
	fresh := offer()
	if !strings.Contains(fresh, "H264/90000") || fingerprint.FindString(fresh) == fingerprint.FindString(old) {
		t.Errorf("the offer is not as the files say:\n%s", fresh)
	}
	s.said(`"level":"debug"`)
	if strings.Contains(levels, `"level":"debug"`) {
		t.Error("details were logged before they were asked for")
	}

	// A file that cannot be read changes nothing.
	writeFile(t, main, `{"mediaServer": {`)
	s.said("configuration cannot be read, everything stays as it is")
	if strings.Contains(offer(), "VP8/90000") {
		t.Error("the settings are those of the start again")
	}

	if r := call(); r.Delivered != r.Expected || r.Expected < 250 {
		t.Errorf("the call: %d of %d packets", r.Delivered, r.Expected)
	}
	s.stop()
	if log := s.log.String(); strings.Contains(log, secret) || strings.Contains(log, second) {
		t.Errorf("the log holds a password:\n%s", log)
	}
}

func readFile(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// With a logs path nothing goes to standard error, and a new file begins when the old one was taken away.
func TestLogFiles(t *testing.T) {
	s := newServer(t, freePort(t))
	dir := filepath.Join(t.TempDir(), "logs")
	s.start("-f", s.writeConfig(), "--logs-path", dir)
	eventually(t, startTimeout, "the server's first pong", s.pongs)
	name := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d{6}\.\d{5}\.pid\d+\.log$`)
	list := func() (files []string) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !name.MatchString(e.Name()) {
				t.Errorf("a log file is called %s", e.Name())
			}
			files = append(files, filepath.Join(dir, e.Name()))
		}
		return files
	}
	files := list()
	if len(files) != 1 {
		t.Fatalf("log files %q", files)
	}
	if !strings.Contains(readFile(t, files[0]), "Kurento Media Server started") {
		t.Errorf("the log file holds\n%s", readFile(t, files[0]))
	}
	if err := os.Remove(files[0]); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, answerTimeout, "a new log file", func() bool { return len(list()) == 1 })
	if s.log.String() != "" {
		t.Errorf("standard error has\n%s", s.log.String())
	}
}

// A logs path that cannot be written is no reason not to serve.
func TestLogFilesThatCannotBeWritten(t *testing.T) {
	s := newServer(t, freePort(t))
	s.start("-f", s.writeConfig(), "--logs-path", "/dev/null/logs")
	eventually(t, startTimeout, "the server's first pong", s.pongs)
	if log := s.log.String(); !strings.Contains(log, "Warning : logs path: ") || !strings.Contains(log, "Kurento Media Server started") {
		t.Errorf("standard error has\n%s", log)
	}
}

// GST_DEBUG and KMS_* of a compose file act on the binary itself.
func TestVariables(t *testing.T) {
	s := newServer(t, freePort(t))
	s.startWith([]string{"GST_DEBUG=2", "KMS_TURN_URL=user:hush@192.0.2.1?transport=udp", "KMS_MINPORT=5000"}, "-f", s.writeConfig())
	eventually(t, startTimeout, "the server's first pong", s.pongs)
	c := s.dial(t)
	e := c.create("WebRtcEndpoint", object{"mediaPipeline": c.create("MediaPipeline", nil)})
	if got, want := c.invoke(e, "getTurnUrl", nil), "user:hush@192.0.2.1?transport=udp"; got != want {
		t.Errorf("TURN server %q, want %q", got, want)
	}
	log := s.log.String()
	if strings.Contains(log, "started") || !strings.Contains(log, "KMS_MINPORT: unknown variable, did you mean KMS_MIN_PORT?") {
		t.Errorf("with GST_DEBUG=2 the log is\n%s", log)
	}
}

// rivero config and rivero healthcheck, as in a container: all arguments in one.
func TestCommands(t *testing.T) {
	s := newServer(t, freePort(t))
	main := s.writeConfig()
	writeFile(t, webRtcFile(main), "turnURL=user:hush@192.0.2.1\n")
	command := func(arg string) (string, error) {
		out, err := exec.Command(filepath.Join(env.bin, "rivero"), arg).CombinedOutput()
		return string(out), err
	}
	if out, err := command("healthcheck -f " + main); err == nil {
		t.Errorf("a server that does not run is healthy: %s", out)
	}
	s.start("-f " + main)
	eventually(t, startTimeout, "the server's first pong", s.pongs)
	if out, err := command("healthcheck -f " + main); err != nil || !strings.Contains(out, "pong") {
		t.Errorf("healthcheck: %v: %s", err, out)
	}

	out, err := command("config -json -f " + main)
	var report struct {
		Settings []struct{ Name, Value, From string }
	}
	if err == nil {
		err = json.Unmarshal([]byte(out), &report)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got := map[string]string{}
	for _, setting := range report.Settings {
		got[setting.Name] = setting.Value + " from " + setting.From
	}
	const turn = "modules.kurento.WebRtcEndpoint.turnURL"
	if want := "user:***@192.0.2.1:3478?transport=udp from " + webRtcFile(main) + ":1"; got[turn] != want {
		t.Errorf("%s is %q, want %q", turn, got[turn], want)
	}
	plain, err := command("config -f " + main)
	if err != nil || !regexp.MustCompile(`(?m)^`+turn+` +user:\*\*\*@192\.0\.2\.1:3478`).MatchString(plain) || strings.Contains(plain+out, "hush") {
		t.Errorf("%v:\n%s", err, plain)
	}
}

// What cannot be found out stays unset, with a warning, and does not hold up the start for long.
func TestExternalAddressThatNobodyKnows(t *testing.T) {
	n := newNetwork(t, coneNAT, coneNAT)
	begin := time.Now()
	s := n.startServer("externalIPv4=auto\n")
	s.dial()
	if took := time.Since(begin); took > startTimeout/2 {
		t.Errorf("started after %v", took)
	}
	s.said("no public address found, it stays unset")
}
