//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// An imageStore holds the images that are under test, apart from the machine's own.
type imageStore struct{ folder string }

// options are the global ones of podman and buildah.
func (s *imageStore) options() []string {
	return []string{"--storage-driver", "vfs", "--root", filepath.Join(s.folder, "root"), "--runroot", filepath.Join(s.folder, "run")}
}

// podman prepares a call of podman, in a namespace of a network if there is one.
func (s *imageStore) podman(n *network, args ...string) *exec.Cmd {
	args = append(append(s.options(), "--cgroup-manager", "cgroupfs", "--runtime", "runc"), args...)
	if n == nil {
		return exec.Command("podman", args...)
	}
	// Not `ip netns exec`: it hides the control groups.
	return exec.Command("nsenter", append([]string{"--net=" + filepath.Join("/run/netns", n.name("server")), "podman"}, args...)...)
}

// do calls podman and returns what it prints.
func (s *imageStore) do(t *testing.T, n *network, args ...string) string {
	t.Helper()
	cmd := s.podman(n, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("podman %s: %v\n%s%s", strings.Join(args, " "), err, out, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

// A container runs one of the images on the machine called server of a network.
type container struct {
	*netServer
	store   *imageStore
	name    string
	started time.Time // when it was asked for
}

// run starts a container that shares the network of its machine, unless options say otherwise, and waits for the server's first pong.
func (s *imageStore) run(n *network, port int, image string, options []string, args ...string) *container {
	t := n.t
	t.Helper()
	c := &container{&netServer{newServer(t, port), n}, s, n.name("container"), time.Now()}
	t.Cleanup(func() {
		if t.Failed() {
			out, _ := s.podman(n, "logs", c.name).CombinedOutput()
			t.Logf("log of the container:\n%s", out)
		}
		if out, err := s.podman(n, "rm", "--force", "--time", "0", c.name).CombinedOutput(); err != nil {
			t.Errorf("podman rm: %v: %s", err, out)
		}
	})
	all := []string{"run", "--detach", "--pull", "never", "--name", c.name, "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000"}
	if !strings.Contains(strings.Join(options, " "), "--network") {
		all = append(all, "--network", "host")
	}
	s.do(t, n, append(append(append(all, options...), image), args...)...)
	eventually(t, startTimeout, "the container's first pong", c.pongs)
	return c
}

// pongs asks for a pong from within the machine of the container.
func (c *container) pongs() bool {
	dialer := websocket.Dialer{NetDial: c.network.dialer("server")}
	ws, _, err := dialer.Dial(c.url(), nil)
	if err != nil {
		return false
	}
	defer ws.Close()
	_ = ws.SetReadDeadline(time.Now().Add(time.Second))
	_ = ws.WriteMessage(websocket.TextMessage, []byte(`{"jsonrpc":"2.0","id":1,"method":"ping"}`))
	_, answer, err := ws.ReadMessage()
	return err == nil && strings.Contains(string(answer), `"pong"`)
}

// exec runs a program in the container and returns what it prints, and its exit code.
func (c *container) exec(args ...string) (string, int) {
	c.t.Helper()
	out, err := c.store.podman(c.network, append([]string{"exec", c.name}, args...)...).CombinedOutput()
	if exit, ok := err.(*exec.ExitError); ok {
		return string(out), exit.ExitCode()
	} else if err != nil {
		c.t.Fatal(err)
	}
	return strings.TrimSpace(string(out)), 0
}

// inspect returns a property of the container.
func (c *container) inspect(format string) string {
	c.t.Helper()
	return c.store.do(c.t, c.network, "inspect", "--format", format, c.name)
}

// pid is the number of the server's process, as the machine sees it.
func (c *container) pid() int {
	c.t.Helper()
	pid, err := strconv.Atoi(c.inspect("{{.State.Pid}}"))
	if err != nil || pid == 0 {
		c.t.Fatalf("process %d of the container: %v", pid, err)
	}
	return pid
}

// status is a line of the server's /proc/PID/status.
func (c *container) status(key string) []string {
	c.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.pid()))
	if err != nil {
		c.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\n"+key+":")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.Fields(line)
}

// signal sends the server a signal of the machine's root.
func (c *container) signal(s syscall.Signal) {
	c.t.Helper()
	if err := syscall.Kill(c.pid(), s); err != nil {
		c.t.Fatal(err)
	}
}

// stop ends the container as `docker stop` does, and checks that the server ends well.
func (c *container) stop() {
	c.t.Helper()
	c.store.do(c.t, c.network, "stop", c.name)
	if code := c.inspect("{{.State.ExitCode}}"); code != "0" {
		c.t.Errorf("the server ended with status %s", code)
	}
}

// newCable makes two machines with a cable between them: server 192.168.1.2 and peer 192.168.1.1.
func newCable(t *testing.T) *network {
	t.Helper()
	n := &network{t: t, prefix: fmt.Sprintf("rv%d-%d-", os.Getpid(), networks.Add(1))}
	n.add("server")
	n.add("peer")
	n.wire("server", "eth0", "peer", "eth0")
	for namespace, address := range map[string]string{"server": "192.168.1.2", "peer": "192.168.1.1"} {
		n.run(namespace, "ip", "address", "add", address+"/24", "dev", "eth0")
	}
	return n
}
