//go:build linux || darwin

package doctor

import "golang.org/x/sys/unix"

// limits are the soft limits of this process.
func limits() (files, threads uint64, err error) {
	get := func(resource int) (uint64, error) {
		var l unix.Rlimit
		if err := unix.Getrlimit(resource, &l); err != nil {
			return 0, err
		}
		if l.Cur == unix.RLIM_INFINITY {
			return unlimited, nil
		}
		return l.Cur, nil
	}
	if files, err = get(unix.RLIMIT_NOFILE); err != nil {
		return 0, 0, err
	}
	threads, err = get(unix.RLIMIT_NPROC)
	return files, threads, err
}
