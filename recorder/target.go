package recorder

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Target is where a recording goes. It may also be an io.WriterAt and have the
// methods Sync and Truncate of os.File.
type Target interface {
	io.WriteCloser
}

// FileTarget returns the function that opens a file for writing, for Options.
// Directories that are missing are made, a file that is there is replaced.
func FileTarget(path string) (open func() (Target, error)) {
	return func() (Target, error) {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return nil, err
		}
		// Opening a pipe would wait for its reader, and a recording needs to go back.
		if info, err := os.Stat(path); err == nil && info.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0 {
			return nil, fmt.Errorf("%s is a pipe or socket", path)
		}
		return os.Create(path)
	}
}
