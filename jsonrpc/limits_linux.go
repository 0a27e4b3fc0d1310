package jsonrpc

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/rivero-media/rivero/pipeline"
)

// check reports which limit is passed, as the error that create answers.
func (l limits) check() error {
	if l.fraction <= 0 {
		return nil
	}
	if err := l.checkOne("threads", unix.RLIMIT_NPROC, threads); err != nil {
		return err
	}
	return l.checkOne("files", unix.RLIMIT_NOFILE, openFiles)
}

func (l limits) checkOne(what string, resource int, count func() (int, error)) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(resource, &limit); err != nil {
		return fmt.Errorf("limit of %s: %w", what, err)
	}
	if limit.Cur == unix.RLIM_INFINITY {
		return nil
	}
	n, err := count()
	if err != nil {
		return fmt.Errorf("number of %s: %w", what, err)
	}
	if highest := int64(l.fraction * float64(limit.Cur)); int64(n) > highest {
		return pipeline.Errorf(pipeline.NotEnoughResources, "Reached KMS %s limit: %d", what, highest)
	}
	return nil
}

// threads is the number of threads of the process: the 20th field of proc(5) stat. The second is a name in
// parentheses that may contain anything.
func threads() (int, error) {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 18 {
		return 0, fmt.Errorf("/proc/self/stat %q is too short", stat)
	}
	return strconv.Atoi(fields[17])
}

// openFiles is the number of file descriptors of the process. Linux gives it as the size of the directory since
// 6.2; before, the directory has to be read.
func openFiles() (int, error) {
	dir, err := os.Open("/proc/self/fd")
	if err != nil {
		return 0, err
	}
	defer dir.Close()
	if info, err := dir.Stat(); err == nil && info.Size() > 0 {
		return int(info.Size()), nil
	}
	names, err := dir.Readdirnames(-1)
	return len(names), err
}
