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

// compare reports what differs between a recorded answer and ours, and tells whether nothing does.
func (r *replay) compare(q goldenRequest, want, got string) bool {
	r.Helper()
	var w, g any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		r.Fatal(err)
	}
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		r.Fatal(err)
	}
	if outcome(w) != outcome(g) {
		r.differ(q.class, q.what, fmt.Sprintf("%s instead of %s\n got %s\nwant %s", outcome(g), outcome(w), got, want))
		return false
	}
	found := r.diff(q.what, "", w, g)
	for _, d := range found {
		r.differ(q.class, q.what+d.path, fmt.Sprintf("%s\n got %s\nwant %s", d.what, got, want))
	}
	return len(found) == 0
}

func outcome(answer any) string {
	if members, ok := answer.(map[string]any); ok && members["error"] == nil {
		return "success"
	}
	return "error"
}

// unify tells whether our event is like the recorded one. learn: its ids stand for the recorded ones from now on.
func (r *replay) unify(want, got string, learn bool) bool {
	want, got = untimed(want), untimed(got)
	wantIDs, gotIDs := uuidText.FindAllString(want, -1), uuidText.FindAllString(got, -1)
	if blank(want) != blank(got) || len(wantIDs) != len(gotIDs) {
		return false
	}
	for i := range wantIDs {
		if !r.same(wantIDs[i], gotIDs[i]) {
			return false
		}
	}
	for i := range wantIDs {
		if learn {
			r.learn(wantIDs[i], gotIDs[i])
		}
	}
	return true
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

type difference struct{ path, what string }

// diff compares two JSON values. what is the operation that the answer belongs to.
func (r *replay) diff(what, path string, want, got any) []difference {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return []difference{{path, fmt.Sprintf("%v instead of an object", got)}}
		}
		return r.diffObjects(what, path, w, g)
	case []any:
		g, ok := got.([]any)
		if !ok || len(w) != len(g) {
			return []difference{{path, fmt.Sprintf("%v instead of a list of %d", got, len(w))}}
		}
		var all []difference
		for i, partner := range r.partners(w, g) {
			all = append(all, r.diff(what, path+"[]", w[i], partner)...)
		}
		return all
	case string:
		if g, ok := got.(string); ok && r.sameText(w, g) {
			return nil
		}
	case float64:
		if _, ok := got.(float64); ok && measured[what] && strings.HasSuffix(path, ".value") {
			return nil
		}
	}
	if want == got {
		return nil
	}
	return []difference{{path, fmt.Sprintf("%v instead of %v", got, want)}}
}

// partners puts our list into the order of the recorded one: most are ordered by id, and ours are others.
func (r *replay) partners(want, got []any) []any {
	rest := slices.Clone(got)
	ordered := make([]any, len(want))
	for i := range want {
		best := max(0, slices.IndexFunc(rest, func(g any) bool { return r.unify(text(want[i]), text(g), false) }))
		ordered[i] = rest[best]
		rest = slices.Delete(rest, best, best+1)
	}
	return ordered
}

// text is a JSON value as text, with the members of objects in order.
func text(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // cannot happen: it was made from JSON
	}
	return string(raw)
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
func (r *replay) sameText(want, got string) bool { return r.unify(want, got, true) }
