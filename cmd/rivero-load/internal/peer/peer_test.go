package peer

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v3"
	"go.uber.org/goleak"

	"github.com/rivero-media/rivero/cmd/rivero-load/internal/clip"
	"github.com/rivero-media/rivero/cmd/rivero-load/internal/measure"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newFactory(t *testing.T, o Options) *Factory {
	t.Helper()
	o.Interfaces = []string{"lo"}
	f, err := NewFactory(o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func newPeer(t *testing.T, f *Factory, d Direction) *Peer {
	t.Helper()
	reel := clip.Cut(clip.Synthesise(600_000), 1100)
	p, err := f.New(d, reel, measure.NewLedger(reel, measure.NewWindow()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 2 { // Close may be called twice
			if err := p.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		}
	})
	return p
}

// TestOffer checks what the server is promised: the codecs and payload types of a browser, feedback, the direction.
func TestOffer(t *testing.T) {
	for _, d := range []Direction{SendOnly, ReceiveOnly, SendReceive} {
		p := newPeer(t, newFactory(t, Options{}), d)
		offer, err := p.Offer()
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{
			"a=rtpmap:111 opus/48000/2", "a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 nack pli", "a=rtcp-fb:96 ccm fir",
			"a=rtcp-fb:96 goog-remb", "a=group:BUNDLE 0 1", "a=setup:actpass", "a=rtcp-mux",
		} {
			if !strings.Contains(offer, want) {
				t.Errorf("%s: no %q in\n%s", d, want, offer)
			}
		}
		if n := strings.Count(offer, "a="+string(d)+"\r\n"); n != 2 {
			t.Errorf("%s: %d times in the offer", d, n)
		}
		if strings.Count(offer, "m=") != 2 {
			t.Errorf("%s: offer\n%s", d, offer)
		}
		for c := range p.Candidates() {
			if component(c) != "1" || !strings.Contains(c, "127.0.0.1") {
				t.Errorf("candidate %q", c)
			}
		}
	}
}

func TestBadAnswerAndCandidates(t *testing.T) {
	f := newFactory(t, Options{})
	p := newPeer(t, f, ReceiveOnly)
	if _, err := p.Offer(); err != nil {
		t.Fatal(err)
	}
	if err := p.Answer("no SDP"); err == nil {
		t.Error("took nonsense for an answer")
	}
	if err := p.Answer(answer(t, f, p)); err != nil {
		t.Fatal(err)
	}
	p.AddCandidate("candidate:1 2 UDP 1 127.0.0.1 9 typ host") // of another component: ignored
	p.AddCandidate("")
	if err := p.Err(); err != nil {
		t.Fatal(err)
	}
	p.AddCandidate("candidate:1 1 UDP nonsense")
	if err := p.Connected(t.Context()); err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("got %v", err)
	}
}

// answer is a valid answer to p's offer from a peer that nobody can reach.
func answer(t *testing.T, f *Factory, p *Peer) string {
	t.Helper()
	pc, err := f.receiver.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := pc.GracefulClose(); err != nil {
			t.Error(err)
		}
	}()
	if err := pc.SetRemoteDescription(*p.pc.LocalDescription()); err != nil {
		t.Fatal(err)
	}
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		t.Fatal(err)
	}
	return answer.SDP
}

func TestWaitsEnd(t *testing.T) {
	p := newPeer(t, newFactory(t, Options{GCM: true, IPv6: true}), ReceiveOnly)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := p.Connected(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("connected: %v", err)
	}
	if _, err := p.KeyFrame(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("key frame: %v", err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if err := p.Connected(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("connected after Close: %v", err)
	}
	if _, err := p.KeyFrame(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("key frame after Close: %v", err)
	}
}

// TestReports checks the RTCP of a viewer: nothing before media, key frame requests only while there is no picture.
func TestReports(t *testing.T) {
	reel := clip.Cut(clip.Synthesise(600_000), 1100)
	ledger := measure.NewLedger(reel, measure.NewWindow())
	video, audio := measure.NewVideoMeter(ledger, videoClock), measure.NewAudioMeter(ledger, audioClock)
	if got := reports(1, video, audio, true); got != nil {
		t.Errorf("reports about nothing: %v", got)
	}
	video.Packet([]byte{0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 42, 0x10, 1, 0, 0})
	got := reports(1, video, audio, true)
	if len(got) != 2 {
		t.Fatalf("reports %v", got)
	}
	report, pli := got[0].(*rtcp.ReceiverReport), got[1].(*rtcp.PictureLossIndication)
	if len(report.Reports) != 1 || report.Reports[0].SSRC != 42 || pli.MediaSSRC != 42 || pli.SenderSSRC != 1 {
		t.Errorf("report %+v, PLI %+v", report, pli)
	}
	if got := reports(1, video, audio, false); len(got) != 1 {
		t.Errorf("with a picture: %v", got)
	}
}
