//go:build unix

package server

import (
	"fmt"
	"os"
	"syscall"
)

// become makes this process, which root has started, one of another user and of the group with the same number, for good.
// It does nothing for 0, and for a process that is that user already.
func become(uid int) error {
	if uid == 0 || uid == os.Getuid() {
		return nil
	}
	if os.Getuid() != 0 {
		return fmt.Errorf("KMS_UID: user %d can be taken by root only, this process is of user %d", uid, os.Getuid())
	}
	// The order matters: the last call takes away the right to the others.
	if err := syscall.Setgroups([]int{}); err != nil {
		return fmt.Errorf("giving up groups: %w", err)
	}
	if err := syscall.Setgid(uid); err != nil {
		return fmt.Errorf("becoming group %d: %w", uid, err)
	}
	if err := syscall.Setuid(uid); err != nil {
		return fmt.Errorf("becoming user %d: %w", uid, err)
	}
	return nil
}
