package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/conf"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPrint(t *testing.T) {
	r := &Report{Findings: []Finding{{"stun", "a:1", OK, "sees us", ""}, {"turn", "b:2 udp", Failure, "wrong", "Mend it."}}}
	var text, object bytes.Buffer
	if err := errors.Join(r.Print(&text), r.PrintJSON(&object)); err != nil {
		t.Fatal(err)
	}
	want := "ok       stun a:1: sees us\nfailure  turn b:2 udp: wrong\n           → Mend it.\n1 ok, 0 notes, 0 warnings, 1 failures\n"
	if text.String() != want {
		t.Errorf("got\n%s\nwant\n%s", text.String(), want)
	}
	var back Report
	if err := json.Unmarshal(object.Bytes(), &back); err != nil || len(back.Findings) != 2 || back.Findings[1] != r.Findings[1] {
		t.Errorf("%v: %s", err, object.String())
	}
	if !r.Failed() || (&Report{Findings: r.Findings[:1]}).Failed() {
		t.Error("what failed is judged wrongly")
	}
}

// turnServer runs a TURN server on the loopback interface until the test ends.
func turnServer(t *testing.T) (address string) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := turn.NewServer(turn.ServerConfig{
		Realm: "test",
		AuthHandler: func(r *turn.RequestAttributes) (string, []byte, bool) {
			return r.Username, turn.GenerateAuthKey(r.Username, "test", "right"), true
		},
		PacketConnConfigs: []turn.PacketConnConfig{{PacketConn: conn,
			RelayAddressGenerator: &turn.RelayAddressGeneratorStatic{RelayAddress: net.IPv4(127, 0, 0, 1), Address: "127.0.0.1"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return conn.LocalAddr().String()
}

// The whole examination on one machine. What networks do to it is tested in e2e.
func TestExamine(t *testing.T) {
	server := turnServer(t)
	for password, want := range map[string][]string{
		"right": {"ok stun " + server + " sees port 5000", "ok turn " + server + " udp gives the relayed address 127.0.0.1:", "ok relay " + server},
		"wrong": {"failure turn " + server + " udp refused: error 400"}, // this server's word for it
	} {
		c, err := conf.Load(nil, []string{"KMS_MIN_PORT=5000", "KMS_MAX_PORT=5009", "KMS_TURN_URL=user:" + password + "@" + server,
			"KMS_STUN_IP=" + server, "KMS_STUN_PORT=3478", "KMS_EXTERNAL_IPV4="})
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		report := Examine(context.Background(), c)
		for _, f := range report.Findings {
			all = append(all, strings.Join([]string{string(f.Status), f.Check, f.Subject, f.Text}, " "))
		}
		text := strings.Join(all, "\n")
		for _, part := range want {
			if !strings.Contains(text, part) {
				t.Errorf("no finding with %q in\n%s", part, text)
			}
		}
		if strings.Contains(text, password+"@") {
			t.Errorf("the password is told:\n%s", text)
		}
	}
}

func TestRefusal(t *testing.T) {
	no := &stun.TurnError{ErrorCodeAttr: stun.ErrorCodeAttribute{Code: stun.CodeAllocQuotaReached, Reason: []byte("Quota")}}
	if got, want := refusal(no).Error(), "refused: error 486 Quota"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if other := errors.New("x"); refusal(other) != other {
		t.Error("another error was changed")
	}
}
