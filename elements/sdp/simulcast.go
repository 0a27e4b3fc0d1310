package sdp

import (
	"slices"
	"strings"
)

// maxLayers is how many layers of a peer's simulcast are taken.
const maxLayers = 3

// maxListed is how many layers are looked at, in case the first are of no use.
const maxListed = 16

// layers reads which layers the peer wants to send (RFC 8853 §5.1), as many as are taken. Of alternatives the first counts,
// and one that is paused is a layer all the same.
func (s *section) layers() []string {
	text, _ := s.attrs.get("simulcast")
	f := strings.Fields(text)
	var list string
	for i := 0; i+1 < len(f); i += 2 {
		if f[i] == "send" {
			list = f[i+1]
		}
	}
	var out []string
	parts := strings.SplitN(list, ";", maxListed+1)
	for _, part := range parts[:min(len(parts), maxListed)] {
		first, _, _ := strings.Cut(part, ",")
		rid := strings.TrimPrefix(first, "~")
		if rid != "" && len(out) < maxLayers && !slices.Contains(out, rid) && s.sendsRID(rid) {
			out = append(out, rid)
		}
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

// sendsRID tells whether the peer declares a layer (RFC 8851 §4).
func (s *section) sendsRID(rid string) bool {
	for _, a := range s.attrs {
		if a.name != "rid" {
			continue
		}
		if f := strings.Fields(a.value); len(f) >= 2 && f[0] == rid && f[1] == "send" {
			return true
		}
	}
	return false
}

// layerAttrs say which layers we take.
func layerAttrs(rids []string) []string {
	var out []string
	for _, rid := range rids {
		out = append(out, "rid:"+rid+" recv")
	}
	if len(rids) > 0 {
		out = append(out, "simulcast:recv "+strings.Join(rids, ";"))
	}
	return out
}
