package conf

import (
	"strings"
	"testing"
)

var turnTests = []struct {
	text string
	want string // String(); "" means an error
	err  string // part of it
	user string
	pass string
}{
	{text: "user:password@198.51.100.1:3478?transport=udp", want: "user:***@198.51.100.1:3478?transport=udp", user: "user", pass: "password"},
	{text: "user:password@198.51.100.1:3478", want: "user:***@198.51.100.1:3478?transport=udp", user: "user", pass: "password"},
	{text: "user:password@198.51.100.1?transport=tcp", want: "user:***@198.51.100.1:3478?transport=tcp", user: "user", pass: "password"},
	{text: "user:password@turn.example_1?transport=tls", want: "user:***@turn.example_1:5349?transport=tls", user: "user", pass: "password"},
	{text: "u:p@h:1?transport=TLS", want: "u:***@h:1?transport=tls", user: "u", pass: "p"},
	{text: "u:p@[2001:db8::1]:3479", want: "u:***@[2001:db8::1]:3479?transport=udp", user: "u", pass: "p"},
	{text: "u:p@[2001:db8::1]", want: "u:***@[2001:db8::1]:3478?transport=udp", user: "u", pass: "p"},
	{text: "1700000000:al:ice:p?a@s;s#/=@h", want: "1700000000:***@h:3478?transport=udp", user: "1700000000", pass: "al:ice:p?a@s;s#/="},
	{text: "1700000000:alice:cLwpKeS9jCcyYu9cCWTvkJ8VGZU=@h", want: "1700000000:alice:***@h:3478?transport=udp", user: "1700000000:alice", pass: "cLwpKeS9jCcyYu9cCWTvkJ8VGZU="},
	{text: "", err: `without "@"`},
	{text: "198.51.100.1:3478", err: `without "@"`},
	{text: "user@198.51.100.1", err: "without user or password"},
	{text: ":p@198.51.100.1", err: "without user or password"},
	{text: "u:@198.51.100.1", err: "without user or password"},
	{text: "u:\np@198.51.100.1", err: "control character"},
	{text: "u:p@", err: "want an IP address or host name"},
	{text: "u:p@h:", err: `port ""`},
	{text: "u:p@h:0", err: `port "0"`},
	{text: "u:p@h:65536", err: `port "65536"`},
	{text: "u:p@h:12a", err: `port "12a"`},
	{text: "u:p@2001:db8::1", err: "put an IPv6 address in brackets"},
	{text: "u:p@[2001:db8::1", err: "brackets"},
	{text: "u:p@[192.0.2.1]", err: "brackets"},
	{text: "u:p@[fe80::1%eth0]", err: "brackets"},
	{text: "u:p@h?transport=sctp", err: `"?transport=sctp"`},
	{text: "u:p@h?", err: `"?"`},
	{text: "u:p@h?proto=udp", err: `"?proto=udp"`},
	{text: "u:p@a b", err: "want an IP address or host name"},
	{text: "u:" + strings.Repeat("p", maxTURNURL) + "@h", err: "too long"},
}

func TestParseTURNURL(t *testing.T) {
	for _, test := range turnTests {
		t.Run(test.text[:min(len(test.text), 50)], func(t *testing.T) {
			u, err := ParseTURNURL(test.text)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("got %v, error %v, want %q", u, err, test.err)
				}
				if !u.IsZero() {
					t.Errorf("got %v beside the error", u)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if u.String() != test.want || u.Username != test.user || string(u.Password) != test.pass || u.Text() != test.text {
				t.Errorf("got %s, user %q, password %q, text %q", u, u.Username, string(u.Password), u.Text())
			}
		})
	}
}

func FuzzParseTURNURL(f *testing.F) {
	for _, test := range turnTests {
		f.Add(test.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := ParseTURNURL(text)
		if err != nil {
			return
		}
		if u.Text() != text || u.Username == "" || u.Password == "" || u.Host == "" || u.Port < 1 || u.Port > 65535 {
			t.Fatalf("%q gives %#v", text, u)
		}
		// Written out in full with its password it must mean the same.
		again, err := ParseTURNURL(strings.Replace(u.String(), ":"+mask+"@", ":"+string(u.Password)+"@", 1))
		if len(text)+len("[]:65535?transport=udp") > maxTURNURL {
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if again.text = u.text; again != u {
			t.Fatalf("%q gives %#v, then %#v", text, u, again)
		}
	})
}

func TestSeveralServers(t *testing.T) {
	turn, err := ParseTURNURLs(" u:p@one.example?transport=tcp  v:q@[2001:db8::2]:80 ")
	if got := turn.String(); err != nil || got != "u:***@one.example:3478?transport=tcp v:***@[2001:db8::2]:80?transport=udp" {
		t.Errorf("%s, %v", got, err)
	}
	if got := turn.Text(); got != "u:p@one.example?transport=tcp v:q@[2001:db8::2]:80" {
		t.Errorf("text %s", got)
	}
	if turn, err := ParseTURNURLs("u:p@one.example u:secret"); err == nil || strings.Contains(err.Error(), "secret") || turn != nil {
		t.Errorf("%v, %v", turn, err)
	}
	stun, err := ParseSTUNServers("one.example, 192.0.2.1:19302,2001:db8::1 [2001:db8::2]:80")
	if got := strings.Join(stun.Addresses(3478), " "); err != nil || got != "one.example:3478 192.0.2.1:19302 [2001:db8::1]:3478 [2001:db8::2]:80" {
		t.Errorf("%s, %v", got, err)
	}
	for text, want := range map[string]string{
		"one.example:0": `port "0"`, "one.example:x": `port "x"`, "a b/c": "no address or host name", "[2001:db8::2": `"[2001:db8::2" is no host:port`, ":80": `""`,
	} {
		if _, err := ParseSTUNServers(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
