//go:build !linux && !darwin

package logs

import "math"

// freeBytes does not know: the disk is not watched on this system.
func freeBytes(string) (int64, error) { return math.MaxInt64, nil }
