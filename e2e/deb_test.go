//go:build e2e

package e2e

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const service = "service kurento-media-server "

// A packaged is a system in which the Debian package is installed.
type packaged struct{ *sandbox }

// The life of a package: it is installed, its service is used as Kurento's, it is upgraded, removed and purged.
func TestDebPackage(t *testing.T) {
	needs(t, map[string]string{"dpkg-deb": "dpkg", "unshare": "util-linux", "start-stop-daemon": "dpkg", "make": "make", "ip": "iproute2"})
	dist := t.TempDir()
	makeTarget(t, "deb", "VERSION=1.0.0", "DIST="+dist)
	makeTarget(t, "deb", "VERSION=1.0.0+1.gabc", "DIST="+dist, "ARCHS="+runtime.GOARCH)
	for _, arch := range []string{"amd64", "arm64"} {
		fields := output(t, "dpkg-deb", "--field", filepath.Join(dist, "rivero_1.0.0_"+arch+".deb"))
		for _, want := range []string{"Package: rivero", "Architecture: " + arch, "Provides: kurento-media-server",
			"Conflicts: kurento-media-server", "Replaces: kurento-media-server"} {
			if !strings.Contains(fields+"\n", want+"\n") {
				t.Errorf("%s package without %q:\n%s", arch, want, fields)
			}
		}
	}

	replacesKurento(t, filepath.Join(dist, "rivero_1.0.0_"+runtime.GOARCH+".deb"))

	s := &packaged{newSandbox(t)}
	for _, version := range []string{"1.0.0", "1.0.0+1.gabc"} {
		s.put(filepath.Join(dist, "rivero_"+version+"_"+runtime.GOARCH+".deb"), "/tmp/"+version+".deb")
	}
	s.run("dpkg --install /tmp/1.0.0.deb")
	s.answersAt("8888")
	s.testService()
	s.testUpgrade()
	s.testRemoval()
}

// The package takes the place of Kurento's, whose configuration it keeps as it was edited.
func replacesKurento(t *testing.T, deb string) {
	s := &packaged{newSandbox(t)}
	s.put(deb, "/tmp/rivero.deb")
	s.run(`mkdir -p /tmp/kms/DEBIAN /tmp/kms/etc/kurento && cd /tmp/kms
printf 'Package: kurento-media-server\nVersion: 7.3.0\nArchitecture: all\nMaintainer: test <test@localhost>\nDescription: test\n' >DEBIAN/control
echo /etc/kurento/kurento.conf.json | tee DEBIAN/conffiles
echo '{"mediaServer": {"net": {"websocket": {"port": 8866}}}}' >etc/kurento/kurento.conf.json
dpkg-deb --build . /tmp/kms.deb && dpkg --install /tmp/kms.deb && sed -i s/8866/8877/ /etc/kurento/kurento.conf.json`)
	s.run("dpkg --force-confold --install /tmp/rivero.deb </dev/null && dpkg --purge kurento-media-server")
	s.answersAt("8877")
}

// answersAt waits until the server answers at a port.
func (s *packaged) answersAt(port string) {
	s.t.Helper()
	var said string
	eventually(s.t, startTimeout, "the server at port "+port, func() (ok bool) {
		said, ok = s.try("rivero healthcheck")
		return ok && strings.Contains(said, ":"+port+"/")
	})
}

// server is the process number of the server.
func (s *packaged) server() string {
	s.t.Helper()
	return s.run("cat /var/run/kurento-media-server.pid")
}

// testService drives the service as guides tell.
func (s *packaged) testService() {
	t := s.t
	if out, ok := s.try(service + "status"); !ok || !strings.Contains(out, "is running") {
		t.Errorf("status: %s", out)
	}
	if user := s.run("ps -o user= -p " + s.server()); user != "kurento" {
		t.Errorf("the server is of user %s", user)
	}
	if version := s.run("kurento-media-server --version"); !strings.HasPrefix(version, "Kurento Media Server version: ") {
		t.Errorf("kurento-media-server --version: %s", version)
	}

	s.run(`sed -i 's/"port": 8888/"port": 8899/' /etc/kurento/kurento.conf.json`)
	s.run(`printf 'DAEMON_MAX_FILES=4321\nDAEMON_MAX_THREADS=3210\n' >>/etc/default/kurento-media-server`)
	s.run(service + "restart")
	s.answersAt("8899")
	limits := s.run("cat /proc/" + s.server() + "/limits")
	for _, want := range []string{"Max open files 4321", "Max processes 3210"} {
		if !strings.Contains(strings.Join(strings.Fields(limits), " "), want) {
			t.Errorf("no %q in\n%s", want, limits)
		}
	}

	before := s.server()
	s.run(service + "reload")
	eventually(t, startTimeout, "the configuration to be read again", func() bool {
		_, ok := s.try("grep -q 'configuration read again' /var/log/kurento-media-server/*.pid" + before + ".log")
		return ok
	})
	s.answersAt("8899")
	if out, ok := s.try(service + "status"); !ok || s.server() != before || s.run("pidof rivero kurento-media-server") != before {
		t.Errorf("reloading ended the server: %s", out)
	}

	s.run(service + "stop")
	if out, ok := s.try(service + "status"); ok || !strings.Contains(out, "not running") {
		t.Errorf("status after stop: %s", out)
	}
	if out, ok := s.try("rivero healthcheck"); ok {
		t.Errorf("health check after stop: %s", out)
	}
	s.run("sed -i s/START_DAEMON=true/START_DAEMON=false/ /etc/default/kurento-media-server")
	s.run(service + "start")
	if out, ok := s.try(service + "status"); ok {
		t.Errorf("status with START_DAEMON=false: %s", out)
	}
	s.run("sed -i s/START_DAEMON=false/START_DAEMON=true/ /etc/default/kurento-media-server")
	s.run(service + "start")
	s.answersAt("8899")

	if _, ok := s.try("command -v systemd-analyze"); !ok {
		t.Log("no systemd-analyze here: the unit is not checked")
	} else if out, ok := s.try("systemd-analyze verify kurento-media-server.service"); !ok || out != "" {
		t.Errorf("the unit: %s", out)
	}
}

// testUpgrade installs a higher version: what was edited stays, and the new server runs.
func (s *packaged) testUpgrade() {
	t, before := s.t, s.server()
	s.run("echo a recording >/var/lib/kurento/recording.webm")
	out := s.run("dpkg --install /tmp/1.0.0+1.gabc.deb </dev/null")
	s.answersAt("8899")
	if version := s.run("dpkg-query --show --showformat='${Version}' rivero"); version != "1.0.0+1.gabc" || s.server() == before {
		t.Errorf("version %s, process %s after %s:\n%s", version, s.server(), before, out)
	}
	if limit := s.run("cat /etc/default/kurento-media-server"); !strings.Contains(limit, "DAEMON_MAX_FILES=4321") {
		t.Errorf("/etc/default/kurento-media-server lost what was edited:\n%s", limit)
	}
}

// testRemoval takes the package away: its files first, then its configuration and logs.
func (s *packaged) testRemoval() {
	t := s.t
	s.run("dpkg --remove rivero")
	if out, ok := s.try("pidof rivero kurento-media-server"); ok {
		t.Errorf("process %s outlives the package", out)
	}
	s.run("test -e /etc/kurento/kurento.conf.json -a -d /var/log/kurento-media-server -a ! -e /usr/bin/kurento-media-server")
	s.run("dpkg --purge rivero")
	s.run("test ! -e /etc/kurento -a ! -e /etc/default/kurento-media-server -a ! -e /var/log/kurento-media-server")
	s.run("test -e /var/lib/kurento/recording.webm") // nobody's but its owner's to delete
	if out, _ := s.try("ls /etc/rc2.d /etc/systemd/system/multi-user.target.wants"); strings.Contains(out, "kurento") {
		t.Errorf("a purge leaves\n%s", out)
	}
}
