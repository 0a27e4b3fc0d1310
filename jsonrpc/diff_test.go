package jsonrpc

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// measured are the fields and results whose values belong to the moment; their types are compared.
var measured = map[string]bool{
	"timestampMillis": true, "getCreationTime": true, "getUsedCpu": true, "getUsedMemory": true, "getCpuCount": true,
}

// moving are the results whose numbers go on while media plays; 0 and anything else differ.
var moving = map[string]bool{"getPosition": true, "getVideoInfo": true}

// made tells whether a text is a name or a number that each server makes up for itself.
func made(what, path string) bool {
	switch path[strings.LastIndexByte(path, '.')+1:] {
	case "timestampMillis", "connectionId", "binName":
		return true
	case "id", "ssrc":
		return what == "getStats"
	}
	return false
}

// compare reports what differs between a recorded answer and ours, and tells whether nothing does.
func (r *replay) compare(q goldenRequest, want, got string) bool {
	r.Helper()
	w, g := r.decode(want), r.decode(got)
	if outcome(w) != outcome(g) {
		r.differ(q.class, q.what, fmt.Sprintf("line %d: %s instead of %s\n got %s\nwant %s", r.at+1, outcome(g), outcome(w), got, want))
		return false
	}
	found := r.diff(q.what, "", w, g)
	for _, d := range found {
		r.differ(q.class, q.what+d.path, fmt.Sprintf("line %d: %s\n got %s\nwant %s", r.at+1, d.what, got, want))
	}
	return len(found) == 0
}

// alike tells whether answers differ only as they may.
func (r *replay) alike(q goldenRequest, want, got string) bool {
	w, g := r.decode(want), r.decode(got)
	if outcome(w) != outcome(g) {
		return r.diffs.lists(q.class, q.what)
	}
	for _, d := range r.trial(q.what, "", w, g) {
		if !r.diffs.lists(q.class, q.what+d.path) {
			return false
		}
	}
	return true
}

func (r *replay) decode(text string) (v any) {
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		r.Fatal(err)
	}
	return v
}

func outcome(answer any) string {
	if members, ok := answer.(map[string]any); ok && members["error"] == nil {
		return "success"
	}
	return "error"
}

// unify tells whether our text is like the recorded one but for ids. learn: our ids stand for the recorded ones from
// now on.
func (r *replay) unify(want, got string, learn bool) bool {
	want, got = untimed(want), untimed(got)
	if blank(want) != blank(got) || !r.sameIDs(want, got) {
		return false
	}
	if learn {
		r.learnIDs(want, got)
	}
	return true
}

// sameIDs tells whether the UUIDs in two texts stand, or may stand, for each other.
func (r *replay) sameIDs(want, got string) bool {
	wantIDs, gotIDs := uuidText.FindAllString(want, -1), uuidText.FindAllString(got, -1)
	if len(wantIDs) != len(gotIDs) {
		return false
	}
	for i := range wantIDs {
		if !r.same(wantIDs[i], gotIDs[i]) {
			return false
		}
	}
	return true
}

func (r *replay) learnIDs(want, got string) {
	gotIDs := uuidText.FindAllString(got, -1)
	for i, id := range uuidText.FindAllString(want, -1) {
		r.learn(id, gotIDs[i])
	}
}

var timeText = regexp.MustCompile(`"timestampMillis":"\d+"`)

func untimed(text string) string { return timeText.ReplaceAllString(text, `"timestampMillis":""`) }

// same tells whether two UUIDs stand, or may stand, for each other.
func (r *replay) same(want, got string) bool {
	ours, known := r.ours[want]
	theirs, taken := r.taken[got]
	return ours == got && theirs == want || !known && !taken || want == got
}

func (r *replay) learn(want, got string) { r.ours[want], r.taken[got] = got, want }

// surplus takes what only we describe out of our statistics and names it.
func surplus(want, got map[string]any) (names []string) {
	kind := func(v any) string {
		m, _ := v.(map[string]any)
		name, _ := m["__type__"].(string)
		return name
	}
	recorded := map[string]bool{}
	for _, v := range want {
		recorded[kind(v)] = true
	}
	for id, v := range got {
		if name := kind(v); !recorded[name] && strings.HasPrefix(name, "RTCIce") {
			delete(got, id)
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

var word = regexp.MustCompile(`^[A-Z_]+$`)

type difference struct{ path, what string }

// trial is diff without learning anything.
func (r *replay) trial(what, path string, want, got any) []difference {
	ours, taken, texts := r.ours, r.taken, r.texts
	r.ours, r.taken, r.texts = maps.Clone(ours), maps.Clone(taken), maps.Clone(texts)
	defer func() { r.ours, r.taken, r.texts = ours, taken, texts }()
	return r.diff(what, path, want, got)
}

// diff compares two JSON values. what is the operation that the answer belongs to.
func (r *replay) diff(what, path string, want, got any) []difference {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return []difference{{path, fmt.Sprintf("%v instead of an object", got)}}
		}
		if what == "getStats" && path == ".result.value" {
			extra := surplus(w, g)
			found := r.diff(what, path, members(w), members(g)) // by random ids
			for _, name := range extra {
				found = append(found, difference{path + " with " + name, "not in the recording"})
			}
			return found
		}
		return r.diffObjects(what, path, w, g)
	case []any:
		g, ok := got.([]any)
		if !ok {
			return []difference{{path, fmt.Sprintf("%v instead of a list of %d", got, len(w))}}
		}
		if len(w) != len(g) { // how many there are belongs to the difference
			return []difference{{fmt.Sprintf("%s %d instead of %d", path, len(g), len(w)), fmt.Sprint(got)}}
		}
		var all []difference
		for i, partner := range r.partners(what, path+"[]", w, g) {
			all = append(all, r.diff(what, path+"[]", w[i], partner)...)
		}
		return all
	case string:
		g, ok := got.(string)
		if ok && (r.sameText(w, g) || made(what, path) && w != "" && g != "") {
			return nil
		}
		if word.MatchString(w) && word.MatchString(g) { // of an enumeration: which it is belongs to the difference
			return []difference{{path + " " + g + " instead of " + w, "another value"}}
		}
	case float64:
		if g, ok := got.(float64); ok && (measured[what] && strings.HasSuffix(path, ".value") || moving[what] && (w == 0) == (g == 0) || what == "getStats") {
			return nil
		}
	}
	if want == got {
		return nil
	}
	return []difference{{path, fmt.Sprintf("%v instead of %v", got, want)}}
}

// partners puts our list into the order of the recorded one: most are ordered by id, and ours are others.
func (r *replay) partners(what, path string, want, got []any) []any {
	rest := slices.Clone(got)
	ordered := make([]any, len(want))
	for i := range want {
		best, least := 0, -1
		for j := range rest {
			if n := len(r.trial(what, path, want[i], rest[j])); least < 0 || n < least {
				best, least = j, n
			}
		}
		ordered[i] = rest[best]
		rest = slices.Delete(rest, best, best+1)
	}
	return ordered
}

func (r *replay) diffObjects(what, path string, want, got map[string]any) []difference {
	var all []difference
	names := maps.Clone(want)
	maps.Copy(names, got)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		w, wanted := want[name]
		g, given := got[name]
		switch {
		case !wanted:
			all = append(all, difference{path + "." + name, "not in the original"})
		case !given:
			all = append(all, difference{path + "." + name, "missing"})
		default:
			all = append(all, r.diff(what, path+"."+name, w, g)...)
		}
	}
	return all
}

// sameText compares texts with the UUIDs in them, and learns new ones.
func (r *replay) sameText(want, got string) bool {
	switch {
	case isSDP(want) && isSDP(got):
		return r.sameSDP(want, got, true)
	case strings.HasPrefix(want, "candidate:") && strings.HasPrefix(got, "candidate:"):
		return true
	}
	return r.unify(want, got, true)
}

// members are the values of an object.
func members(object map[string]any) []any {
	list := []any{}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		list = append(list, object[name])
	}
	return list
}
