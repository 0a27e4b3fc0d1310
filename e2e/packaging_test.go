//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// needs skips a test where it cannot run: not as root, or without some programs, each beside the Debian package that brings it. In CI
// that is a failure.
func needs(t *testing.T, programs map[string]string) {
	t.Helper()
	cannot := t.Skipf
	if os.Getenv("CI") == "true" {
		cannot = t.Fatalf
	}
	if os.Geteuid() != 0 {
		cannot("mounts and namespaces need root")
	}
	for program, debian := range programs {
		if _, err := exec.LookPath(program); err != nil {
			cannot("%v: it is in the Debian package %s; `make deps` installs what the tests need", err, debian)
		}
	}
}

// makeTarget runs make as a user would, with settings such as VERSION=1.0.0.
func makeTarget(t *testing.T, target string, settings ...string) {
	t.Helper()
	cmd := exec.Command("make", append([]string{target}, settings...)...)
	cmd.Dir = env.root
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "MAKE") && !strings.HasPrefix(variable, "MFLAGS") { // of the make that runs the tests
			cmd.Env = append(cmd.Env, variable)
		}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make %s: %v\n%s", target, err, out)
	}
}

// output runs a program that succeeds and returns what it prints.
func output(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}
