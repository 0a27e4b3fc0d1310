package conf

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	maxFileSize    = 1 << 20
	maxModuleFiles = 1000 // files and directories looked at below the modules directories
	maxModuleDepth = 8    // directories inside each other; ends a loop of links
)

// entry is one value that stands in a file.
type entry struct {
	path     string // in the merged tree
	text     string
	compound bool // text is a JSON list or object
	line     int  // from 1
}

// problem is a line of a file that cannot be read.
type problem struct {
	line int
	text string
}

// loadFiles reads the main file and then the module files.
func (l *loader) loadFiles() error {
	if err := l.loadMainFile(); err != nil {
		return err
	}
	if len(l.config.ModulesConfigPath) == 0 {
		l.config.ModulesConfigPath = []string{filepath.Join(filepath.Dir(l.config.ConfFile), "modules")}
	}
	_, named := l.config.origins["--modules-config-path"]
	budget := maxModuleFiles
	for _, dir := range l.config.ModulesConfigPath {
		if !named && !exists(dir) {
			l.config.dirs = append(l.config.dirs, dir) // it may come
			continue
		}
		if err := l.loadModuleDir(dir, "modules.", 0, &budget); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) loadMainFile() error {
	file := l.config.ConfFile
	if _, named := l.config.origins["--conf-file"]; !named && !exists(file) {
		return nil
	}
	_, format, err := splitFileName(file)
	if err != nil {
		return fmt.Errorf("configuration file %s: %w", file, err)
	}
	entries, problems, err := l.parseFile(file, format, "")
	if err != nil {
		return fmt.Errorf("configuration file %s: %w", file, err)
	}
	if len(problems) > 0 {
		return fmt.Errorf("configuration file %s:%d: %s", file, problems[0].line, problems[0].text)
	}
	return l.merge(file, entries)
}

// loadModuleDir reads the files of a directory and those below it in the order of their
// names. prefix is the branch of the tree they belong to; budget is what is left of
// maxModuleFiles.
func (l *loader) loadModuleDir(dir, prefix string, depth int, budget *int) error {
	l.config.dirs = append(l.config.dirs, dir)
	list, err := os.ReadDir(dir)
	if err != nil {
		l.warn(Origin{Name: dir}, "", "modules directory is skipped: %v", err)
		return nil
	}
	for _, item := range list {
		// Hidden files are editors' and, in a Kubernetes ConfigMap, the volume's own.
		if strings.HasPrefix(item.Name(), ".") {
			continue
		}
		file := filepath.Join(dir, item.Name())
		if *budget--; *budget < 0 {
			if *budget == -1 {
				l.warn(Origin{Name: dir}, "", "modules directories hold more than %d files, the rest is skipped", maxModuleFiles)
			}
			return nil
		}
		info, err := os.Stat(file) // follows links, which ConfigMaps are made of
		switch {
		case err != nil:
			l.warn(Origin{Name: file}, "", "skipped: %v", err)
		case !info.IsDir():
			err = l.loadModuleFile(file, prefix)
		case depth < maxModuleDepth:
			err = l.loadModuleDir(file, prefix+item.Name()+".", depth+1, budget)
		default:
			l.warn(Origin{Name: file}, "", "skipped: directories are nested too deep")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// loadModuleFile reads one module file. The error is that of a strict key.
func (l *loader) loadModuleFile(file, prefix string) error {
	if slices.Contains([]string{".pem", ".crt", ".key"}, filepath.Ext(file)) {
		return nil // relative certificate paths begin at the directory of the file that names them
	}
	name, format, err := splitFileName(file)
	if err != nil {
		l.warn(Origin{Name: file}, "", "skipped: %v", err)
		return nil
	}
	entries, problems, err := l.parseFile(file, format, prefix+name+".")
	if err != nil {
		l.warn(Origin{Name: file}, "", "skipped: %v", err)
		return nil
	}
	for _, p := range problems {
		l.warn(Origin{file, p.line}, "", "%s", p.text)
	}
	return l.merge(file, entries)
}

// parseFile reads a file. problems are lines that cannot be read; the other lines count.
func (l *loader) parseFile(file, format, prefix string) (entries []entry, problems []problem, err error) {
	data, err := readFile(file)
	if err != nil {
		return nil, nil, err
	}
	l.config.Files = append(l.config.Files, file)
	if format == "ini" {
		entries, problems = parseINI(data, prefix)
		return entries, problems, nil
	}
	parse := map[string]func([]byte, string, func(string) bool) ([]entry, error){"json": parseJSON, "info": parseINFO, "xml": parseXML}
	entries, err = parse[format](data, prefix, l.isCompound)
	return entries, nil, err
}

func (l *loader) isCompound(path string) bool {
	k := l.find(path)
	return k != nil && k.compound
}

// splitFileName takes <name>.conf.<ext> apart, the only form Kurento reads.
func splitFileName(file string) (name, format string, err error) {
	base := filepath.Base(file)
	format = strings.TrimPrefix(filepath.Ext(base), ".")
	name, ok := strings.CutSuffix(strings.TrimSuffix(base, "."+format), ".conf")
	switch {
	case !ok || name == "" || format == "":
		return "", "", errors.New("the name must be <name>.conf.json, .ini, .info or .xml")
	case slices.Contains([]string{"json", "ini", "info", "xml"}, format):
		return name, format, nil
	default:
		return "", "", fmt.Errorf("files of type .%s are not read, only .json, .ini, .info and .xml", format)
	}
}

func readFile(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening a pipe could wait for ever
		return nil, errors.New("not a regular file")
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFileSize {
		return nil, fmt.Errorf("larger than %d bytes", maxFileSize)
	}
	return data, nil
}

// exists is true as well for what cannot be looked at: reading it tells why.
func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
