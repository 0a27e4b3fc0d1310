package server

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/conf"
	"github.com/rivero-media/rivero/elements"
	"github.com/rivero-media/rivero/pipeline"
)

// show answers --version and --list as the original does.
func (p *program) show(c *conf.Config) error {
	printWarnings(c, p.stderr)
	quiet := func(string) zerolog.Logger { return zerolog.Nop() }
	set, err := elements.Open(c, quiet)
	if err != nil {
		return err
	}
	defer set.Close()
	objects := pipeline.NewServer(pipeline.Settings{}, slices.Concat(set.Classes, p.more), zerolog.Nop())
	defer objects.Close()
	if c.Show == conf.ShowList { // every name that create accepts
		fmt.Fprintln(p.stdout, "Available factories:")
		for _, name := range objects.Factories() {
			fmt.Fprintf(p.stdout, "\t%s\n", name)
		}
		return nil
	}
	fmt.Fprintf(p.stdout, "Kurento Media Server version: %s\nFound modules:\n", pipeline.Version)
	for _, m := range objects.Modules() {
		fmt.Fprintf(p.stdout, "\t'%s' version %s\n", m.Name, m.Version)
	}
	fmt.Fprintf(p.stdout, "Rivero version: %s\n", p.version)
	return nil
}

func printWarnings(c *conf.Config, w io.Writer) {
	for _, warning := range c.Warnings {
		fmt.Fprintf(w, "Warning : %s\n", warning)
	}
}

// configReport is the effective configuration as JSON.
type configReport struct {
	Files    []string        `json:"files"` // that were read, in order
	Settings []settingReport `json:"settings"`
	Warnings []string        `json:"warnings"`
}

type settingReport struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	From  string `json:"from"` // "default", an option, a variable or file:line
	Live  bool   `json:"live"`
	About string `json:"about"`
}

// printConfig prints every setting with its value and where that is from; it returns the exit code. Warnings are no
// failure, and go to standard error unless they are part of the JSON.
func printConfig(c *conf.Config, stdout, stderr io.Writer) int {
	report := configReport{Files: append([]string{}, c.Files...), Warnings: []string{}}
	for _, s := range c.Settings() {
		report.Settings = append(report.Settings, settingReport{s.Name, s.Value, s.Origin.String(), s.Live, s.About})
	}
	for _, w := range c.Warnings {
		report.Warnings = append(report.Warnings, w.String())
	}
	if c.JSON {
		out := json.NewEncoder(stdout)
		out.SetIndent("", "  ")
		out.SetEscapeHTML(false)
		if err := out.Encode(report); err != nil {
			fmt.Fprintf(stderr, "Error : %v\n", err)
			return 1
		}
		return 0
	}
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	for _, f := range report.Files {
		fmt.Fprintf(stdout, "# read %s\n", f)
	}
	for _, s := range report.Settings {
		fmt.Fprintf(table, "%s\t%s\t%s\n", s.Name, s.Value, s.From)
	}
	if err := table.Flush(); err != nil {
		fmt.Fprintf(stderr, "Error : %v\n", err)
		return 1
	}
	printWarnings(c, stderr)
	return 0
}
