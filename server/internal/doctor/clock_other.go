//go:build !linux

package doctor

import "errors"

func clockSynchronised() (bool, error) {
	return false, errors.New("whether it is synchronised is not known on this system")
}
