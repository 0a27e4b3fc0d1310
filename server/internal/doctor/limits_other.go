//go:build !linux && !darwin

package doctor

import "errors"

func limits() (files, threads uint64, err error) {
	return 0, 0, errors.New("limits are not known on this system")
}
