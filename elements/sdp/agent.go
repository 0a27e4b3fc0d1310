package sdp

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

// Direction is the direction of an m-line (RFC 8866 §6.7), seen from whoever
// wrote it. The zero value means SendRecv.
type Direction string

// The directions.
const (
	SendRecv Direction = "sendrecv"
	SendOnly Direction = "sendonly"
	RecvOnly Direction = "recvonly"
	Inactive Direction = "inactive"
)

// reversed is the direction as the other side sees it (RFC 3264 §6.1).
func (d Direction) reversed() Direction {
	switch d {
	case SendOnly:
		return RecvOnly
	case RecvOnly:
		return SendOnly
	case Inactive:
		return Inactive
	default:
		return SendRecv
	}
}

func (d Direction) sends() bool    { return d != RecvOnly && d != Inactive }
func (d Direction) receives() bool { return d != SendOnly && d != Inactive }

// Profile is a way to carry media; its text is the proto of the m-lines we offer.
type Profile string

// WebRTC is ICE, DTLS-SRTP, BUNDLE and rtcp-mux. Offers say RTP/SAVPF, as
// Kurento's do; offers of a peer may also say UDP/TLS/RTP/SAVPF (RFC 8829 §5.1.2).
const WebRTC Profile = "RTP/SAVPF"

func (p Profile) accepts(proto string) bool {
	return proto == string(p) || proto == "UDP/TLS/"+string(p)
}

// Config is what an endpoint can do.
type Config struct {
	Profile Profile // "" means WebRTC
	// AudioCodecs and VideoCodecs are "name/clock[/channels]", most preferred
	// first, with what the endpoint cannot carry already taken out.
	AudioCodecs, VideoCodecs []string
	// NumAudioMedias and NumVideoMedias are how many m-lines of a kind an offer
	// has and how many of an offer are accepted.
	NumAudioMedias, NumVideoMedias int
	DataChannels                   bool
	Direction                      Direction // of own offers; answers mirror the offer's
	Address                        string    // IP address in o= and c=, "" means 0.0.0.0
}

// Local is what the endpoint's transport brings in.
type Local struct {
	Ufrag, Pwd  string // ICE credentials (RFC 8839 §5.4)
	Fingerprint Fingerprint
	CNAME       string        // of all our streams (RFC 7022)
	SSRC        func() uint32 // called once for each audio or video m-line of ours
	SCTPPort    uint16        // of the data m-line of own offers
}

// OfferOptions shape an own offer.
type OfferOptions struct {
	// OfferToReceiveAudio and OfferToReceiveVideo: false leaves the m-lines of
	// that kind out.
	OfferToReceiveAudio, OfferToReceiveVideo bool
	// MaxAudioRecvBandwidth and MaxVideoRecvBandwidth are the b=AS lines, in
	// kbit/s; 0 writes none.
	MaxAudioRecvBandwidth, MaxVideoRecvBandwidth int
}

// DefaultOfferOptions are those of a generateOffer without options.
func DefaultOfferOptions() OfferOptions {
	return OfferOptions{OfferToReceiveAudio: true, OfferToReceiveVideo: true}
}

// Agent takes one endpoint through one offer/answer exchange, in either role.
// Its methods may be called from any goroutine.
type Agent struct {
	config       Config
	audio, video []encoding
	local        Local

	mu        sync.Mutex
	state     state
	own       *ownDescription // what we offered or answered
	offered   []Media         // what own offers, one for each of its m-lines
	peer      *description
	trickled  [][]Candidate  // of the peer, for each m-line of peer
	received  int            // how many trickled holds
	pending   []IceCandidate // of the peer, that came before its description
	session   *Session
	gathered  []Candidate // ours
	gatherEnd bool
}

type state int

const (
	idle    state = iota
	offered       // waits for the answer
	failed        // the answer made no sense: of no more use
	agreed
)

// NewAgent makes an agent. Errors name the configured text that is wrong.
func NewAgent(config Config, local Local) (*Agent, error) {
	if config.Profile == "" {
		config.Profile = WebRTC
	}
	if config.Profile != WebRTC {
		return nil, fmt.Errorf("unknown sdp profile %q", config.Profile)
	}
	if config.Address == "" {
		config.Address = "0.0.0.0"
	}
	if config.Direction == "" {
		config.Direction = SendRecv
	}
	audio, err := parseEncodings(config.AudioCodecs)
	if err != nil {
		return nil, fmt.Errorf("audio: %w", err)
	}
	video, err := parseEncodings(config.VideoCodecs)
	if err != nil {
		return nil, fmt.Errorf("video: %w", err)
	}
	return &Agent{config: config, audio: audio, video: video, local: local}, nil
}

// encodings are the codecs of a kind, and limit how many m-lines it may have.
func (a *Agent) encodings(kind media.Kind) (codecs []encoding, limit int) {
	switch kind {
	case media.Audio:
		return a.audio, a.config.NumAudioMedias
	case media.Video:
		return a.video, a.config.NumVideoMedias
	}
	if a.config.DataChannels {
		return nil, 1
	}
	return nil, 0
}

// GenerateOffer makes the offer and returns its text. Errors:
// ErrAlreadyNegotiated, ErrGenerateOffer.
func (a *Agent) GenerateOffer(options OfferOptions) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.state != idle {
		return "", ErrAlreadyNegotiated
	}
	own, media, err := a.offer(options)
	if err != nil {
		return "", err
	}
	a.own, a.offered, a.state = own, media, offered
	return a.writeOwn(), nil
}

// ProcessOffer takes the peer's offer and returns the answer's text. After an
// error the agent is as it was before. Errors: ErrAlreadyNegotiated,
// ErrEmptyOffer, ErrParse, ErrInvalid, ErrProcessOffer.
func (a *Agent) ProcessOffer(text string) (answer string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.state != idle {
		return "", ErrAlreadyNegotiated
	}
	if text == "" {
		return "", ErrEmptyOffer
	}
	offer, err := parse(text)
	if err != nil {
		return "", err
	}
	own, session, err := a.answer(offer)
	if err != nil {
		return "", err
	}
	a.own = own
	a.agree(offer, session)
	return a.writeOwn(), nil
}

// ProcessAnswer takes the peer's answer to our offer. A text that cannot be read
// changes nothing; an answer that does not fit the offer leaves an agent that is
// of no more use. Errors: ErrNotOfferGenerated, ErrAnswerAlreadyProcessed,
// ErrEmptyAnswer, ErrParse, ErrInvalid, ErrProcessAnswer.
func (a *Agent) ProcessAnswer(text string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.offered == nil:
		return ErrNotOfferGenerated
	case a.state != offered:
		return ErrAnswerAlreadyProcessed
	case text == "":
		return ErrEmptyAnswer
	}
	answer, err := parse(text)
	if err != nil {
		return err
	}
	session, err := a.accept(answer)
	if err != nil {
		a.state = failed
		return err
	}
	a.agree(answer, session)
	return nil
}

// agree ends the exchange. Candidates that came too early find their m-line now.
// Called locked.
func (a *Agent) agree(peer *description, session *Session) {
	a.peer, a.session, a.state = peer, session, agreed
	a.trickled = make([][]Candidate, len(peer.sections))
	for _, ic := range a.pending {
		// An early candidate for an m-line that does not exist has no one left to be told.
		c, transport, err := a.place(ic)
		if err == nil && transport >= 0 {
			t := &session.Transports[transport]
			t.Candidates = append(t.Candidates, c)
		}
	}
	a.pending = nil
}

// Negotiated returns what was agreed; ok is false while nothing is. The
// candidates in it are those that came before or with the peer's description,
// later ones are returned by AddRemoteCandidate.
func (a *Agent) Negotiated() (s Session, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.session == nil {
		return Session{}, false
	}
	s = *a.session
	s.Media = slices.Clone(s.Media)
	s.Transports = slices.Clone(s.Transports)
	return s, true
}

// LocalSDP returns our description with the candidates found so far, and with
// the default candidate in its c- and m-lines once gathering has ended. Error:
// ErrNoLocalSDP.
func (a *Agent) LocalSDP() (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.own == nil {
		return "", ErrNoLocalSDP
	}
	return a.writeOwn(), nil
}

// RemoteSDP returns the peer's description as it came, with the candidates
// trickled since at the end of their m-lines. Error: ErrNoRemoteSDP.
func (a *Agent) RemoteSDP() (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.peer == nil {
		return "", ErrNoRemoteSDP
	}
	var b strings.Builder
	writeLines(&b, a.peer.lines)
	for i, s := range a.peer.sections {
		writeLines(&b, s.lines)
		for _, c := range a.trickled[i] {
			writeLines(&b, []string{"a=" + c.String()})
		}
	}
	return b.String(), nil
}

func writeLines(b *strings.Builder, lines []string) {
	for _, l := range lines {
		b.WriteString(l)
		b.WriteString("\r\n")
	}
}

// AddLocalCandidate takes a candidate of ours, which LocalSDP shows from now on,
// and returns it once for each m-line that is not refused: what Kurento raises
// as IceCandidateFound. Errors: ErrNoLocalSDP, ErrCandidate.
func (a *Agent) AddLocalCandidate(text string) ([]IceCandidate, error) {
	c, err := ParseCandidate(text)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.own == nil {
		return nil, ErrNoLocalSDP
	}
	if len(a.gathered) < maxCandidates {
		a.gathered = append(a.gathered, c)
	}
	var out []IceCandidate
	for i, s := range a.own.sections {
		if !s.refused {
			out = append(out, IceCandidate{Candidate: c.String(), SDPMid: s.mid, SDPMLineIndex: i})
		}
	}
	return out, nil
}

// EndLocalCandidates says that gathering has ended.
func (a *Agent) EndLocalCandidates() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.gatherEnd = true
}

// AddRemoteCandidate takes what addIceCandidate brings. ok tells that c is for
// the ICE agent now. It is false for what needs no action: a text that is no
// candidate, a candidate of a refused m-line or of RTCP's own component, and one
// that comes before the peer's description, which keeps it until then. Error:
// ErrAddCandidate, when neither mid nor index is one of the description's.
func (a *Agent) AddRemoteCandidate(ic IceCandidate) (c Candidate, ok bool, err error) {
	if _, err := ParseCandidate(ic.Candidate); err != nil {
		return Candidate{}, false, nil //nolint:nilerr // Kurento answers success
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.peer == nil {
		if len(a.pending) == maxCandidates {
			return Candidate{}, false, fmt.Errorf("%w: more than %d before the description", ErrAddCandidate, maxCandidates)
		}
		a.pending = append(a.pending, ic)
		return Candidate{}, false, nil
	}
	c, transport, err := a.place(ic)
	return c, err == nil && transport >= 0, err
}

// place adds a candidate to its m-line and tells which transport it is for, -1
// for none. Called locked, with a session.
func (a *Agent) place(ic IceCandidate) (c Candidate, transport int, err error) {
	c, err = ParseCandidate(ic.Candidate)
	if err != nil {
		return c, -1, err
	}
	i := a.findMedia(ic)
	if i < 0 {
		return c, -1, fmt.Errorf("%w: no m-line has mid %q or index %d", ErrAddCandidate, ic.SDPMid, ic.SDPMLineIndex)
	}
	m := &a.session.Media[i]
	if i >= len(a.trickled) || m.Rejected {
		return c, -1, nil
	}
	if a.received == maxCandidates {
		return c, -1, fmt.Errorf("%w: there are %d already", ErrAddCandidate, maxCandidates)
	}
	a.received++
	a.trickled[i] = append(a.trickled[i], c)
	if c.Component != 1 {
		return c, -1, nil
	}
	return c, m.Transport, nil
}

// findMedia returns the m-line a candidate names by its mid, ours or the peer's,
// or else by its index; -1 if there is none. Kurento keeps 8 bits of the index.
func (a *Agent) findMedia(ic IceCandidate) int {
	if ic.SDPMid != "" {
		for i := range a.peer.sections {
			if a.peer.sections[i].mid() == ic.SDPMid {
				return i
			}
		}
		for i := range a.own.sections {
			if a.own.sections[i].mid == ic.SDPMid {
				return i
			}
		}
	}
	if i := int(uint8(ic.SDPMLineIndex)); i < len(a.session.Media) {
		return i
	}
	return -1
}

// ntpSeconds is the time as Kurento numbers its sessions: seconds since 1900.
func ntpSeconds() uint64 {
	const from1900to1970 = 2208988800
	return uint64(time.Now().Unix()) + from1900to1970
}
