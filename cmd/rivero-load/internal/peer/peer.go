package peer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pion/webrtc/v3"

	"github.com/rivero-media/rivero/cmd/rivero-load/internal/clip"
	"github.com/rivero-media/rivero/cmd/rivero-load/internal/measure"
	"github.com/rivero-media/rivero/cmd/rivero-load/internal/replay"
)

// Direction says which way media flows, as in SDP.
type Direction string

// The directions of a publisher, a viewer and a loopback call.
const (
	SendOnly    Direction = "sendonly"
	ReceiveOnly Direction = "recvonly"
	SendReceive Direction = "sendrecv"
)

// Errors of a connection, to be tested with errors.Is.
var (
	ErrNotConnected = errors.New("ICE or DTLS failed")
	ErrClosed       = errors.New("peer is closed")
)

// Peer is one WebRTC connection to the server. Who made it calls Close.
type Peer struct {
	pc         *webrtc.PeerConnection
	candidates chan string

	maxBitrate int // in REMB, 0: none

	source *replay.Source // nil in a viewer
	video  *measure.Meter // nil in a publisher
	audio  *measure.Meter

	ctx       context.Context // ends the peer's goroutines
	cancel    context.CancelFunc
	connected chan struct{}
	lost      chan struct{}

	mu        sync.Mutex
	tasks     sync.WaitGroup // added to under mu, while not closed
	closed    bool
	err       error // why lost was closed
	answered  bool
	remote    []string // candidates that came before the answer
	checking  bool     // a candidate of the server is known to ICE
	playing   bool
	connector sync.Once
}

// New makes a peer. It sends reel and enters what it sends in ledger, or looks up there what it receives, or both.
func (f *Factory) New(d Direction, reel *clip.Reel, ledger *measure.Ledger) (*Peer, error) {
	api := f.sender
	if d == ReceiveOnly {
		api = f.receiver
	}
	pc, err := api.NewPeerConnection(f.config)
	if err != nil {
		return nil, fmt.Errorf("new peer: %w", err)
	}
	p := &Peer{
		pc:         pc,
		maxBitrate: f.options.MaxBitrate,
		candidates: make(chan string, 64),
		connected:  make(chan struct{}),
		lost:       make(chan struct{}),
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	pc.OnICECandidate(p.onCandidate)
	pc.OnConnectionStateChange(p.onState)
	if d != SendOnly {
		p.video, p.audio = measure.NewVideoMeter(ledger, videoClock), measure.NewAudioMeter(ledger, audioClock)
		pc.OnTrack(p.onTrack)
	}
	if err := p.addTransceivers(d, reel, ledger, f.options.KeyInterval); err != nil {
		return nil, errors.Join(fmt.Errorf("new peer: %w", err), p.Close())
	}
	return p, nil
}

func (p *Peer) addTransceivers(d Direction, reel *clip.Reel, ledger *measure.Ledger, keyInterval time.Duration) error {
	init := webrtc.RTPTransceiverInit{Direction: webrtc.NewRTPTransceiverDirection(string(d))}
	if d == ReceiveOnly {
		for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
			if _, err := p.pc.AddTransceiverFromKind(kind, init); err != nil {
				return err
			}
		}
		return nil
	}
	audio, err := webrtc.NewTrackLocalStaticRTP(opus(), "audio", "rivero-load")
	if err != nil {
		return err
	}
	video, err := webrtc.NewTrackLocalStaticRTP(vp8(), "video", "rivero-load")
	if err != nil {
		return err
	}
	p.source = replay.New(reel, ledger, keyInterval, video, audio)
	for _, track := range []webrtc.TrackLocal{audio, video} {
		t, err := p.pc.AddTransceiverFromTrack(track, init)
		if err != nil {
			return err
		}
		p.spawn(func() { p.readFeedback(t.Sender()) })
	}
	return nil
}

// Offer returns the SDP offer and begins to gather candidates.
func (p *Peer) Offer() (string, error) {
	offer, err := p.pc.CreateOffer(nil)
	if err != nil {
		return "", fmt.Errorf("create offer: %w", err)
	}
	if err := p.pc.SetLocalDescription(offer); err != nil {
		return "", fmt.Errorf("set local description: %w", err)
	}
	return offer.SDP, nil
}

// Candidates delivers the own candidates, as the server wants to hear them; it is closed after the last.
func (p *Peer) Candidates() <-chan string { return p.candidates }

// Answer takes the server's SDP answer, and with it the candidates that came early.
func (p *Peer) Answer(sdp string) error {
	answer := webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp}
	if err := p.pc.SetRemoteDescription(answer); err != nil {
		return fmt.Errorf("set remote description: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answered = true
	for _, c := range p.remote {
		if err := p.check(c); err != nil {
			return err
		}
	}
	p.remote = nil
	return nil
}

// AddCandidate takes a candidate of the server at any time. It does not block. One that cannot be understood fails the
// peer.
func (p *Peer) AddCandidate(candidate string) {
	if component(candidate) != "1" {
		return // Kurento announces RTCP's component in spite of rtcp-mux; Pion would take it for media
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.answered {
		p.remote = append(p.remote, candidate)
		return
	}
	if err := p.check(candidate); err != nil {
		p.fail(err)
	}
}

// Connected waits until DTLS is done.
func (p *Peer) Connected(ctx context.Context) error {
	select {
	case <-p.connected:
		return nil
	case <-p.lost:
		return p.Err()
	case <-ctx.Done():
		return fmt.Errorf("ICE %s: %w", p.pc.ICEConnectionState(), ctx.Err())
	}
}

// KeyFrame waits for the first complete key frame and tells when (of Window.Now) it was there.
func (p *Peer) KeyFrame(ctx context.Context) (at int64, err error) {
	select {
	case <-p.video.KeyFrame():
		return p.video.KeyFrameAt(), nil
	case <-p.lost:
		return 0, p.Err()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// Err tells why the connection was lost, nil if it was not.
func (p *Peer) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// AddTo adds what was received so far to sum.
func (p *Peer) AddTo(sum *measure.Counts) {
	p.video.AddTo(sum)
	p.audio.AddTo(sum)
}

// Late is the number of packets that a sending peer sent too late; see replay.Source.
func (p *Peer) Late() int64 { return p.source.Late() }

// Close ends the connection and returns when all goroutines of the peer have ended. It may be called twice.
func (p *Peer) Close() error {
	p.mu.Lock()
	p.closed = true
	p.fail(ErrClosed)
	p.mu.Unlock()
	p.cancel()
	err := p.pc.GracefulClose()
	p.tasks.Wait()
	if err != nil {
		return fmt.Errorf("close peer: %w", err)
	}
	return nil
}

// fail keeps the first reason; called locked.
func (p *Peer) fail(err error) {
	if p.err != nil {
		return
	}
	p.err = err
	close(p.lost)
}

// spawn runs f on a goroutine that Close waits for, unless the peer is closed.
func (p *Peer) spawn(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.tasks.Go(f)
}

func (p *Peer) onCandidate(c *webrtc.ICECandidate) {
	if c == nil {
		close(p.candidates)
		return
	}
	select {
	case p.candidates <- c.ToJSON().Candidate:
	case <-p.ctx.Done():
	}
}

func (p *Peer) onState(state webrtc.PeerConnectionState) {
	switch state {
	case webrtc.PeerConnectionStateConnected:
		p.connector.Do(func() {
			close(p.connected)
			if p.video != nil {
				p.spawn(p.sendReports)
			}
		})
	case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
		p.mu.Lock()
		p.fail(ErrNotConnected)
		p.mu.Unlock()
	}
}
