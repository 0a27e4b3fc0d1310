// Command rivero is the media server: configuration, wiring and signals. It is the only package that knows all the others.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/rivero-media/rivero/cmd/rivero/internal/logs"
	"github.com/rivero-media/rivero/conf"
)

// version is Rivero's own, put in by the linker (packaging/build-binary). Clients are told the version of Kurento whose
// interface this is.
var version = "development"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// run is the whole program; it returns the exit code. The server ends when ctx does.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	failed := func(err error) int {
		fmt.Fprintf(stderr, "Error : %v\n", err)
		return 1
	}
	config, err := conf.Load(args, environ)
	if err != nil {
		return failed(err)
	}
	switch config.Show {
	case conf.ShowHelp:
		fmt.Fprint(stdout, conf.Usage())
		return 0
	case conf.ShowVersion, conf.ShowList:
		if err := show(config, stdout, stderr); err != nil {
			return failed(err)
		}
		return 0
	}
	switch config.Command {
	case conf.CommandHealthcheck:
		return healthcheck(ctx, config, stdout, stderr)
	case conf.CommandConfig:
		return printConfig(config, stdout, stderr)
	}
	if err := become(config.UID); err != nil {
		return failed(err)
	}
	if config.Command == conf.CommandDoctor {
		return examine(ctx, config, stdout, stderr)
	}
	if err := serve(ctx, config, args, environ, stderr); err != nil {
		return failed(err)
	}
	return 0
}

// serve runs the server until ctx ends.
func serve(ctx context.Context, config *conf.Config, args, environ []string, stderr io.Writer) error {
	out := stderr
	var files *logs.Files
	if config.Log.Path != "" {
		var err error
		if files, err = logs.OpenFiles(config.Log.Path, int64(config.Log.FileSize)<<20, config.Log.MaxFiles, stderr); err != nil {
			fmt.Fprintf(stderr, "Warning : %v: the log goes to standard error\n", err) // no reason not to serve
		} else {
			defer files.Close()
			out = files
		}
	}
	s := &server{config: config, args: args, environ: environ, logs: logs.New(out, config.Log), files: files}
	if err := s.open(ctx); err != nil {
		return err
	}
	defer s.close()
	return s.serve(ctx)
}
