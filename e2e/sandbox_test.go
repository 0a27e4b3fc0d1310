//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// A sandbox is this machine's system as a copy that is thrown away: files can be changed, packages installed and services started in
// it, and the machine itself sees nothing of it. It has processes and a network of its own.
type sandbox struct {
	t   *testing.T
	pid string // of its first process
}

// What makes the copy: all that is written lands in memory. The first process collects those that have lost their parents, and
// ends, and all others with it, when its standard input does.
const sandboxScript = `set -e
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
mount -t proc proc /mnt/root/proc
mount --rbind /dev /mnt/root/dev
mount -t tmpfs tmpfs /mnt/root/run
mount -t tmpfs tmpfs /mnt/root/tmp
ip link set lo up
rm -f /mnt/root/usr/sbin/policy-rc.d # in containers it keeps packages from starting services
exec chroot /mnt/root sh -c 'echo ready; cat; exit'`

func newSandbox(t *testing.T) *sandbox {
	t.Helper()
	cmd := exec.Command("unshare", "--mount", "--net", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "sh", "-c", sandboxScript)
	log := &syncBuffer{}
	cmd.Stdout, cmd.Stderr = log, log
	stdin, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		stdin.Close()
		select {
		case <-ended:
		case <-time.After(stopTimeout):
			t.Errorf("the sandbox does not end: %s", log.String())
			_ = cmd.Process.Kill()
			<-ended
		}
	})
	eventually(t, startTimeout, "the sandbox", func() bool {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("no sandbox: %v: %s", err, log.String())
		default:
		}
		return strings.Contains(log.String(), "ready")
	})
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	return &sandbox{t, strings.TrimSpace(string(children))}
}

// command prepares a shell's command line in the sandbox, which is told that it has been booted: else packages start no services.
func (s *sandbox) command(line string) *exec.Cmd {
	cmd := exec.Command("nsenter", "--target", s.pid, "--mount", "--net", "--pid", "--uts", "--ipc", "--root", "--wd", "sh", "-c", line)
	cmd.Env = append(os.Environ(), "RUNLEVEL=2", "PREVLEVEL=N")
	return cmd
}

// try runs a command line and returns what it prints, and whether it succeeds.
func (s *sandbox) try(line string) (string, bool) {
	out, err := s.command(line).CombinedOutput()
	return strings.TrimSpace(string(out)), err == nil
}

// run is try for what succeeds.
func (s *sandbox) run(line string) string {
	s.t.Helper()
	out, ok := s.try(line)
	if !ok {
		s.t.Fatalf("%s failed:\n%s", line, out)
	}
	return out
}

// put copies a file of this machine into the sandbox.
func (s *sandbox) put(from, to string) {
	s.t.Helper()
	file, err := os.Open(from)
	if err != nil {
		s.t.Fatal(err)
	}
	defer file.Close()
	cmd := s.command("cat >" + to)
	cmd.Stdin = file
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("copying %s: %v: %s", from, err, out)
	}
}
