package conf

// The parsers of single values, each for one kind of text. Their errors name the value.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// quoted prepares a bad value for a message: short, and without what may be credentials
// that ended up in the wrong place.
func quoted(text string) string {
	const longest = 60
	switch {
	case strings.Contains(text, "@"):
		return "a value with \"@\""
	case len(text) > longest:
		return strconv.Quote(text[:longest]) + "..."
	default:
		return strconv.Quote(text)
	}
}

var (
	leadingInteger = regexp.MustCompile(`^[+-]?[0-9]+`)
	leadingFloat   = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?`)
)

// readAs reports text after a value, which Kurento ignores after numbers: in
// "5000 ; see above" the author took the rest for a comment.
func readAs(text, value string) error {
	if text == value {
		return nil
	}
	return adjusted("%s is read as %s", quoted(text), value)
}

func integer(low, high int) func(string) (int, error) {
	return func(text string) (int, error) {
		number := leadingInteger.FindString(text)
		n, err := strconv.Atoi(number)
		if err != nil || n < low || n > high {
			return 0, fmt.Errorf("want a whole number from %d to %d, not %s", low, high, quoted(text))
		}
		return n, readAs(text, number)
	}
}

// clamped takes numbers out of range as the nearest one inside.
func clamped(low, high int) func(string) (int, error) {
	return func(text string) (int, error) {
		number := leadingInteger.FindString(text)
		n, err := strconv.Atoi(number)
		if err != nil {
			return 0, fmt.Errorf("want a whole number from %d to %d, not %s", low, high, quoted(text))
		}
		if inside := min(max(n, low), high); inside != n {
			return inside, adjusted("%d is outside %d to %d, %d is used", n, low, high, inside)
		}
		return n, readAs(text, number)
	}
}

// fraction wants a number from 0 to 1, where 0 itself is allowed if zero is.
func fraction(zero bool) func(string) (float64, error) {
	return func(text string) (float64, error) {
		number := leadingFloat.FindString(text)
		f, err := strconv.ParseFloat(number, 64)
		if err != nil || f < 0 || f > 1 || f == 0 && !zero {
			return 0, fmt.Errorf("want a fraction such as 0.8, at most 1, not %s", quoted(text))
		}
		return f, readAs(text, number)
	}
}

// cores wants a number of processors, whole or not.
func cores(text string) (float64, error) {
	number := leadingFloat.FindString(text)
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || f < 0 || f > 1000 {
		return 0, fmt.Errorf("want a number of cores such as 1.5, not %s", quoted(text))
	}
	return f, readAs(text, number)
}

func seconds(low, high int) func(string) (time.Duration, error) {
	parse := integer(low, high)
	return func(text string) (time.Duration, error) {
		n, err := parse(text)
		return time.Duration(n) * time.Second, err
	}
}

// boolean takes 1 and 0 as well: iceTcp is written so, the other keys are not.
func boolean(text string) (bool, error) {
	word := text
	if end := strings.IndexAny(text, " \t;#"); end > 0 {
		word = text[:end]
	}
	switch word {
	case "true", "1":
		return true, readAs(text, word)
	case "false", "0":
		return false, readAs(text, word)
	}
	return false, fmt.Errorf("want true or false, not %s", quoted(text))
}

func oneOf[T ~string](words ...T) func(string) (T, error) {
	return func(text string) (T, error) {
		if !slices.Contains(words, T(text)) {
			return "", fmt.Errorf("%s is not a known value", quoted(text))
		}
		return T(text), nil
	}
}

// isSet is true for any value: of GStreamer's switches only that they are there counts.
func isSet(string) (bool, error) { return true, nil }

// namesICE tells whether a list of GLib's log domains, as in G_MESSAGES_DEBUG, has those of Kurento's ICE library.
func namesICE(text string) (bool, error) {
	for _, domain := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		if domain == "all" || strings.HasPrefix(domain, "libnice") {
			return true, nil
		}
	}
	return false, nil
}

// unsupported takes nothing and says so.
func unsupported[T any](string) (zero T, err error) {
	return zero, adjusted("has no effect here")
}

func anyURI(text string) (URI, error) { return URI(text), nil }

func anyText(text string) (string, error) { return text, nil }

func secret(text string) (Secret, error) { return Secret(text), nil }

// urlPath takes slashes off the ends: Kurento's path has none.
func urlPath(text string) (string, error) {
	path := strings.Trim(text, "/")
	if path == "" || strings.ContainsAny(path, " ?#%") || strings.ContainsFunc(path, isControl) {
		return "", fmt.Errorf("want the path of a URL, not %s", quoted(text))
	}
	return path, nil
}

// names splits at commas and white space.
func names(text string) ([]string, error) {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' }), nil
}

func pathList(text string) ([]string, error) {
	var list []string
	for _, dir := range filepath.SplitList(text) {
		if dir != "" {
			list = append(list, dir)
		}
	}
	return list, nil
}

// ipLiteral wants an address that fits; brackets around it are taken off.
func ipLiteral(kind string, fits func(netip.Addr) bool) func(string) (string, error) {
	return func(text string) (string, error) {
		literal := strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
		addr, err := netip.ParseAddr(literal)
		if err != nil || addr.Zone() != "" || !fits(addr) {
			return "", fmt.Errorf("want an %s, not %s", kind, quoted(text))
		}
		return addr.String(), nil
	}
}

// Auto in the place of an external address asks for a look-up of it.
const Auto = "auto"

func externalIP(kind string, fits func(netip.Addr) bool) func(string) (string, error) {
	literal := ipLiteral(kind, fits)
	return func(text string) (string, error) {
		if text == Auto {
			return Auto, nil
		}
		return literal(text)
	}
}

// parseHost wants an IP literal or a host name (RFC 1123 section 2.1, and underscores,
// which container names have).
func parseHost(text string) (string, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		return text, nil
	}
	wrong := strings.IndexFunc(text, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r))
	})
	// The longest name DNS can carry is 253 characters.
	if text == "" || len(text) > 253 || wrong >= 0 || strings.HasPrefix(text, ".") || strings.Contains(text, "..") {
		return "", fmt.Errorf("want an IP address or host name, not %s", quoted(text))
	}
	return text, nil
}

func webSocketURL(text string) (URI, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "ws" && u.Scheme != "wss" || u.Hostname() == "" {
		return "", errors.New("want a URL that begins with ws:// or wss://")
	}
	return URI(text), nil
}

func jsonObject(text string) (json.RawMessage, error) {
	var compact bytes.Buffer
	if !strings.HasPrefix(text, "{") || json.Compact(&compact, []byte(text)) != nil {
		return nil, errors.New("want a JSON object")
	}
	return compact.Bytes(), nil
}

// PortRange is a range of UDP ports; the zero value means any port.
type PortRange struct{ Min, Max int }

// String returns the range as it stands in a file.
func (r PortRange) String() string { return fmt.Sprintf("%d-%d", r.Min, r.Max) }

func portRange(text string) (PortRange, error) {
	low, high, _ := strings.Cut(text, "-")
	minPort, err1 := strconv.Atoi(strings.TrimSpace(low))
	maxPort, err2 := strconv.Atoi(strings.TrimSpace(high))
	if err1 != nil || err2 != nil || minPort < 0 || maxPort > 65535 || minPort > maxPort || minPort == 0 && maxPort != 0 {
		return PortRange{}, fmt.Errorf("want a range such as 5000-5050, not %s", quoted(text))
	}
	return PortRange{minPort, maxPort}, nil
}
