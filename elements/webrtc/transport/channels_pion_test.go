package transport

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pion/webrtc/v3"
)

// dataPeer is a WebRTC peer of another make (other SCTP code than ours) with data channels only.
type dataPeer struct {
	*browser
	mu       sync.Mutex
	channels []*webrtc.DataChannel
	heard    []string
}

func newDataPeer(t *testing.T) *dataPeer {
	t.Helper()
	settings := webrtc.SettingEngine{}
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetHostAcceptanceMinWait(0)
	settings.SetPrflxAcceptanceMinWait(0)
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close() })
	p := &dataPeer{browser: &browser{t: t, pc: pc}}
	pc.OnDataChannel(p.listen)
	return p
}

func (p *dataPeer) note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard = append(p.heard, text)
}

// listen keeps a channel, notes what comes and sends it back.
func (p *dataPeer) listen(d *webrtc.DataChannel) {
	d.OnOpen(func() {
		p.mu.Lock()
		p.channels = append(p.channels, d)
		p.mu.Unlock()
		p.note("open " + d.Label())
	})
	d.OnClose(func() { p.note("closed " + d.Label()) })
	d.OnMessage(func(m webrtc.DataChannelMessage) {
		send := func() error { return d.Send(m.Data) }
		if m.IsString {
			send = func() error { return d.SendText(string(m.Data)) }
		}
		if err := send(); err != nil {
			p.t.Error(err)
		}
		p.note(fmt.Sprintf("%v %s", m.IsString, m.Data))
	})
}

func (p *dataPeer) waitFor(text string) {
	p.t.Helper()
	until(p.t, text+" at the peer", func() {}, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return slices.Contains(p.heard, text)
	})
}

// start negotiates: the peer offers or answers.
func (p *dataPeer) start(s *side, peerOffers bool) {
	p.t.Helper()
	p.trickle(s)
	ours := func(setup string) string {
		return strings.Join([]string{
			"v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=group:BUNDLE 0",
			"m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", "a=mid:0", "a=sctp-port:5000",
			"a=ice-ufrag:" + s.LocalUfrag(), "a=ice-pwd:" + s.LocalPwd(),
			"a=fingerprint:sha-256 " + s.cfg.Certificate.Fingerprint(), "a=setup:" + setup, "a=sendrecv",
		}, "\r\n") + "\r\n"
	}
	step := func(err error) {
		p.t.Helper()
		if err != nil {
			p.t.Fatal(err)
		}
	}
	remote := func(theirs string) Remote {
		r := remoteFrom(p.t, theirs, peerOffers, !peerOffers)
		r.SCTP = browserPorts
		return r
	}
	if peerOffers {
		offer, err := p.pc.CreateOffer(nil)
		step(err)
		step(p.pc.SetLocalDescription(offer))
		step(p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: ours("active")}))
		step(s.Start(remote(offer.SDP)))
		step(s.Gather())
		return
	}
	step(p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: ours("actpass")}))
	step(s.Gather())
	answer, err := p.pc.CreateAnswer(nil)
	step(err)
	step(p.pc.SetLocalDescription(answer))
	step(s.Start(remote(answer.SDP)))
}

func TestDataChannelsWithAPeerConnection(t *testing.T) {
	for _, peerOffers := range []bool{true, false} {
		t.Run(fmt.Sprint("peer offers: ", peerOffers), func(t *testing.T) {
			t.Parallel()
			s := newSide(t, ConnConfig{Pool: newTestPool(t, PoolConfig{Loopback: true, Interfaces: []string{"lo"}})})
			p := newDataPeer(t)
			retransmits := uint16(3)
			theirs, err := p.pc.CreateDataChannel("theirs", &webrtc.DataChannelInit{MaxRetransmits: &retransmits})
			if err != nil {
				t.Fatal(err)
			}
			p.listen(theirs)
			p.start(s, peerOffers)
			configs := map[string]ChannelConfig{
				"ordered":    {Ordered: true, MaxPacketLifeTime: -1, MaxRetransmits: -1},
				"unordered":  {MaxPacketLifeTime: -1, MaxRetransmits: -1},
				"retransmit": {Ordered: true, MaxPacketLifeTime: -1, MaxRetransmits: 2},
				"life time":  {MaxPacketLifeTime: 1 << 20, MaxRetransmits: -1}, // clamped
			}
			for label, config := range configs {
				config.Label, config.Protocol = label, "p"
				if _, err := s.OpenChannel(config); err != nil {
					t.Fatal(err)
				}
			}
			for _, label := range []string{"theirs", "ordered", "unordered", "retransmit", "life time"} {
				p.waitFor("open " + label)
			}
			s.wait("opened", func() bool { return len(s.log) > 0 && countPrefix(s.log, "opened ") == 5 })
			p.mu.Lock()
			for _, d := range p.channels {
				want, ours := configs[d.Label()]
				if ours && (d.Ordered() != want.Ordered || d.Protocol() != "p" ||
					!limits(d.MaxRetransmits(), want.MaxRetransmits) || !limits(d.MaxPacketLifeTime(), want.MaxPacketLifeTime) ||
					*d.ID()%2 == 0 != peerOffers) {
					t.Errorf("%s: id %d, ordered %v, retransmits %v, life time %v", d.Label(), *d.ID(), d.Ordered(), d.MaxRetransmits(), d.MaxPacketLifeTime())
				}
			}
			p.mu.Unlock()
			s.SendMessage(true, []byte("hello"))
			s.SendMessage(false, nil)
			s.wait("ten echoes", func() bool { return len(s.messages) == 10 })
			s.mu.Lock()
			got := slices.Sorted(slices.Values(s.messages))
			s.mu.Unlock()
			if got[0] != "binary " || got[4] != "binary " || got[5] != "text hello" || got[9] != "text hello" {
				t.Errorf("echoes %q", got)
			}
			if err := theirs.Close(); err != nil {
				t.Error(err)
			}
			s.waitFor(fmt.Sprint("closed ", *theirs.ID()))
			st, _ := s.ChannelsStats()
			for _, c := range st.Channels {
				if c.Label == "ordered" {
					s.CloseChannel(int(c.ID))
				}
			}
			p.waitFor("closed ordered")
			s.waitFor(fmt.Sprint("closed ", *theirs.ID()))
			until(t, "the peer's reset", func() {}, func() bool {
				st, _ := s.ChannelsStats()
				return len(st.Channels) == 3 && st.Closed == 2
			})
		})
	}
}

func limits(got *uint16, want int) bool {
	if want < 0 {
		return got == nil
	}
	return got != nil && int(*got) == min(want, maxReliability)
}

func countPrefix(list []string, prefix string) (n int) {
	for _, text := range list {
		if strings.HasPrefix(text, prefix) {
			n++
		}
	}
	return n
}
