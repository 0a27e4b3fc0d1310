// Command rivero-load puts a known load on a Kurento-compatible media server and reports what arrived: packets, loss,
// latency, time to the first picture, and what the server's process used for it. It serves to size a machine, to
// compare servers and versions, and, with few calls, to check that calls work. See docs/load-testing.md.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/rivero-media/rivero/cmd/rivero-load/internal/load"
)

// Exit statuses.
const (
	exitOK     = 0
	exitFailed = 1 // a call failed, no packet came, or nothing could be measured
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// After the first signal the run ends in order; a second one kills.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process around it.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	settings, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		fmt.Fprintln(stderr, "rivero-load:", err)
		return exitUsage
	}
	report, err := load.Run(ctx, settings.options)
	if err != nil {
		fmt.Fprintln(stderr, "rivero-load:", err)
		if errors.Is(err, load.ErrOption) {
			return exitUsage
		}
		if report == nil {
			return exitFailed
		}
	}
	if settings.json {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		err = errors.Join(err, encoder.Encode(report))
	} else {
		err = errors.Join(err, report.WriteTable(stdout))
	}
	if err != nil || !report.OK() {
		return exitFailed
	}
	return exitOK
}
