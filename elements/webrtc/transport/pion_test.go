package transport

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"

	"github.com/rivero-media/rivero/elements/webrtc/transport/srtp"
	"github.com/rivero-media/rivero/pipeline/media"
)

// browser is a complete WebRTC peer of another make (other ICE, DTLS and SRTP
// code than ours), with one video track in each direction.
type browser struct {
	t     *testing.T
	pc    *webrtc.PeerConnection
	track *webrtc.TrackLocalStaticRTP
	got   chan *rtp.Packet
	rtcp  chan []rtcp.Packet
}

func newBrowser(t *testing.T, profile srtp.Profile) *browser {
	t.Helper()
	return newBrowserWith(t, profile, webrtc.SettingEngine{})
}

// newBrowserTCP makes a peer that connects by TCP only.
func newBrowserTCP(t *testing.T) *browser {
	t.Helper()
	var settings webrtc.SettingEngine
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
	settings.SetIncludeLoopbackCandidate(true)
	return newBrowserWith(t, srtp.AES128CMSHA1_80, settings)
}

func newBrowserWith(t *testing.T, profile srtp.Profile, settings webrtc.SettingEngine) *browser {
	t.Helper()
	settings.SetSRTPProtectionProfiles(dtls.SRTPProtectionProfile(profile))
	settings.SetHostAcceptanceMinWait(0)
	settings.SetPrflxAcceptanceMinWait(0)
	var engine webrtc.MediaEngine
	if err := engine.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	api := webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(&engine))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, pc: pc, got: make(chan *rtp.Packet, 100), rtcp: make(chan []rtcp.Packet, 10)}
	t.Cleanup(func() { pc.Close() })
	b.track, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, "video", "us")
	if err != nil {
		t.Fatal(err)
	}
	sender, err := pc.AddTrack(b.track)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			packets, _, err := sender.ReadRTCP()
			if err != nil {
				return
			}
			b.rtcp <- packets
		}
	}()
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			b.got <- p
		}
	})
	return b
}

const testSSRC = 0x12345678

// describe writes our side's session description, which is not the transport's business.
func describe(s *side, setup string) string {
	lines := []string{
		"v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=group:BUNDLE 0",
		"m=video 9 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 0.0.0.0", "a=mid:0", "a=rtpmap:96 VP8/90000",
		"a=ice-ufrag:" + s.LocalUfrag(), "a=ice-pwd:" + s.LocalPwd(),
		"a=fingerprint:sha-256 " + s.cfg.Certificate.Fingerprint(),
		"a=setup:" + setup, "a=sendrecv", "a=rtcp-mux", "a=msid:them video",
		fmt.Sprintf("a=ssrc:%d cname:them", testSSRC), fmt.Sprintf("a=ssrc:%d msid:them video", testSSRC),
	}
	return strings.Join(lines, "\r\n") + "\r\n"
}

// attribute finds the first value of a=name: in a description.
func attribute(t *testing.T, description, name string) string {
	t.Helper()
	for _, line := range strings.Split(description, "\r\n") {
		if value, ok := strings.CutPrefix(line, "a="+name+":"); ok {
			return value
		}
	}
	t.Fatalf("no a=%s in %s", name, description)
	return ""
}

func remoteFrom(t *testing.T, description string, client, controlling bool) Remote {
	t.Helper()
	hash, value, _ := strings.Cut(attribute(t, description, "fingerprint"), " ")
	return Remote{
		Ufrag: attribute(t, description, "ice-ufrag"), Pwd: attribute(t, description, "ice-pwd"),
		Fingerprints: []Fingerprint{{hash, value}}, DTLSClient: client, Controlling: controlling,
	}
}

// trickle passes candidates both ways as they are found.
func (b *browser) trickle(s *side) {
	b.trickleTo(s)
	b.trickleFrom(s)
}

func (b *browser) trickleTo(s *side) {
	b.pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		if c != nil {
			if err := s.AddRemoteCandidate(c.ToJSON().Candidate); err != nil && err != ErrClosed {
				b.t.Error(err)
			}
		}
	})
}

// trickleFrom passes on what s has found, and what it will find. The browser
// must have the description they belong to: it checks with the credentials
// that it has.
func (b *browser) trickleFrom(s *side) {
	add := func(text string) {
		if err := b.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: text}); err != nil {
			b.t.Error(err)
		}
	}
	var early []string
	s.record(func() { early, s.onCand = slices.Clone(s.candidates), add })
	for _, text := range early {
		add(text)
	}
}

// offer makes the browser controlling and the DTLS server.
func (b *browser) offer(s *side) {
	b.t.Helper()
	offer, err := b.pc.CreateOffer(nil)
	if err == nil {
		b.trickle(s)
		err = b.pc.SetLocalDescription(offer)
	}
	if err == nil {
		err = b.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: describe(s, "active")})
	}
	if err == nil {
		err = s.Start(remoteFrom(b.t, offer.SDP, true, false))
	}
	if err == nil {
		err = s.Gather()
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// answer makes the browser controlled and the DTLS client.
func (b *browser) answer(s *side) {
	b.t.Helper()
	var answer webrtc.SessionDescription
	err := b.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: describe(s, "actpass")})
	if err == nil {
		b.trickle(s)
		err = s.Gather()
	}
	if err == nil {
		answer, err = b.pc.CreateAnswer(nil)
	}
	if err == nil {
		err = b.pc.SetLocalDescription(answer)
	}
	if err == nil {
		err = s.Start(remoteFrom(b.t, answer.SDP, false, true))
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

func TestMediaWithAPeerConnection(t *testing.T) {
	for _, profile := range []srtp.Profile{srtp.AES128CMSHA1_80, srtp.AEADAES128GCM} {
		for _, role := range []string{"offers", "answers"} {
			for _, key := range []KeyType{RSA, ECDSA} {
				t.Run(fmt.Sprintf("%v, peer %s, %s", profile, role, key), func(t *testing.T) {
					t.Parallel()
					s := newSide(t, ConnConfig{Pool: newTestPool(t, PoolConfig{Sockets: 1}), Certificate: testCertificate(t, key)})
					b := newBrowser(t, profile)
					if role == "offers" {
						b.offer(s)
					} else {
						b.answer(s)
					}
					s.waitFor("dtls CONNECTED")
					testMediaWith(t, s, b)
					if got := s.Stats(); got.Profile != profile || got.PacketsReceived == 0 || got.PacketsSent == 0 ||
						got.ICE != ICEReady || got.DTLS != DTLSConnected || got.Local == "" || got.Peer == "" || got.RTT <= 0 {
						t.Errorf("statistics: %+v", got)
					}
				})
			}
		}
	}
}

func testMediaWith(t *testing.T, s *side, b *browser) {
	t.Helper()
	var burst media.Burst
	end := time.Now().Add(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	// Both repeat until the other has heard: the browser may be a moment behind with DTLS.
	var heard *rtp.Packet
	for i := 0; heard == nil; i++ {
		h := rtp.Header{Version: 2, PayloadType: 96, SequenceNumber: uint16(i), SSRC: testSSRC}
		s.WriteRTP(&h, []byte("to the browser"), &burst)
		burst.Flush()
		select {
		case heard = <-b.got:
		case <-tick.C:
			if time.Now().After(end) {
				t.Fatal("the browser hears nothing")
			}
		}
	}
	if string(heard.Payload) != "to the browser" {
		t.Errorf("browser got %q", heard.Payload)
	}
	var first rtp.Packet
	for i := 0; first.Payload == nil; i++ {
		if err := b.track.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: uint16(i)}, Payload: []byte("from the browser")}); err != nil {
			t.Fatal(err)
		}
		s.mu.Lock()
		if len(s.rtp) > 0 {
			first = s.rtp[0]
		}
		s.mu.Unlock()
		<-tick.C
		if time.Now().After(end) {
			t.Fatal("the browser is not heard")
		}
	}
	if string(first.Payload) != "from the browser" {
		t.Errorf("got %q", first.Payload)
	}
	pli, err := (&rtcp.PictureLossIndication{SenderSSRC: testSSRC, MediaSSRC: first.SSRC}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	s.WriteRTCP(pli)
	select {
	case got := <-b.rtcp:
		if _, ok := got[0].(*rtcp.PictureLossIndication); !ok {
			t.Errorf("browser got %v", got)
		}
	case <-time.After(patience):
		t.Error("no RTCP at the browser")
	}
	if err := b.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: testSSRC}}); err != nil {
		t.Fatal(err)
	}
	s.wait("RTCP", func() bool { return len(s.rtcp) > 0 })
}
