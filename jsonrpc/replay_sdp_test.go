package jsonrpc

import (
	"regexp"
	"strings"
)

// sdpLine are lines of a description that belong to one endpoint, as they stand in JSON.
var sdpLine = regexp.MustCompile(`(?:a=(?:ice-ufrag|ice-pwd|fingerprint|ssrc|sctp-port|rtcp|crypto):|m=|c=)[^\\"]*\\r\\n`)

// ownLine begins such a line, plainLine also one of a description without ICE.
var (
	ownLine   = regexp.MustCompile(`^a=(ice-ufrag|ice-pwd|fingerprint|ssrc|sctp-port):`)
	plainLine = regexp.MustCompile(`^(a=(ssrc|rtcp|crypto):|m=|c=)`)
)

// sameSDP compares descriptions by their media: kind, protocol, refusal, direction and name. Package elements/sdp
// compares them line by line with the same recordings. learn: our lines stand for the recorded ones from now on.
func (r *replay) sameSDP(want, got string, learn bool) bool {
	w, g := sections(want), sections(got)
	own := ownLine
	if !strings.Contains(want, "a=ice-ufrag:") {
		own = plainLine
	}
	if len(w) != len(g) {
		return false
	}
	for i := range w {
		if outline(w[i]) != outline(g[i]) {
			return false
		}
		for _, line := range w[i] {
			name := own.FindString(line)
			for _, ours := range g[i] {
				if learn && name != "" && strings.HasPrefix(ours, name) {
					r.texts[line] = ours
					break
				}
			}
		}
	}
	return true
}

func isSDP(text string) bool { return strings.HasPrefix(text, "v=0\r\n") }

// sections are the lines of the session and of each m-line.
func sections(text string) [][]string {
	all := [][]string{nil}
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\r\n") {
		if strings.HasPrefix(line, "m=") {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], line)
	}
	return all
}

// outline is what has to be the same in two m-lines.
func outline(section []string) string {
	var out []string
	for _, line := range section {
		switch fields := strings.Fields(line); {
		case strings.HasPrefix(line, "m="):
			refused := "taken"
			if fields[1] == "0" {
				refused = "refused"
			}
			out = append(out, fields[0], refused, fields[2])
		case line == "a=sendrecv", line == "a=sendonly", line == "a=recvonly", line == "a=inactive", strings.HasPrefix(line, "a=mid:"):
			out = append(out, line)
		}
	}
	return strings.Join(out, " ")
}
