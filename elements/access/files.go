package access

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Open opens a file for reading.
func (p *Policy) Open(path string) (*os.File, error) {
	if p == nil || len(p.rules.Roots) == 0 {
		return os.Open(path)
	}
	root, name, err := p.root(path)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.Open(name)
	return f, p.escaped(path, err)
}

// Create opens a file for writing. One that is there is emptied; directories that are missing are made.
func (p *Policy) Create(path string) (*os.File, error) {
	if p == nil || len(p.rules.Roots) == 0 {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return nil, err
		}
		if err := regular(os.Stat(path)); err != nil {
			return nil, fmt.Errorf("%s %w", path, err)
		}
		return os.Create(path)
	}
	root, name, err := p.root(path)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if err := root.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return nil, p.escaped(path, err)
	}
	if err := regular(root.Stat(name)); err != nil {
		return nil, fmt.Errorf("%s %w", path, err)
	}
	f, err := root.Create(name)
	return f, p.escaped(path, err)
}

// regular refuses what would wait for a reader when it is opened, and cannot go back.
func regular(info os.FileInfo, err error) error {
	if err == nil && info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket) != 0 {
		return fmt.Errorf("is a pipe or socket")
	}
	return nil
}

// root finds the directory of the rules that a path is below. What is opened in it cannot leave it, neither by ".." nor by a
// symbolic link.
func (p *Policy) root(path string) (root *os.Root, name string, err error) {
	for _, dir := range p.rules.Roots {
		name, err := filepath.Rel(dir, path)
		if err != nil || !filepath.IsLocal(name) {
			continue
		}
		root, err := os.OpenRoot(dir)
		return root, name, err
	}
	return nil, "", p.deny("path", path, "it is below none of allowedRoots")
}

// escaped turns the error for a link that leaves a root into ErrDenied.
func (p *Policy) escaped(path string, err error) error {
	if err != nil && strings.Contains(err.Error(), "path escapes from parent") {
		return p.deny("path", path, "a link leads out of allowedRoots")
	}
	return err
}
