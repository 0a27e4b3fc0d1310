package publicip

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/pion/stun/v4"
	"go.uber.org/goleak"
	"golang.org/x/net/dns/dnsmessage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve answers datagrams until the test ends.
func serve(t *testing.T, answer func(request []byte) []byte) (address string) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan bool)
	go func() {
		defer close(done)
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			if reply := answer(buffer[:n]); reply != nil {
				_, _ = conn.WriteTo(reply, from)
			}
		}
	}()
	t.Cleanup(func() {
		conn.Close()
		<-done
	})
	return conn.LocalAddr().String()
}

// dns answers each question with a record.
func dns(t *testing.T, body dnsmessage.ResourceBody) string {
	return serve(t, func(request []byte) []byte {
		var m dnsmessage.Message
		if err := m.Unpack(request); err != nil || len(m.Questions) != 1 {
			t.Errorf("request %q: %v", request, err)
			return nil
		}
		q := m.Questions[0]
		m.Response = true
		if body != nil {
			m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class}, Body: body}}
		}
		reply, err := m.Pack()
		if err != nil {
			t.Error(err)
		}
		return reply
	})
}

func stunServer(t *testing.T, ip net.IP) string {
	return serve(t, func(request []byte) []byte {
		m := &stun.Message{Raw: request}
		if err := m.Decode(); err != nil {
			t.Error(err)
		}
		reply, err := stun.Build(stun.NewTransactionIDSetter(m.TransactionID), stun.BindingSuccess, &stun.XORMappedAddress{IP: ip, Port: 1})
		if err != nil {
			t.Error(err)
		}
		return reply.Raw
	})
}

func TestFind(t *testing.T) {
	mine := [4]byte{198, 51, 100, 7}
	a := dns(t, &dnsmessage.AResource{A: mine})
	txt := dns(t, &dnsmessage.TXTResource{TXT: []string{`"198.51.100.7"`}})
	private := dns(t, &dnsmessage.AResource{A: [4]byte{192, 168, 1, 2}})
	empty := dns(t, nil)
	nonsense := serve(t, func([]byte) []byte { return []byte("nonsense") })
	silent := serve(t, func([]byte) []byte { return nil })
	const inet, chaos = dnsmessage.ClassINET, dnsmessage.ClassCHAOS
	ask := func(server string) question { return question{server, "who.example.", dnsmessage.TypeA, inet} }

	tests := []struct {
		name   string
		rounds [][]question
		want   string // "" for an error that holds each of says
		says   string
	}{
		{name: "A record", rounds: [][]question{{ask(a)}}, want: "198.51.100.7"},
		{name: "text of class CHAOS", rounds: [][]question{{{txt, "who.example.", dnsmessage.TypeTXT, chaos}}}, want: "198.51.100.7"},
		{name: "one of many knows", rounds: [][]question{{ask(private), ask(empty), ask(nonsense), ask(silent), ask(a)}}, want: "198.51.100.7"},
		{name: "STUN as a last resort", rounds: [][]question{{ask(private), ask(empty)}, {{server: stunServer(t, mine[:])}}}, want: "198.51.100.7"},
		{name: "nobody knows", rounds: [][]question{{ask(private), ask(empty), ask(nonsense)}, {ask("127.0.0.1:1")}, {}},
			says: "192.168.1.2 is no public address|no address in the answer|" + nonsense + "|127.0.0.1:1"},
		{name: "silence", rounds: [][]question{{ask(silent)}}, says: silent + ": no answer"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := find(context.Background(), false, test.rounds...)
			if test.want != "" {
				if err != nil || got.String() != test.want {
					t.Errorf("found %v, %v, want %s", got, err, test.want)
				}
				return
			}
			for _, part := range strings.Split(test.says, "|") {
				if err == nil || !strings.Contains(err.Error(), part) {
					t.Errorf("found %v, error %v, want one with %q", got, err, part)
				}
			}
		})
	}
	if _, err := find(context.Background(), true, []question{ask(a)}); err == nil {
		t.Error("an IPv4 address was taken for IPv6")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("\x00\x01\x81\x80\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01\x00\x01\x00\x00\x00\x00\x00\x04\x01\x02\x03\x04"))
	m := stun.MustBuild(stun.TransactionID, stun.BindingSuccess, &stun.XORMappedAddress{IP: net.IPv4(1, 2, 3, 4), Port: 1})
	f.Add(m.Raw)
	f.Fuzz(func(t *testing.T, p []byte) {
		if addr, err := parseDNS(p, 1); err == nil && !addr.IsValid() {
			t.Error("no address and no error")
		}
		if addr, err := parseBinding(p, m.TransactionID); err == nil && !addr.IsValid() {
			t.Error("no address and no error")
		}
	})
}
