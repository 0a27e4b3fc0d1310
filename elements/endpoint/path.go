package endpoint

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
)

// FilePath is the path in a file URI (RFC 8089). Clients often put paths in as they are, so what does not decode
// is taken as it is.
func FilePath(uri string) (string, error) {
	const scheme = "file://"
	if len(uri) < len(scheme) || !strings.EqualFold(uri[:len(scheme)], scheme) {
		return "", fmt.Errorf("%q is not a %s URI", uri, scheme)
	}
	rest := uri[len(scheme):]
	host, _, _ := strings.Cut(rest, "/")
	if host != "" && !strings.EqualFold(host, "localhost") {
		return "", fmt.Errorf("%q is on another host, %s", uri, host)
	}
	path := rest[len(host):]
	if decoded, err := url.PathUnescape(path); err == nil {
		path = decoded
	}
	if path == "" || strings.HasSuffix(path, "/") || strings.ContainsRune(path, 0) {
		return "", fmt.Errorf("%q names no file", uri)
	}
	return filepath.Clean(path), nil
}
