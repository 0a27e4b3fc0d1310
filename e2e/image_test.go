//go:build e2e

package e2e

import (
	"crypto/tls"
	"debug/elf"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/webrtc/v3"
)

// The container images take the place of Kurento's: they are small, laid out alike, and do what the guides do with them.
func TestImage(t *testing.T) {
	needs(t, map[string]string{"buildah": "buildah", "podman": "podman", "runc": "runc", "ip": "iproute2", "nft": "nftables",
		"nsenter": "util-linux", "turnserver": "coturn", "openssl": "openssl", "make": "make"})
	s := &imageStore{t.TempDir()}
	began := time.Now()
	makeTarget(t, "image", "BUILDER=buildah "+strings.Join(s.options(), " "))
	t.Logf("built in %.1f s", time.Since(began).Seconds())

	t.Run("what is inside", s.testContents)
	t.Run("a call with mounted configuration", s.testCall)
	t.Run("a shell in it, and its health", s.testShell)
	t.Run("users and rights", s.testUsers)
	t.Run("wss", s.testSecure)
	t.Run("bridge mode, media through TURN alone", s.testBridge)
	t.Run("examples of deployments", s.testDeployments)
}

// testContents looks at the files of every image. Those of another architecture cannot be run here.
func (s *imageStore) testContents(t *testing.T) {
	const limit = 40e6 // bytes, uncompressed
	machines := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}
	everywhere := []string{"usr/bin/kurento-media-server", "etc/kurento/kurento.conf.json", "etc/kurento/modules/kurento/WebRtcEndpoint.conf.ini",
		"etc/ssl/certs/ca-certificates.crt", "usr/share/zoneinfo/Europe/Madrid", "etc/passwd", "etc/nsswitch.conf", "usr/share/doc/rivero/LICENSE"}
	withShell := []string{"entrypoint.sh", "healthchecker.sh", "getmyip.sh", "bin/bash", "bin/vi", "usr/share/doc/busybox-static/SOURCE"}
	for arch, machine := range machines {
		for _, tag := range []string{"latest", "scratch"} {
			image := "rivero:" + tag + "-" + arch
			size, err := strconv.Atoi(s.do(t, nil, "image", "inspect", "--format", "{{.Size}}", image))
			if err != nil || size > limit {
				t.Errorf("%s has %d bytes: %v", image, size, err)
			}
			t.Logf("%s: %.1f MB", image, float64(size)/1e6)
			about := s.do(t, nil, "image", "inspect", "--format", "{{.Architecture}} {{.Config.Labels}} {{.HealthCheck}}", image)
			if !strings.HasPrefix(about, arch+" ") || !strings.Contains(about, "image.licenses:Apache-2.0") || !strings.Contains(about, "health") {
				t.Errorf("%s says of itself: %s", image, about)
			}

			root := s.do(t, nil, "image", "mount", image)
			defer s.do(t, nil, "image", "unmount", image)
			files := everywhere
			programs := []string{"usr/bin/rivero"}
			if tag == "latest" {
				files, programs = append(files, withShell...), append(programs, "usr/bin/busybox")
			}
			for _, file := range files {
				if _, err := os.Stat(filepath.Join(root, file)); err != nil {
					t.Errorf("%s: %v", image, err)
				}
			}
			for _, program := range programs {
				checkStatic(t, filepath.Join(root, program), machine)
			}
			for folder, mode := range map[string]os.FileMode{"tmp": 0o777 | os.ModeSticky, "var/lib/kurento": 0o777} {
				if info, err := os.Stat(filepath.Join(root, folder)); err != nil || info.Mode() != mode|os.ModeDir {
					t.Errorf("%s: %s: %v", image, folder, info.Mode())
				}
			}
			if _, err := os.Lstat(filepath.Join(root, "bin/sh")); (err == nil) != (tag == "latest") {
				t.Errorf("%s: a shell: %v", image, err)
			}
		}
	}
}

// checkStatic checks that a program needs nothing but the kernel of a machine.
func checkStatic(t *testing.T, program string, machine elf.Machine) {
	t.Helper()
	file, err := elf.Open(program)
	if err != nil {
		t.Error(err)
		return
	}
	defer file.Close()
	libraries, _ := file.ImportedLibraries()
	if file.Machine != machine || len(libraries) > 0 || file.Section(".interp") != nil {
		t.Errorf("%s is for %v and needs %v", program, file.Machine, libraries)
	}
}

// etc makes a folder to mount in place of /etc/kurento.
func etc(t *testing.T, websocket, webrtc string) string {
	t.Helper()
	folder := t.TempDir()
	for file, text := range map[string]string{
		"kurento.conf.json":                       `{"mediaServer": {"net": {"websocket": {` + websocket + `}}}}`,
		"modules/kurento/WebRtcEndpoint.conf.ini": webrtc,
	} {
		path := filepath.Join(folder, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// testCall makes a call with the options of the guides, and measures.
func (s *imageStore) testCall(t *testing.T) {
	n := newCable(t)
	c := s.run(n, 8899, "rivero", []string{"--volume", etc(t, `"port": 8899`, "") + ":/etc/kurento",
		"--env", "KMS_MIN_PORT=5000", "--env", "KMS_MAX_PORT=5050"})
	first := time.Now()
	// podman notes the time when runc has let the program begin.
	began, err := time.Parse("2006-01-02 15:04:05.999999999 -0700 MST", c.inspect("{{.State.StartedAt}}"))
	if err != nil {
		t.Fatal(err)
	}
	kilobytes, err := strconv.Atoi(c.status("VmRSS")[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("first pong %.3f s after the start of the process, %.3f s after podman run; idle: %.1f MB resident",
		first.Sub(began).Seconds(), first.Sub(c.started).Seconds(), float64(kilobytes)/1000)
	if first.Sub(began) > time.Second/2 {
		t.Errorf("the first pong took %v", first.Sub(began))
	}

	p := n.startPeer(peerOptions{})
	c.call().loopback(p)
	if r := p.report(); r.Port < 5000 || r.Port > 5050 {
		t.Errorf("media at port %d", r.Port)
	} else {
		t.Logf("%d packets came back from port %d", r.Packets, r.Port)
	}
	c.stop()
}

// testShell edits the configuration in the running container, and asks for its health as Docker does.
func (s *imageStore) testShell(t *testing.T) {
	c := s.run(newCable(t), 8888, "rivero", nil)
	main, module := "/etc/kurento/kurento.conf.json", "/etc/kurento/modules/kurento/WebRtcEndpoint.conf.ini"
	for _, args := range [][]string{
		{"/healthchecker.sh"},
		{"/bin/bash", "-c", "sed -i 's/8888/8899/' " + main + " && grep -q 8899 " + main},
		{"/bin/bash", "-l", "-c", "vi -c ':%s/^;externalIPv4=.*/externalIPv4=192.168.1.2/' -c ':wq' " + module + " && grep -q ^externalIPv4=192.168.1.2 " + module},
	} {
		if out, code := c.exec(args...); code != 0 {
			t.Errorf("%q: %d: %s", args, code, out)
		}
	}
	s.do(t, c.network, "restart", c.name)
	c.port = 8899
	eventually(t, startTimeout, "the server at its new port", c.pongs)
	s.do(t, c.network, "healthcheck", "run", c.name)

	c.signal(syscall.SIGSTOP)
	out, code := c.exec("/healthchecker.sh")
	c.signal(syscall.SIGCONT)
	if code == 0 {
		t.Errorf("a server that stands still is healthy: %s", out)
	}
	s.do(t, c.network, "healthcheck", "run", c.name)
}

// testUsers runs the images with the rights that people give them.
func (s *imageStore) testUsers(t *testing.T) {
	for _, test := range []struct {
		name, image string
		options     []string
		args        []string
		uid         string
	}{
		{"an empty argument", "rivero", nil, []string{""}, "0"},
		{"KMS_UID", "rivero", []string{"--env", "KMS_UID=1000"}, nil, "1000"},
		{"another user", "rivero", []string{"--user", "1234:1234"}, nil, "1234"},
		{"nothing to write to", "rivero", []string{"--read-only"}, nil, "0"},
		{"no shell", "rivero:scratch", nil, nil, "0"},
		{"no rights at all", "rivero:scratch",
			[]string{"--user", "1234:1234", "--read-only", "--read-only-tmpfs=false", "--cap-drop", "all", "--security-opt", "no-new-privileges"}, nil, "1234"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := s.run(newCable(t), 8888, test.image, test.options, test.args...)
			if got := strings.Join(append(c.status("Uid"), c.status("Gid")...), " "); got != strings.TrimSpace(strings.Repeat(test.uid+" ", 8)) {
				t.Errorf("user and group ids %s, want %s", got, test.uid)
			}
			if out, code := c.exec("/usr/bin/rivero", "healthcheck"); code != 0 {
				t.Errorf("health check: %d: %s", code, out)
			}
			c.stop()
		})
	}
}

// testSecure serves wss with a certificate that only root and its group can read.
func (s *imageStore) testSecure(t *testing.T) {
	folder := etc(t, `"port": 8888, "secure": {"port": 8433, "certificate": "cert+key.pem"}`, "")
	certificate := filepath.Join(folder, "cert+key.pem")
	roots := writeCertificate(t, certificate)
	if err := os.Chmod(certificate, 0o440); err != nil {
		t.Fatal(err)
	}
	c := s.run(newCable(t), 8888, "rivero", []string{"--volume", folder + ":/etc/kurento"})
	dialer := websocket.Dialer{TLSClientConfig: &tls.Config{RootCAs: roots}, NetDial: c.network.dialer("server")}
	ws, _, err := dialer.Dial("wss://127.0.0.1:8433/kurento", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	if pong := (&rawConn{t: t, ws: ws}).must("ping", object{}); pong != "pong" {
		t.Errorf("ping over wss: %q", pong)
	}
}

// testBridge gives the container a network of its own behind its machine, which publishes the port of the control protocol only.
func (s *imageStore) testBridge(t *testing.T) {
	n := newNetwork(t, symmetricNAT, symmetricNAT)
	turn := fmt.Sprintf("turnURL=%s:%s@%s:%d\n", turnUser, turnPassword, turnAddress, turnPort)
	c := s.run(n, 8888, "rivero", []string{"--network", "bridge", "--publish", "8888:8888",
		"--volume", etc(t, `"port": 8888`, turn) + ":/etc/kurento"})
	p := n.startPeer(peerOptions{ICEServers: []webrtc.ICEServer{{URLs: []string{fmt.Sprintf("stun:%s:%d", turnAddress, turnPort)}}}})
	c.call().loopback(p)
	r := p.report()
	t.Logf("%d packets came back, %s to %s", r.Packets, r.Local, r.Remote)
	if r.Remote != "relay" {
		t.Errorf("the server's candidate is of type %q, want a relay", r.Remote)
	}
	if ip := c.inspect("{{.NetworkSettings.IPAddress}}"); net.ParseIP(ip) == nil || strings.HasPrefix(ip, "192.168.") {
		t.Errorf("the container's address %q is its machine's", ip)
	}
}
