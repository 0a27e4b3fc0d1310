package logs

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"
)

// Files is a writer of log files in one directory, which have the names and follow the rules of Kurento's: a new file at a
// size and at midnight, and the oldest ones are removed so that all together stay below size × number and the disk has room
// for one more.
type Files struct {
	dir      string
	size     int64 // bytes
	number   int
	fallback io.Writer

	now  func() time.Time
	free func(dir string) (int64, error) // bytes left on the disk

	mu      sync.Mutex
	file    *os.File // nil: none could be opened
	written int64
	until   time.Time // midnight
	counter int
	broken  bool // lines go to fallback, which was told why
}

// OpenFiles makes the directory if it is missing and begins a file. size is in bytes. What cannot be written to a file
// goes to fallback.
func OpenFiles(dir string, size int64, number int, fallback io.Writer) (*Files, error) {
	f := &Files{dir: dir, size: size, number: number, fallback: fallback, now: time.Now, free: freeBytes}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("logs path: %w", err)
	}
	if err := f.rotate(); err != nil {
		return nil, fmt.Errorf("logs path: %w", err)
	}
	return f, nil
}

// Write writes one line.
func (f *Files) Write(line []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	err := f.write(line)
	if err == nil {
		f.broken = false
		return len(line), nil
	}
	if !f.broken {
		f.broken = true
		fmt.Fprintf(f.fallback, "log files in %s cannot be written, lines go here instead: %v\n", f.dir, err)
	}
	return f.fallback.Write(line)
}

func (f *Files) write(line []byte) error {
	full := f.written > 0 && f.written+int64(len(line)) > f.size
	if f.file == nil || full || !f.now().Before(f.until) {
		if err := f.rotate(); err != nil {
			return err
		}
	}
	n, err := f.file.Write(line)
	f.written += int64(n)
	return err
}

// Reopen begins a new file if the current one has been moved or deleted.
func (f *Files) Reopen() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file != nil {
		mine, err := f.file.Stat()
		there, err2 := os.Stat(f.file.Name())
		if err == nil && err2 == nil && os.SameFile(mine, there) {
			return nil
		}
	}
	return f.rotate()
}

// Close ends the current file.
func (f *Files) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	return err
}

// rotate begins the next file. The one before stays if that fails.
func (f *Files) rotate() error {
	now := f.now()
	name := fmt.Sprintf("%s.%05d.pid%d.log", now.Format("2006-01-02T150405"), f.counter, os.Getpid())
	next, err := os.OpenFile(filepath.Join(f.dir, name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	if f.file != nil {
		err = f.file.Close() // what it says is of lines that are written already
	}
	f.file, f.written, f.counter = next, 0, f.counter+1
	year, month, day := now.Date()
	f.until = time.Date(year, month, day+1, 0, 0, 0, 0, now.Location())
	return errors.Join(err, f.collect(name))
}

// logName is what Files calls its files. Other files in the directory are left alone.
var logName = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{6}\.\d{5}\.pid\d+\.log$`)

// collect removes the oldest files until there is room for one more. The one that was just begun stays.
func (f *Files) collect(current string) error {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return err
	}
	type old struct {
		path string
		size int64
		time time.Time
	}
	var files []old
	total := int64(0)
	for _, e := range entries {
		if !logName.MatchString(e.Name()) || e.Name() == current {
			continue
		}
		if info, err := e.Info(); err == nil {
			files = append(files, old{filepath.Join(f.dir, e.Name()), info.Size(), info.ModTime()})
			total += info.Size()
		}
	}
	slices.SortFunc(files, func(a, b old) int { return a.time.Compare(b.time) })
	for _, o := range files {
		free, err := f.free(f.dir)
		if err != nil {
			return err
		}
		if total+f.size <= f.size*int64(f.number) && free >= f.size {
			return nil
		}
		if err := os.Remove(o.path); err != nil {
			return err
		}
		total -= o.size
	}
	return nil
}
