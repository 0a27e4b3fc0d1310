//go:build linux || darwin

package logs

import "golang.org/x/sys/unix"

// freeBytes is the room on the disk that holds dir, for users who are not root.
func freeBytes(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}
