package recorder

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Target is where a recording goes. It may also be an io.WriterAt and have the
// methods Sync and Truncate of os.File.
type Target interface {
	io.WriteCloser
}

// FileTarget returns the function that opens a file:// URI for writing, for
// Options. Directories that are missing are made, a file that is there is
// replaced. The error, for a URI that names no file, wraps ErrOpen.
func FileTarget(uri string) (open func() (Target, error), err error) {
	path, err := filePath(uri)
	if err != nil {
		return nil, fmt.Errorf("%w %q: %w", ErrOpen, uri, err)
	}
	return func() (Target, error) {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return nil, err
		}
		// Opening a pipe would wait for its reader, and a recording needs to go back.
		if info, err := os.Stat(path); err == nil && info.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0 {
			return nil, fmt.Errorf("%s is a pipe or socket", path)
		}
		return os.Create(path)
	}, nil
}

// filePath is the path in a file URI (RFC 8089). Clients often put paths in as they are, so
// what does not decode is taken as it is.
func filePath(uri string) (string, error) {
	const scheme = "file://"
	if len(uri) < len(scheme) || !strings.EqualFold(uri[:len(scheme)], scheme) {
		return "", fmt.Errorf("not a %s URI", scheme)
	}
	rest := uri[len(scheme):]
	host, _, _ := strings.Cut(rest, "/")
	if host != "" && !strings.EqualFold(host, "localhost") {
		return "", fmt.Errorf("file on another host, %q", host)
	}
	path := rest[len(host):]
	if decoded, err := url.PathUnescape(path); err == nil {
		path = decoded
	}
	if path == "" || strings.HasSuffix(path, "/") {
		return "", fmt.Errorf("path %q names no file", path)
	}
	if strings.ContainsRune(path, 0) {
		return "", fmt.Errorf("path %q has a zero byte", path)
	}
	return filepath.Clean(path), nil
}
