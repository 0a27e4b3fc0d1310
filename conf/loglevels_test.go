package conf

import (
	"strings"
	"testing"
)

func TestLogLevels(t *testing.T) {
	const recommended = "2,Kurento*:4,kms*:4,sdp*:4,webrtc*:4,*rtpendpoint:4,rtp*handler:4,rtpsynchronizer:4,agnosticbin:4"
	tests := []struct {
		text      string
		names     string
		want      LogLevel
		complaint string
	}{
		{text: "", names: "a", want: LogInfo},
		{text: "3", names: "a", want: LogFixme},
		{text: "0", names: "a b", want: LogNone},
		{text: "b:6", names: "a", want: LogInfo},
		{text: recommended, names: "KurentoWebRtcEndpointImpl", want: LogInfo},
		{text: recommended, names: "GST_PADS", want: LogWarning},
		{text: recommended, names: "webrtcendpoint", want: LogInfo},
		{text: "Kurento*:5,4", names: "KurentoMediaServer", want: LogDebug},  // all others, wherever it stands
		{text: "Kurento*:5,*:4", names: "KurentoMediaServer", want: LogInfo}, // the last entry that fits
		{text: "4,Kurento*:5", names: "KurentoMediaServer", want: LogDebug},
		{text: "1, kms*session : 7 ", names: "KurentoX kmswebrtcsession", want: LogTrace}, // as much as any name asks for
		{text: "*:warn;kms?:DEBUG", names: "kms1", want: LogDebug},
		{text: "*:99", names: "a", want: LogMemdump},
		{text: "5,nonsense,a:b:c,:3,x[:2,-1", names: "a", want: LogDebug, complaint: `"nonsense", "a:b:c", ":3", "x[:2", "-1" is left out`},
		{text: strings.Repeat("4,", 257), names: "a", want: LogInfo, complaint: "257 log levels are too many"},
	}
	for _, test := range tests {
		l, err := ParseLogLevels(test.text)
		if got := l.Of(LogInfo, strings.Fields(test.names)...); got != test.want {
			t.Errorf("%q: %s has level %d, want %d", test.text, test.names, got, test.want)
		}
		if test.complaint == "" && err != nil || test.complaint != "" && (err == nil || !strings.Contains(err.Error(), test.complaint)) {
			t.Errorf("%q: %v, want %q", test.text, err, test.complaint)
		}
	}
}

func FuzzParseLogLevels(f *testing.F) {
	f.Add("2,Kurento*:4,*:WARN", "KurentoMediaServer")
	f.Add("a*b?c:9;;3,\\:1", "abc")
	f.Fuzz(func(t *testing.T, text, name string) {
		l, err := ParseLogLevels(text)
		if level := l.Of(LogInfo, name); level < LogNone || level > LogMemdump {
			t.Errorf("level %d", level)
		}
		if !usable(err) && len(l.rules) > 0 {
			t.Errorf("an error that leaves %d rules", len(l.rules))
		}
	})
}
