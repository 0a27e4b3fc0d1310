package conf

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestValues loads one key at a time: what is printed for it, and the warning.
func TestValues(t *testing.T) {
	tests := []struct {
		key, text string
		want      string // as Settings prints it
		warning   string // part of it, "" for none
	}{
		{resources + "exceptionLimit", "0.5", "0.5", ""},
		{resources + "exceptionLimit", "1", "1", ""},
		{resources + "exceptionLimit", ".9 ; most of it", "0.9", `".9 ; most of it" is read as .9`},
		{resources + "exceptionLimit", "0", "0.8", "want a fraction"},
		{resources + "exceptionLimit", "80", "0.8", `not "80"`},
		{resources + "exceptionLimit", "nan", "0.8", "want a fraction"},
		{resources + "killLimit", "0", "0", ""},
		{mediaElement + "transcoding", "never", "allow", "not a known value"},
		{mediaElement + "transcodingCores", "-1", "0", "want a number of cores"},
		{mediaElement + "transcodingCores", "nan", "0", "want a number of cores"},
		{resources + "garbageCollectorPeriod", "30", "30", ""},
		{resources + "garbageCollectorPeriod", "0", "240", "want a whole number from 1"},
		{resources + "garbageCollectorPeriod", "99999999999999999999", "240", "want a whole number"},
		{resources + "disableRequestCache", "1", "true", ""},
		{resources + "disableRequestCache", "yes", "false", `want true or false, not "yes"`},
		{websocket + "port", "8889 ; for tests", "8889", `is read as 8889`},
		{websocket + "port", "-1", "8888", `not "-1"`},
		{websocket + "address", "[::1]", "::1", ""},
		{websocket + "path", "/a/b/", "a/b", ""},
		{websocket + "path", "a b", "kurento", "want the path of a URL"},
		{websocket + "registrar.address", "http://x", "", "ws:// or wss://"},
		{websocket + "registrar.address", "ws://u:hu@sh@x:1/p", "ws://u:***@x:1/p", ""},
		{uriEndpoint + "deniedNetworks", "10.1.2.3/8 ::1", "10.0.0.0/8,::1/128", ""},
		{uriEndpoint + "allowedNetworks", "10.1.2.0/33", "", "want networks as 10.0.0.0/8"},
		{uriEndpoint + "allowedRoots", "/a/../b:/c/", "/b:/c", ""},
		{uriEndpoint + "allowedRoots", "here", "", "want absolute paths"},
		{uriEndpoint + "defaultPath", "http://u:hush@x/y@z", "http://u:***@x/y@z", ""},
		{websocket + "threads", "0", "10", "want a whole number from 1"},
		{mediaServer + "metadata", "x", "", "want a JSON object"},
		{baseRtpEndpoint + "minPort", "80", "1024", "80 is outside 1024 to 65535, 1024 is used"},
		{baseRtpEndpoint + "maxPort", "70000", "65535", "65535 is used"},
		{baseRtpEndpoint + "maxPort", "many", "65535", "want a whole number"},
		{baseRtpEndpoint + "mtu", "1", "1200", "want a whole number from 576"},
		{sdpEndpoint + "audioCodecs", "opus/48000", "opus/48000/2,PCMU/8000,PCMA/8000,AMR/8000", "want a list of"},
		{webRtcEndpoint + "iceTcp", "false", "false", ""},
		{webRtcEndpoint + "iceTcp", "0 ; no TCP", "false", `"0 ; no TCP" is read as 0`},
		{webRtcEndpoint + "iceTcp", "off", "true", "want true or false"},
		{webRtcEndpoint + "networkInterfaces", "eth0,eth1 eth2", "eth0,eth1,eth2", ""},
		{webRtcEndpoint + "stunServerAddress", "stun.example", "stun.example", ""},
		{webRtcEndpoint + "stunServerAddress", "stun:192.0.2.1", "", "want a number from 1 to 65535"},
		{webRtcEndpoint + "stunServerAddress", "user:hush@host", "", "host name, not a value with"},
		{webRtcEndpoint + "stunServerAddress", "a.example b.example:3479", "a.example,b.example:3479", ""},
		{webRtcEndpoint + "turnURL", "user:hush", "", `turn url without "@"`},
		{webRtcEndpoint + "qos-dscp", "AF41", "AF41", ""},
		{webRtcEndpoint + "qos-dscp", "LOUD", "NO_VALUE", `"LOUD" is not a known value`},
		{recorderEndpoint + "gapsFix", "none", "NONE", `"none" is not a known value`},
		{playerEndpoint + "rtspClientPortRange", "5000", "0-0", "want a range"},
		{playerEndpoint + "rtspClientPortRange", "6000-5000", "0-0", "want a range"},
		{httpEndpoint + "serverPort", strings.Repeat("x", 100), "9091", `"` + strings.Repeat("x", 60) + `"...`},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%s=%.20s", test.key, test.text), func(t *testing.T) {
			c := Default()
			c.origins = map[string]Origin{}
			l := &loader{config: c, keys: keys(c)}
			from := Origin{Name: "file", Line: 7}
			if err := l.set(l.find(test.key), entry{path: test.key, text: test.text}, from, "/"); err != nil {
				t.Fatal(err)
			}
			if got := l.find(test.key).value.String(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if test.warning == "" {
				checkWarnings(t, c, nil)
				return
			}
			checkWarnings(t, c, []string{test.warning})
			if !strings.HasPrefix(c.Warnings[0].String(), "file:7: "+test.key+": ") {
				t.Errorf("warning %q does not name the line and key", c.Warnings[0])
			}
			for _, w := range c.Warnings {
				if strings.Contains(w.String(), "hush") {
					t.Errorf("warning %q shows a password", w)
				}
			}
		})
	}
}

func TestCodecList(t *testing.T) {
	dir := files{sdpFile: `{
		"audioCodecs": [{"name": "opus/48000/2", "//": "comment"}, {"name": "opus"}, "PCMU/8000", {"name": "a b/8000"},
			{"name": "PCMA/0"}, {"name": "PCMA/8000/0"}, {"name": "PCMA/8000/1/2"}],
		"videoCodecs": {"name": "VP8/90000"}
	}`}.write(t)
	c := mustLoad(t, dir, nil, "SdpEndpoint.conf.json:2: modules.kurento.SdpEndpoint.audioCodecs: entry 2 is left out",
		"SdpEndpoint.conf.json:4: modules.kurento.SdpEndpoint.videoCodecs: want a list")
	if got := fmt.Sprint(c.SdpEndpoint.AudioCodecs); got != "[opus/48000/2]" {
		t.Errorf("audio %s", got)
	}
	for i := 3; i <= 7; i++ {
		if entry := fmt.Sprintf("entry %d is left out", i); !strings.Contains(c.Warnings[0].Text, entry) {
			t.Errorf("no %q in %q", entry, c.Warnings[0])
		}
	}
	if len(c.SdpEndpoint.VideoCodecs) != 5 {
		t.Errorf("video %v, want the default", c.SdpEndpoint.VideoCodecs)
	}
}

func TestSwappedAndCrossedValues(t *testing.T) {
	dir := files{
		rtpFile:                                 "minPort=5050\nmaxPort=5000\n",
		"modules/kurento/MediaElement.conf.ini": "minEncoderBitrate=500\nmaxEncoderBitrate=400\n",
	}.write(t)
	c := mustLoad(t, dir, nil, "minEncoderBitrate: 500 is above", "minPort: 5050 is above maxPort 5000")
	if c.BaseRtpEndpoint.MinPort != 5000 || c.BaseRtpEndpoint.MaxPort != 5050 || c.MediaElement.MinEncoderBitrate != 400 {
		t.Errorf("got %+v %+v", c.BaseRtpEndpoint, c.MediaElement)
	}
}

// Nothing that prints or encodes a Config may show a password.
func TestSecretsDoNotPrint(t *testing.T) {
	c := Default()
	c.WebSocket.Secure.Password = "hush"
	turn, err := ParseTURNURLs("user:hush@192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	c.WebRtcEndpoint.TurnURL = turn
	encoded, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprintf("%v", c), fmt.Sprintf("%+v", *c), fmt.Sprintf("%#v", *c), string(encoded)} {
		if strings.Contains(text, "hush") {
			t.Errorf("shows the password: %s", text)
		}
	}
}
