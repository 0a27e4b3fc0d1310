package conf

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// State describes what a Config was read from: the main file, the module files and their directories, and files that
// keys name, such as certificates. It changes when one of them changes, goes or comes. It does not read them.
func (c *Config) State() string {
	var b strings.Builder
	look := func(path string) {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			fmt.Fprintf(&b, "%s is not there\n", path)
		case err != nil:
			fmt.Fprintf(&b, "%s: %v\n", path, err)
		default:
			fmt.Fprintf(&b, "%s %v %d %d\n", path, info.Mode(), info.Size(), info.ModTime().UnixNano())
		}
	}
	look(c.ConfFile)
	for _, dir := range c.dirs {
		look(dir)
	}
	for _, file := range c.Files {
		look(file)
	}
	for _, k := range keys(c) {
		if file := k.initial(); k.file && file != "" {
			look(file)
		}
	}
	return b.String()
}
