package conf

import (
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Transport is how a TURN server is reached.
type Transport string

// The values of Transport, as they stand in a TURN URL.
const (
	TransportUDP Transport = "udp"
	TransportTCP Transport = "tcp"
	TransportTLS Transport = "tls"
)

// TURNURL is a TURN server in Kurento's own notation,
// user:password@host:port?transport=udp. The zero value means no server.
type TURNURL struct {
	Username  string
	Password  Secret
	Host      string // IP literal without brackets, or host name
	Port      int
	Transport Transport

	text Secret
}

// maxTURNURL bounds the text: a STUN USERNAME has at most 508 bytes (RFC 8489 section 14.3).
const maxTURNURL = 2048

var errTURNForm = errors.New("want user:password@host:port?transport=udp")

// ParseTURNURL reads user:password@host[:port][?transport=udp|tcp|tls]. The user ends
// at the first colon and the host begins after the last "@", so a password may hold
// both; only the user of the TURN REST API, "expiry:name", holds a colon itself. An IPv6 literal stands in brackets. The port is 3478 when missing, 5349 for
// tls, the defaults of RFC 8656. Errors name only what stands after the last "@".
func ParseTURNURL(text string) (TURNURL, error) {
	if len(text) > maxTURNURL {
		return TURNURL{}, fmt.Errorf("turn url of %d bytes is too long, at most %d", len(text), maxTURNURL)
	}
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return TURNURL{}, fmt.Errorf(`turn url without "@": %w`, errTURNForm)
	}
	user, password := splitTURNUser(text[:at])
	if user == "" || password == "" {
		return TURNURL{}, fmt.Errorf("turn url without user or password: %w", errTURNForm)
	}
	if strings.ContainsFunc(text[:at], isControl) {
		return TURNURL{}, errors.New("turn url with a control character in user or password")
	}
	address, query, hasQuery := strings.Cut(text[at+1:], "?")
	transport := TransportUDP
	if hasQuery {
		var err error
		if transport, err = parseTransport(query); err != nil {
			return TURNURL{}, err
		}
	}
	host, port, err := splitTURNAddress(address, transport)
	if err != nil {
		return TURNURL{}, err
	}
	return TURNURL{
		Username:  user,
		Password:  Secret(password),
		Host:      host,
		Port:      port,
		Transport: transport,
		text:      Secret(text),
	}, nil
}

// splitTURNUser parts user and password. Credentials of the TURN REST API (draft-uberti-behave-turn-rest-00) are told by
// their shape: the user begins with a time in seconds, the password is a SHA-1 in base64.
func splitTURNUser(text string) (user, password string) {
	last := strings.LastIndexByte(text, ':')
	if expiry, _, ok := strings.Cut(text, ":"); ok && len(expiry) >= 9 && strings.Trim(expiry, "0123456789") == "" {
		if raw, err := base64.StdEncoding.DecodeString(text[last+1:]); err == nil && len(raw) == sha1.Size {
			return text[:last], text[last+1:]
		}
	}
	user, password, _ = strings.Cut(text, ":")
	return user, password
}

// TURNURLs are several servers, which are all used. The zero value means none.
type TURNURLs []TURNURL

// ParseTURNURLs reads TURN URLs with white space between them; no text means no server.
func ParseTURNURLs(text string) (list TURNURLs, err error) {
	for _, part := range strings.Fields(text) {
		u, err := ParseTURNURL(part)
		if err != nil {
			return nil, err
		}
		list = append(list, u)
	}
	return list, nil
}

// Text returns the URLs as they were written, passwords included. It must not be logged.
func (l TURNURLs) Text() string { return l.join(TURNURL.Text) }

// String returns the complete URLs with the passwords masked.
func (l TURNURLs) String() string { return l.join(TURNURL.String) }

func (l TURNURLs) join(text func(TURNURL) string) string {
	var out []string
	for _, u := range l {
		out = append(out, text(u))
	}
	return strings.Join(out, " ")
}

// GoString keeps %#v from showing passwords.
func (l TURNURLs) GoString() string { return l.String() }

func parseTransport(query string) (Transport, error) {
	name, value, _ := strings.Cut(query, "=")
	transport := Transport(strings.ToLower(value))
	if name != "transport" || transport != TransportUDP && transport != TransportTCP && transport != TransportTLS {
		return "", fmt.Errorf("turn url with %q, want transport=udp, tcp or tls", "?"+query)
	}
	return transport, nil
}

func splitTURNAddress(address string, transport Transport) (host string, port int, err error) {
	port = 3478
	if transport == TransportTLS {
		port = 5349
	}
	host = address
	// A colon after the brackets, or the only one, separates the port.
	if colon := strings.LastIndexByte(address, ':'); colon > strings.LastIndexByte(address, ']') {
		host = address[:colon]
		if port, err = strconv.Atoi(address[colon+1:]); err != nil || port < 1 || port > 65535 {
			return "", 0, fmt.Errorf("turn url with port %q, want a number from 1 to 65535", address[colon+1:])
		}
	}
	if inside, ok := strings.CutPrefix(host, "["); ok {
		inside, ok = strings.CutSuffix(inside, "]")
		if addr, err := netip.ParseAddr(inside); !ok || err != nil || !addr.Is6() || addr.Zone() != "" {
			return "", 0, fmt.Errorf("turn url with host %q, which is no IPv6 address in brackets", host)
		}
		return inside, port, nil
	}
	if strings.Contains(host, ":") {
		return "", 0, fmt.Errorf("turn url with host %q, put an IPv6 address in brackets", address)
	}
	if _, err := parseHost(host); err != nil {
		return "", 0, fmt.Errorf("turn url: %w", err)
	}
	return host, port, nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// IsZero reports whether there is no TURN server.
func (u TURNURL) IsZero() bool { return u.Host == "" }

// Address returns host:port, for dialling.
func (u TURNURL) Address() string { return net.JoinHostPort(u.Host, strconv.Itoa(u.Port)) }

// Text returns the URL exactly as it was written, password included: what
// WebRtcEndpoint.getTurnUrl answers. It must not be logged.
func (u TURNURL) Text() string { return string(u.text) }

// String returns the complete URL with the password masked, "" for the zero value.
func (u TURNURL) String() string {
	if u.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s:%s@%s?transport=%s", u.Username, mask, u.Address(), u.Transport)
}

// GoString keeps %#v from showing the password.
func (u TURNURL) GoString() string { return u.String() }

// MarshalText keeps JSON encoders, and so structured logs, from showing the password.
func (u TURNURL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }
