package conf

import "regexp"

// Secret is text that must not reach a log: every way of printing or encoding it gives
// a mask. Convert it to string to use it.
type Secret string

const mask = "***"

// String returns a mask, or "" for an empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return mask
}

// GoString keeps %#v from showing the text.
func (s Secret) GoString() string { return s.String() }

// MarshalText keeps JSON encoders, and so structured logs, from showing the text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// URI is a URI that may hold a password, which String masks. Convert it to string to use it.
type URI string

// userInfo is "//user:password@" (RFC 3986 §3.2.1), though a password may hold characters that should be escaped.
var userInfo = regexp.MustCompile(`//([^/:@]*):[^/]*@`)

// String returns the URI with the password masked.
func (u URI) String() string { return userInfo.ReplaceAllString(string(u), "//$1:"+mask+"@") }

// GoString keeps %#v from showing the password.
func (u URI) GoString() string { return u.String() }

// MarshalText keeps JSON encoders, and so structured logs, from showing the password.
func (u URI) MarshalText() ([]byte, error) { return []byte(u.String()), nil }
