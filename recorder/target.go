package recorder

import (
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

// File is a target on a file that was opened for writing and is empty. It closes the file.
func File(f *os.File) Target { return &recordingFile{f} }

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
