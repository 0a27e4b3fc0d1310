package whip

import (
	"fmt"
	"strings"
)

// fragmentType is the type of SDP fragments (RFC 8840 §9).
const fragmentType = "application/trickle-ice-sdpfrag"

// maxCandidates is how many one fragment may have: far above what browsers gather.
const maxCandidates = 200

// fragment is what peers tell of ICE behind the offer.
type fragment struct {
	ufrag, pwd string // "": not said
	candidates []candidate
}

type candidate struct {
	mid, text string
	line      int // m-line of the fragment; of the offer when it has no mid
}

// parseFragment reads an SDP fragment (RFC 8840 §9): credentials and candidates, of the whole session or of its m-lines.
func parseFragment(text string) (f fragment, err error) {
	mid, line := "", -1
	for row := range strings.Lines(text) {
		row = strings.TrimSpace(row)
		if row == "" {
			continue
		}
		if strings.HasPrefix(row, "m=") {
			mid, line = "", line+1
			continue
		}
		name, value, _ := strings.Cut(row, ":")
		switch name {
		case "a=mid":
			mid = value
		case "a=ice-ufrag":
			err = same(&f.ufrag, value)
		case "a=ice-pwd":
			err = same(&f.pwd, value)
		case "a=candidate":
			if len(f.candidates) == maxCandidates {
				return f, fmt.Errorf("more than %d candidates", maxCandidates)
			}
			f.candidates = append(f.candidates, candidate{mid: mid, text: row[len("a="):], line: max(line, 0)})
		default:
			if len(row) < 2 || row[1] != '=' {
				return f, fmt.Errorf("%.40q is no line of an SDP fragment", row)
			}
		}
		if err != nil {
			return f, err
		}
	}
	if (f.ufrag == "") != (f.pwd == "") {
		return f, fmt.Errorf("one of ice-ufrag %.40q and ice-pwd is missing", f.ufrag)
	}
	return f, nil
}

// same notes a value that all m-lines of a session have alike, as with BUNDLE (RFC 9725 §4.4.1 asks for it).
func same(have *string, value string) error {
	if *have != "" && *have != value {
		return fmt.Errorf("m-lines with credentials %.40q and %.40q", *have, value)
	}
	*have = value
	return nil
}

// credential is the value of the first line of a description with a name, such as "a=ice-ufrag:".
func credential(description, name string) string {
	for row := range strings.Lines(description) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(row), name); ok {
			return value
		}
	}
	return ""
}

// renewed is an offer with the credentials and candidates of a fragment in the place of its own: what a peer that restarts ICE
// would offer in full.
func (f fragment) renewed(offer string) string {
	var b strings.Builder
	write := func(row string) { b.WriteString(row + "\r\n") }
	for row := range strings.Lines(offer) {
		row = strings.TrimRight(row, "\r\n")
		switch {
		case strings.HasPrefix(row, "a=ice-ufrag:"):
			write("a=ice-ufrag:" + f.ufrag)
		case strings.HasPrefix(row, "a=ice-pwd:"):
			write("a=ice-pwd:" + f.pwd)
		case strings.HasPrefix(row, "a=candidate:"), row == "a=end-of-candidates":
		default:
			write(row)
		}
	}
	return b.String()
}

// fragmentOf is what a description says of ICE, for a peer that has the rest. Everything is in the first m-line, as with BUNDLE.
func fragmentOf(description string) string {
	var b strings.Builder
	write := func(row string) { b.WriteString(row + "\r\n") }
	write("a=ice-ufrag:" + credential(description, "a=ice-ufrag:"))
	write("a=ice-pwd:" + credential(description, "a=ice-pwd:"))
	lines := 0
	for row := range strings.Lines(description) {
		row = strings.TrimSpace(row)
		if strings.HasPrefix(row, "m=") {
			lines++
		}
		first := lines == 1
		if first && (strings.HasPrefix(row, "m=") || strings.HasPrefix(row, "a=mid:") || strings.HasPrefix(row, "a=candidate:")) {
			write(row)
		}
	}
	write("a=end-of-candidates")
	return b.String()
}
