package codec

import (
	"slices"
	"testing"

	"github.com/rivero-media/rivero/pipeline/media"
)

// The tests walk over made-up formats, named by their codec alone.
func format(name string) media.Format { return media.Format{Kind: media.Video, Codec: name} }

// edges turns "from: to at a cost" into a table of steps.
func edges(table map[string]map[string]int) Steps {
	return Steps{func(have media.Format, _ Want) (steps []Step) {
		var names []string
		for to := range table[have.Codec] {
			names = append(names, to)
		}
		slices.Sort(names)
		for _, to := range names {
			steps = append(steps, Step{To: format(to), Cost: table[have.Codec][to]})
		}
		return steps
	}}
}

// accepting takes the formats it lists, at the score given.
func accepting(scores map[string]int) func(media.Format) (int, bool) {
	return func(f media.Format) (int, bool) {
		score, ok := scores[f.Codec]
		return score, ok
	}
}

func TestPlan(t *testing.T) {
	table := edges(map[string]map[string]int{
		"packed":  {"frames": 1},
		"frames":  {"packed": 1, "raw": 50},
		"raw":     {"h264": 500, "vp8": 300, "small": 10},
		"small":   {"vp8": 100, "raw": 10},
		"h264":    {"h264-rtp": 1},
		"vp8":     {"packed": 1},
		"island":  {},
		"free":    {"a": 0, "b": 0},
		"a":       {"free": 0, "c": 0},
		"b":       {"c": 0},
		"c":       {"d": 0},
		"diamond": {"left": 1, "right": 2},
		"left":    {"end": 2, "other": 2},
		"right":   {"end": 1},
	})
	tests := []struct {
		name   string
		have   string
		accept map[string]int
		want   []string
		none   bool
	}{
		{name: "accepted as it is", have: "packed", accept: map[string]int{"packed": 0, "frames": 100}},
		{name: "one step", have: "packed", accept: map[string]int{"frames": 1}, want: []string{"frames"}},
		{name: "a longer way that is cheaper", have: "frames", accept: map[string]int{"vp8": 1}, want: []string{"raw", "small", "vp8"}},
		{name: "cost before score", have: "frames", accept: map[string]int{"vp8": 1, "h264": 9}, want: []string{"raw", "small", "vp8"}},
		{name: "all the way", have: "packed", accept: map[string]int{"h264-rtp": 1}, want: []string{"frames", "raw", "h264", "h264-rtp"}},
		{name: "score between equal costs", have: "diamond", accept: map[string]int{"end": 1, "other": 2}, want: []string{"left", "other"}},
		{name: "first in the table between equals", have: "diamond", accept: map[string]int{"end": 1}, want: []string{"left", "end"}},
		{name: "a step costs at least 1, so circles end", have: "free", accept: map[string]int{"d": 1}, want: []string{"a", "c", "d"}},
		{name: "unreachable", have: "packed", accept: map[string]int{"island": 1}, none: true},
		{name: "no way out", have: "island", accept: map[string]int{"packed": 1}, none: true},
		{name: "nothing accepted", have: "packed", none: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path, ok := Plan(format(tt.have), Want{}, accepting(tt.accept), table)
			if ok == tt.none {
				t.Fatalf("found = %v", ok)
			}
			var got []string
			for _, s := range path {
				got = append(got, s.To.Codec)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("path %v, want %v", got, tt.want)
			}
		})
	}
}

func TestPlanEndsOnEndlessTable(t *testing.T) {
	endless := Steps{func(have media.Format, _ Want) []Step {
		have.ClockRate++
		return []Step{{To: have, Cost: 1}}
	}}
	if _, ok := Plan(format("x"), Want{}, accepting(nil), endless); ok {
		t.Error("found a way to a format that nobody accepts")
	}
}
