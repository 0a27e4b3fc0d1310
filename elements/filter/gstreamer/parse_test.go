package gstreamer

import (
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]command{
		"videobalance saturation=0.0":                  {element: "videobalance", settings: []setting{{"saturation", "0.0"}}},
		"  gamma\n gamma \t=  2 ":                      {element: "gamma", settings: []setting{{"gamma", "2"}}},
		`textoverlay text="Room A" a=b`:                {element: "textoverlay", settings: []setting{{"text", "Room A"}, {"a", "b"}}},
		`textoverlay text='it is' a=b`:                 {element: "textoverlay", settings: []setting{{"text", "it is"}, {"a", "b"}}},
		`textoverlay text=Room\ A`:                     {element: "textoverlay", settings: []setting{{"text", "Room A"}}},
		`textoverlay text="a \"b\" c"`:                 {element: "textoverlay", settings: []setting{{"text", `a "b" c`}}},
		`textoverlay text="open`:                       {element: "textoverlay", settings: []setting{{"text", `"open`}}},
		`capsfilter caps="video/x-raw, framerate=5/1"`: {element: "capsfilter", settings: []setting{{"caps", "video/x-raw, framerate=5/1"}}},
		"capsfilter caps=video/x-raw,framerate=5/1":    {element: "capsfilter", settings: []setting{{"caps", "video/x-raw,framerate=5/1"}}},
		"gamma gamma=!":                                {element: "gamma", settings: []setting{{"gamma", "!"}}},
		"videoflip method=4 ! videobalance hue=1":      {element: "videoflip", settings: []setting{{"method", "4"}}, followed: true, others: []string{"videobalance"}},
		"identity name=x:y%1-_ silent = true a=\"\"":   {element: "identity", settings: []setting{{"name", "x:y%1-_"}, {"silent", "true"}, {"a", ""}}},
	} {
		got, err := parse(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v %v", text, got, err)
		}
	}
	for text, want := range map[string]error{
		"": errEmpty, " \n": errEmpty, "gamma.": errSyntax, "=1": errSyntax, "gamma =2": errSyntax, "gamma gamma=": errSyntax, "! gamma": errSyntax,
		"(gamma)": errSyntax, "gamma gamma=\"2\" , foo": errSyntax, "a=b": errSyntax,
	} {
		if _, err := parse(text); err != want {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
	if _, err := parse(strings.Repeat("a", maxCommand+1)); err == nil {
		t.Error("a command of any length is taken")
	}
}

// FuzzCommand has whatever is made of a text work on a picture and on sound.
func FuzzCommand(f *testing.F) {
	for _, c := range everyCommand {
		f.Add(c)
	}
	f.Add(`textoverlay text="a \"b\" c" font-desc="Sans, 1e99" xpad=-1`)
	f.Add("videobox left=-2147483648 right=2147483647 top=-99999 bottom=0x7f")
	f.Add("audioecho delay=18446744073709551615 intensity=nan")
	f.Add("clockoverlay time-format=%Q%%%")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := fromCommand(text, "AUTODETECT")
		if err != nil {
			return
		}
		exercise(m)
	})
}
