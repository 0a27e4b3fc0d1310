package server

import (
	"context"
	"fmt"
	"io"

	"github.com/rivero-media/rivero/conf"
	"github.com/rivero-media/rivero/server/internal/doctor"
)

// examine tries what the configuration promises; it returns the exit code, 1 if something does not work.
func examine(ctx context.Context, c *conf.Config, stdout, stderr io.Writer) int {
	report := doctor.Examine(ctx, c)
	write := report.Print
	if c.JSON {
		write = report.PrintJSON
	}
	if err := write(stdout); err != nil {
		fmt.Fprintf(stderr, "Error : %v\n", err)
		return 1
	}
	if report.Failed() {
		return 1
	}
	return 0
}
