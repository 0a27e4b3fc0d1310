// Count runs commands, one after the other, and counts the tests that `go test -json` reports on their standard output, which
// may hold other lines too. It prints a line per package and all that failing tests said, and ends with "N passed, M failed".
//
// Only leaves are counted: a test with subtests is the sum of them. A package that fails without a failing test (it does not
// build, panics, runs too long) counts as one failure, and so does a command that fails without saying which test.
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
)

// An event is one line of `go test -json` (go doc test2json).
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
	Elapsed float64 // s
}

func main() {
	c := newCounter(os.Stdout)
	for _, command := range os.Args[1:] {
		if err := c.run(command); err != nil {
			fmt.Printf("count: %s: %v\n", command, err)
		}
	}
	c.printSlowest()
	if c.skipped > 0 {
		fmt.Printf("%d skipped\n", c.skipped)
	}
	fmt.Printf("%d passed, %d failed\n", c.passed, c.failed)
	if c.failed > 0 || c.passed == 0 {
		os.Exit(1)
	}
}

// A key names a test, or with an empty test a package.
type key struct{ pkg, test string }

// timed is how long a test took.
type timed struct {
	name    string
	seconds float64
}

type counter struct {
	out                     io.Writer
	output                  map[key][]string // what a test that runs has said
	parents                 map[key]bool     // tests that have subtests
	within                  map[key]int      // failures of subtests, and with an empty test of a package's tests
	passed, failed, skipped int
	times                   []timed // of tests that are nobody's subtests
}

func newCounter(out io.Writer) *counter {
	return &counter{out: out, output: map[key][]string{}, parents: map[key]bool{}, within: map[key]int{}}
}

// run returns the error with which the command ended.
func (c *counter) run(command string) error {
	before := c.failed
	cmd := exec.Command("bash", "-c", command)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err == nil {
		err = errors.Join(c.read(stdout), cmd.Wait())
	}
	if err != nil && c.failed == before {
		c.failed++
	}
	return err
}

func (c *counter) read(in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil || e.Action == "" {
			fmt.Fprintln(c.out, lines.Text()) // make, npm, the compiler
			continue
		}
		c.add(e)
	}
	return lines.Err()
}

func (c *counter) add(e event) {
	k := key{e.Package, e.Test}
	switch e.Action {
	case "run":
		for _, parent := range ancestors(e.Test) {
			c.parents[key{e.Package, parent}] = true
		}
	case "output", "build-output":
		c.output[k] = append(c.output[k], e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			c.endPackage(e)
		} else {
			c.endTest(e)
		}
		delete(c.output, k)
	}
}

func (c *counter) endTest(e event) {
	k := key{e.Package, e.Test}
	if len(ancestors(e.Test)) == 0 {
		c.times = append(c.times, timed{path.Base(e.Package) + " " + e.Test, e.Elapsed})
	}
	if e.Action != "pass" {
		fmt.Fprintf(c.out, "--- %s %s %s (%.2fs)\n%s", strings.ToUpper(e.Action), e.Package, e.Test, e.Elapsed, strings.Join(c.output[k], ""))
	}
	if c.parents[k] && (e.Action != "fail" || c.within[k] > 0) {
		return // its subtests are counted, and it failed because one of them did
	}
	switch e.Action {
	case "pass":
		c.passed++
	case "fail":
		c.failed++
		c.within[key{e.Package, ""}]++
		for _, parent := range ancestors(e.Test) {
			c.within[key{e.Package, parent}]++
		}
	case "skip":
		c.skipped++
	}
}

func (c *counter) endPackage(e event) {
	if e.Action == "skip" {
		return // it has no tests
	}
	fmt.Fprintf(c.out, "%s %s (%.1fs)\n", e.Action, e.Package, e.Elapsed)
	if e.Action == "fail" && c.within[key{e.Package, ""}] == 0 {
		c.failed++
		for k, lines := range c.output { // of the package, of its build, and of tests that never ended
			if k.pkg == e.Package || k.pkg == "" {
				fmt.Fprint(c.out, strings.Join(lines, ""))
			}
		}
	}
}

// printSlowest names the tests that take the most time, for whoever wants the run to take less.
func (c *counter) printSlowest() {
	const most = 25
	slices.SortFunc(c.times, func(a, b timed) int { return cmp.Compare(b.seconds, a.seconds) })
	for _, t := range c.times[:min(most, len(c.times))] {
		fmt.Fprintf(c.out, "%6.1f s  %s\n", t.seconds, t.name)
	}
}

// ancestors of a/b/c are a/b and a.
func ancestors(test string) []string {
	var all []string
	for i := strings.LastIndexByte(test, '/'); i >= 0; i = strings.LastIndexByte(test, '/') {
		test = test[:i]
		all = append(all, test)
	}
	return all
}
