// Package doctor tries what a configuration promises and says what it found: limits of the system, the clock, ports,
// certificates, STUN and TURN servers, the NAT in between. It changes nothing and needs no running server, but tells one.
package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rivero-media/rivero/conf"
)

// Status says how good a finding is.
type Status string

// The values of Status. Only a failure makes the exit status of the command 1.
const (
	OK      Status = "ok"
	Note    Status = "note"    // worth knowing
	Warning Status = "warning" // works, but not always or not for long
	Failure Status = "failure" // does not work
)

// Finding is the outcome of one check. It holds no password.
type Finding struct {
	Check   string `json:"check"`             // what was tried: "limits", "stun" ...
	Subject string `json:"subject,omitempty"` // of several of a kind, which one
	Status  Status `json:"status"`
	Text    string `json:"text"`             // what was found
	Advice  string `json:"advice,omitempty"` // what to do
}

// Report is what all checks have found, in their order.
type Report struct {
	Findings []Finding `json:"findings"`
}

// Failed tells whether something does not work.
func (r *Report) Failed() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Status == Failure })
}

// Examine does all checks, one after the other: their traffic must not disturb each other. Each has a time limit of
// its own; together they take a few seconds for each server that does not answer.
func Examine(ctx context.Context, c *conf.Config) *Report {
	resolved := *c
	x := &examiner{ctx: ctx, config: &resolved, report: &Report{}}
	x.configuration()
	x.limits()
	x.clock()
	x.control()
	x.certificates()
	x.addresses()
	x.external()
	x.udpPorts()
	x.stunServers()
	x.turnServers()
	x.outside()
	return x.report
}

// examiner is the state of one examination.
type examiner struct {
	ctx    context.Context
	config *conf.Config // with addresses in the place of "auto"
	report *Report

	net knowledge // what the checks of the network have found so far
}

func (x *examiner) found(check, subject string, status Status, text string, advice ...string) {
	x.report.Findings = append(x.report.Findings, Finding{check, subject, status, text, strings.Join(advice, " ")})
}

func (x *examiner) configuration() {
	for _, w := range x.config.Warnings {
		x.found("configuration", "", Warning, w.String())
	}
	text := "built-in defaults and variables, no files"
	if n := len(x.config.Files); n > 0 {
		text = fmt.Sprintf("%d files read, the first is %s", n, x.config.Files[0])
	}
	x.found("configuration", "", OK, text)
}

// Print writes a line for each finding, and a summary.
func (r *Report) Print(w io.Writer) error {
	var b strings.Builder
	count := map[Status]int{}
	for _, f := range r.Findings {
		count[f.Status]++
		subject := f.Check
		if f.Subject != "" {
			subject += " " + f.Subject
		}
		fmt.Fprintf(&b, "%-8s %s: %s\n", f.Status, subject, f.Text)
		if f.Advice != "" {
			fmt.Fprintf(&b, "%-8s   → %s\n", "", f.Advice)
		}
	}
	fmt.Fprintf(&b, "%d ok, %d notes, %d warnings, %d failures\n", count[OK], count[Note], count[Warning], count[Failure])
	_, err := io.WriteString(w, b.String())
	return err
}

// PrintJSON writes the report as one JSON object.
func (r *Report) PrintJSON(w io.Writer) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(r)
}
