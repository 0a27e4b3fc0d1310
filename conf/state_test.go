package conf

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestState(t *testing.T) {
	dir := files{mainFile: "{}", webRtcFile: "pemCertificateRSA=rsa.pem\n"}.write(t)
	if err := os.WriteFile(filepath.Join(dir, "modules/kurento/rsa.pem"), []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	changes := []struct {
		name string
		do   func() error
	}{
		{"a file is written", func() error {
			return os.WriteFile(filepath.Join(dir, webRtcFile), []byte("pemCertificateRSA=rsa.pem\n;\n"), 0o600)
		}},
		{"of equal size", func() error { return os.Chtimes(filepath.Join(dir, mainFile), at, at) }},
		{"a file is new", func() error { return os.WriteFile(filepath.Join(dir, rtpFile), []byte("mtu=1000\n"), 0o600) }},
		{"a directory is new", func() error { return os.Mkdir(filepath.Join(dir, "modules/mine"), 0o700) }},
		{"a certificate is another", func() error { return os.WriteFile(filepath.Join(dir, "modules/kurento/rsa.pem"), []byte("bb"), 0o600) }},
		{"rights are given", func() error { return os.Chmod(filepath.Join(dir, "modules/kurento/rsa.pem"), 0o440) }},
		{"the main file goes", func() error { return os.Remove(filepath.Join(dir, mainFile)) }},
	}
	for _, change := range changes {
		c := mustLoad(t, dir, nil)
		before := c.State()
		if c.State() != before {
			t.Fatalf("%s: the state changes on its own", change.name)
		}
		if err := change.do(); err != nil {
			t.Fatal(err)
		}
		if c.State() == before {
			t.Errorf("%s: the state is the same\n%s", change.name, before)
		}
	}
}

// What can change does, what cannot stays, and both are told.
func TestReload(t *testing.T) {
	dir := files{rtpFile: "minPort=5000\nrembFloor=100\n"}.write(t)
	args := []string{"-c", filepath.Join(dir, "modules")}
	before, err := Load(args, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, rtpFile), []byte("minPort=6000\nrembFloor=200\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		after, changes, err := Reload(before, args, nil)
		if err != nil {
			t.Fatal(err)
		}
		if r := after.BaseRtpEndpoint; r.MinPort != 5000 || r.RembFloor != 200 {
			t.Errorf("minPort %d and rembFloor %d, want 5000 and 200", r.MinPort, r.RembFloor)
		}
		if len(changes) == 0 || changes[0].Name != keyMinPort || changes[0].Live || changes[0].Value != "6000" {
			t.Errorf("changes %+v", changes)
		}
		before = after // minPort still waits for a restart
	}
	if _, _, err := Reload(before, []string{"-f", filepath.Join(dir, "gone.conf.json")}, nil); err == nil {
		t.Error("a missing file is no error")
	}
}
