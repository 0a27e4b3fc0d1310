// Package proc reads what a Linux process uses.
package proc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// userHz is the unit of times in /proc/PID/stat; the kernel's interface fixes it at 100 per second (USER_HZ).
const userHz = 100

// ErrFormat is returned when a file of /proc is not as proc(5) says.
var ErrFormat = errors.New("unexpected format")

// Process is a running process.
type Process struct{ dir string }

// Open finds a process, and fails if there is none or the system has no /proc.
func Open(pid int) (*Process, error) {
	p := &Process{dir: filepath.Join("/proc", strconv.Itoa(pid))}
	if _, err := p.CPU(); err != nil {
		return nil, fmt.Errorf("process %d: %w", pid, err)
	}
	return p, nil
}

// CPU is the user and system time that the process has used, in steps of 10 ms.
func (p *Process) CPU() (time.Duration, error) {
	data, err := os.ReadFile(filepath.Join(p.dir, "stat"))
	if err != nil {
		return 0, err
	}
	return parseStat(data)
}

// RSS is the resident memory of the process in bytes.
func (p *Process) RSS() (int64, error) {
	data, err := os.ReadFile(filepath.Join(p.dir, "status"))
	if err != nil {
		return 0, err
	}
	return parseStatus(data)
}

// parseStat reads utime and stime, fields 14 and 15 of proc(5). The second field is the program's name, which may
// contain spaces and brackets.
func parseStat(data []byte) (time.Duration, error) {
	const utime, stime = 14 - 3, 15 - 3
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	if len(fields) <= stime {
		return 0, fmt.Errorf("stat: %w: %d fields", ErrFormat, len(fields))
	}
	var ticks int64
	for _, field := range [][]byte{fields[utime], fields[stime]} {
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("stat: %w: %w", ErrFormat, err)
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / userHz, nil
}

func parseStatus(data []byte) (int64, error) {
	for line := range bytes.Lines(data) {
		value, found := bytes.CutPrefix(line, []byte("VmRSS:"))
		if !found {
			continue
		}
		n, err := strconv.ParseInt(string(bytes.TrimSuffix(bytes.TrimSpace(value), []byte(" kB"))), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("VmRSS: %w: %w", ErrFormat, err)
		}
		return n << 10, nil
	}
	return 0, fmt.Errorf("status: %w: no VmRSS", ErrFormat)
}
