//go:build !unix

package pipeline

import "time"

// processTime is not known on this system.
func processTime() time.Duration { return 0 }

func residentKiB() (int64, error) {
	return 0, Errorf(UnexpectedError, "memory use is not known on this system")
}
