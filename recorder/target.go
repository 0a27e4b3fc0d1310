package recorder

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Target is where a recording goes. It may also be an io.WriterAt and a Replaceable, and have the
// methods Sync and Truncate of os.File.
type Target interface {
	io.WriteCloser
}

// Replaceable is a target whose content can be replaced as a whole when it is complete.
type Replaceable interface {
	// Replace calls write with a new file and with the one that was written so far. If it succeeds the new one takes the
	// place of the other in one step; else everything stays as it was.
	Replace(write func(to, from *os.File) error) error
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
		f, err := os.Create(path)
		if err != nil {
			return nil, err
		}
		return &recordingFile{f}, nil
	}
}

type recordingFile struct{ *os.File }

// Replace is part of Replaceable. The new file is a hidden neighbour until it is whole and on the disk, so that whoever
// looks finds the one or the other, also after a crash.
func (t *recordingFile) Replace(write func(to, from *os.File) error) error {
	info, err := t.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return err // a device has no content to be replaced
	}
	path, err := filepath.EvalSymlinks(t.Name())
	if err != nil {
		return err
	}
	to, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	err = write(to, t.File)
	if err == nil {
		err = to.Chmod(info.Mode().Perm())
	}
	if err == nil {
		err = to.Sync()
	}
	if err == nil {
		err = os.Rename(to.Name(), path)
	}
	if err != nil {
		to.Close()
		os.Remove(to.Name())
		return err
	}
	t.File.Close()
	t.File = to
	return nil
}
