package access

import (
	"net/url"
	"strings"
)

// Masked is a URI for logs: a password in it is hidden, whatever stands where a password can when the URI is malformed.
func Masked(uri string) string {
	if u, err := url.Parse(uri); err == nil && u.Opaque == "" {
		return u.Redacted()
	}
	scheme, rest, _ := strings.Cut(uri, "://")
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		return scheme + "://xxxxx" + rest[at:]
	}
	return uri
}
