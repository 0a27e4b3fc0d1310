package fakekurento

import (
	"io"
	"strings"
	"sync"
	"time"

	"github.com/pion/ice/v2"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"
)

// pool makes the server's PeerConnections.
type pool struct{ api *webrtc.API }

func newPool() (*pool, error) {
	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		return nil, err
	}
	settings := webrtc.SettingEngine{
		LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled},
	}
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	if err := settings.SetAnsweringDTLSRole(webrtc.DTLSRoleClient); err != nil { // as Kurento does
		return nil, err
	}
	return &pool{webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(settings),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}))}, nil
}

// endpoint is a WebRtcEndpoint: it answers one offer and forwards what it receives to its sinks.
type endpoint struct {
	faults Faults
	pc     *webrtc.PeerConnection
	found  func(candidate string, line int)

	out map[webrtc.RTPCodecType]*output

	mu         sync.Mutex
	tasks      sync.WaitGroup
	closed     bool
	sinks      []*endpoint
	candidates []string // that wait for gatherCandidates
	gathering  bool
	early      []string // remote ones that came before the offer
}

// output is a track to the peer, with sequence numbers and timestamps of its own.
type output struct {
	track *webrtc.TrackLocalStaticRTP

	mu    sync.Mutex
	seq   uint16
	count int
}

func newEndpoint(p *pool, faults Faults, found func(string, int)) (*endpoint, error) {
	pc, err := p.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, err
	}
	e := &endpoint{faults: faults, pc: pc, found: found, out: make(map[webrtc.RTPCodecType]*output)}
	for kind, mime := range map[webrtc.RTPCodecType]string{
		webrtc.RTPCodecTypeAudio: webrtc.MimeTypeOpus, webrtc.RTPCodecTypeVideo: webrtc.MimeTypeVP8,
	} {
		track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: mime}, kind.String(), "fake")
		if err != nil {
			return nil, err
		}
		e.out[kind] = &output{track: track, seq: 65500}
	}
	pc.OnICECandidate(e.onCandidate)
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { e.spawn(func() { e.forward(track) }) })
	return e, nil
}

func (e *endpoint) spawn(f func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed {
		e.tasks.Go(f)
	}
}

func (e *endpoint) close() {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	_ = e.pc.GracefulClose() // there is nobody to tell
	e.tasks.Wait()
}

func (e *endpoint) connect(sink *endpoint) {
	e.mu.Lock()
	e.sinks = append(e.sinks, sink)
	e.mu.Unlock()
}

func (e *endpoint) processOffer(sdp string) (string, error) {
	offer := webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: sdp}
	if err := e.pc.SetRemoteDescription(offer); err != nil {
		return "", err
	}
	if !strings.Contains(sdp, "a=sendonly") {
		for _, o := range e.out {
			sender, err := e.pc.AddTrack(o.track)
			if err != nil {
				return "", err
			}
			e.spawn(func() { readFeedback(sender) })
		}
	}
	answer, err := e.pc.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	if err := e.pc.SetLocalDescription(answer); err != nil {
		return "", err
	}
	e.mu.Lock()
	early := e.early
	e.mu.Unlock()
	for _, c := range early {
		if err := e.addCandidate(c); err != nil {
			return "", err
		}
	}
	return answer.SDP, nil
}

func (e *endpoint) gather() error {
	e.mu.Lock()
	e.gathering = true
	waiting := e.candidates
	e.candidates = nil
	e.mu.Unlock()
	for _, c := range waiting {
		e.announce(c)
	}
	return nil
}

func (e *endpoint) onCandidate(c *webrtc.ICECandidate) {
	if c == nil {
		return
	}
	text := c.ToJSON().Candidate
	e.mu.Lock()
	if !e.gathering {
		e.candidates = append(e.candidates, text)
		e.mu.Unlock()
		return
	}
	e.mu.Unlock()
	e.announce(text)
}

// announce names the candidate once per m-line, and one of component 2 besides, as Kurento does.
func (e *endpoint) announce(candidate string) {
	for line := range 2 {
		e.found(candidate, line)
		e.found("candidate:9 2 UDP 1 127.0.0.1 9 typ host", line)
	}
}

func (e *endpoint) addCandidate(candidate string) error {
	if e.pc.RemoteDescription() == nil {
		e.mu.Lock()
		e.early = append(e.early, candidate)
		e.mu.Unlock()
		return nil
	}
	return e.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: candidate})
}

// forward sends a received track to all sinks, and asks for a key frame whenever one is new.
func (e *endpoint) forward(track *webrtc.TrackRemote) {
	isVideo := track.Kind() == webrtc.RTPCodecTypeVideo
	line := make(chan delayed, 4096)
	defer close(line)
	e.spawn(func() {
		for d := range line {
			time.Sleep(time.Until(d.due))
			_ = d.out.track.WriteRTP(d.packet) // a sink that has gone gets no more
		}
	})
	known := 0
	for {
		p, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		e.mu.Lock()
		sinks := e.sinks
		e.mu.Unlock()
		if isVideo && len(sinks) > known {
			_ = e.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(track.SSRC())}})
		}
		known = len(sinks)
		for _, sink := range sinks {
			out := sink.out[track.Kind()]
			if next := e.next(out, p); next != nil {
				line <- delayed{out, next, time.Now().Add(e.faults.Delay)}
			}
		}
	}
}

type delayed struct {
	out    *output
	packet *rtp.Packet
	due    time.Time
}

// next gives the packet a new header, or loses it.
func (e *endpoint) next(o *output, p *rtp.Packet) *rtp.Packet {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.seq++
	o.count++
	if e.faults.Mute || (e.faults.LoseEach > 0 && o.count%e.faults.LoseEach == 0) {
		return nil
	}
	return &rtp.Packet{Header: rtp.Header{
		Version: 2, Marker: p.Marker, SequenceNumber: o.seq, Timestamp: p.Timestamp + 12345,
	}, Payload: p.Payload}
}

// readFeedback keeps a sender's RTCP from piling up. Key frame requests in it are not needed: forward asks on connect.
func readFeedback(sender *webrtc.RTPSender) {
	buf := make([]byte, 1500)
	for {
		if _, _, err := sender.Read(buf); err != nil {
			return
		}
	}
}
