// Package server is the media server as one function: configuration, wiring and signals. A program that has elements of its own
// calls it with their classes; cmd/rivero is the one that has none. It is the only package that knows all the others.
package server

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/rivero-media/rivero/conf"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/server/internal/logs"
)

// Main is the main function of a media server: it reads the command line and the environment, and ends the process. version is that
// of the program; clients are told the version of Kurento whose interface this is. Of more classes than Rivero's own, clients can
// create objects as of any other; they are called Module.Class on the wire.
func Main(version string, more ...*pipeline.Class) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	p := &program{version: version, more: more, args: os.Args[1:], environ: os.Environ(), stdout: os.Stdout, stderr: os.Stderr}
	code := p.run(ctx)
	stop()
	os.Exit(code)
}

// program is what was called.
type program struct {
	version        string
	more           []*pipeline.Class
	args, environ  []string
	stdout, stderr io.Writer
}

// run is the whole program; it returns the exit code. The server ends when ctx does.
func (p *program) run(ctx context.Context) int {
	failed := func(err error) int {
		fmt.Fprintf(p.stderr, "Error : %v\n", err)
		return 1
	}
	config, err := conf.Load(p.args, p.environ)
	if err != nil {
		return failed(err)
	}
	switch config.Show {
	case conf.ShowHelp:
		fmt.Fprint(p.stdout, conf.Usage())
		return 0
	case conf.ShowVersion, conf.ShowList:
		if err := p.show(config); err != nil {
			return failed(err)
		}
		return 0
	}
	switch config.Command {
	case conf.CommandHealthcheck:
		return healthcheck(ctx, config, p.stdout, p.stderr)
	case conf.CommandConfig:
		return printConfig(config, p.stdout, p.stderr)
	}
	if err := become(config.UID); err != nil {
		return failed(err)
	}
	if config.Command == conf.CommandDoctor {
		return examine(ctx, config, p.stdout, p.stderr)
	}
	if err := p.serve(ctx, config); err != nil {
		return failed(err)
	}
	return 0
}

// serve runs the server until ctx ends.
func (p *program) serve(ctx context.Context, config *conf.Config) error {
	out := p.stderr
	var files *logs.Files
	if config.Log.Path != "" {
		var err error
		if files, err = logs.OpenFiles(config.Log.Path, int64(config.Log.FileSize)<<20, config.Log.MaxFiles, p.stderr); err != nil {
			fmt.Fprintf(p.stderr, "Warning : %v: the log goes to standard error\n", err) // no reason not to serve
		} else {
			defer files.Close()
			out = files
		}
	}
	s := &server{program: p, config: config, logs: logs.New(out, config.Log), files: files}
	if err := s.open(ctx); err != nil {
		return err
	}
	defer s.close()
	return s.serve(ctx)
}
