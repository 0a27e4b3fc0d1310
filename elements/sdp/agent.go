package sdp

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

// Agent takes one endpoint through its offer/answer exchanges, in either role:
// the first makes the session, later ones with the same peer change it (RFC 3264
// §8). Its methods may be called from any goroutine.
type Agent struct {
	config       Config
	rules        rules // of the profile
	audio, video []encoding
	local        Local

	mu sync.Mutex
	progress
	last    progress       // before the exchange that succeeded last
	offered []Media        // what own offers, one for each of its m-lines
	ice     []ownTransport // one for each Session.Transports
}

// progress is what an exchange changes.
type progress struct {
	state    state
	own      *ownDescription // what we offered or answered last
	agreed   *ownDescription // likewise, of the last exchange that succeeded
	peer     *description
	early    []trickled    // of the peer, before its description
	trickled [][]Candidate // of the peer, for each m-line of its description
	received int           // how many trickled holds
	session  *Session      // of the last exchange that succeeded
}

type state int

const (
	stateIdle    state = iota
	stateOffered       // waits for the answer
	stateFailed        // the first answer made no sense: of no more use
	stateAgreed
)

// NewAgent makes an agent; it fails on a codec text it cannot read and on missing
// local parameters.
func NewAgent(config Config, local Local) (*Agent, error) {
	if config.Profile == "" {
		config.Profile = WebRTC
	}
	r, known := profiles[config.Profile]
	if !known {
		return nil, fmt.Errorf("unknown sdp profile %q", config.Profile)
	}
	if local.SSRC == nil || local.Transport == nil || r.ice && (local.Restart == nil || local.Fingerprint.Value == "") {
		return nil, errors.New("local parameters of an sdp agent are incomplete")
	}
	if n := local.Crypto.Suite.KeyLen(); r.keys && (n == 0 || len(local.Crypto.Key) != n+SaltLen) {
		return nil, errors.New("the key of an sdp agent does not fit its suite")
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
	return &Agent{config: config, rules: r, audio: audio, video: video, local: local}, nil
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

// GenerateOffer makes an offer and returns its text. After a completed exchange it
// offers what is in use anew, and what options ask for besides. Errors:
// ErrAlreadyNegotiated, ErrGenerateOffer.
func (a *Agent) GenerateOffer(options OfferOptions) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.mayBegin() {
		return "", ErrAlreadyNegotiated
	}
	a.rollBack()
	own, offered, err := a.offer(options)
	if err != nil {
		return "", err
	}
	a.own, a.offered, a.state = own, offered, stateOffered
	return a.writeOwn(), nil
}

// ProcessOffer takes the peer's offer and returns the answer's text. A later one
// has to be of the same session (RFC 8866 §5.2) and to bring something new. After an
// error the agent is as it was before. Errors: ErrAlreadyNegotiated,
// ErrEmptyOffer, ErrParse, ErrInvalid, ErrProcessOffer.
func (a *Agent) ProcessOffer(text string) (answer string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.mayBegin() {
		return "", ErrAlreadyNegotiated
	}
	if text == "" {
		return "", ErrEmptyOffer
	}
	offer, err := parse(text)
	if err != nil {
		return "", err
	}
	if a.peer != nil && !offer.follows(a.peer) {
		return "", ErrAlreadyNegotiated
	}
	own, session, err := a.answer(offer)
	if err != nil {
		return "", err
	}
	a.agree(own, offer, session)
	return a.writeOwn(), nil
}

// mayBegin tells whether a new exchange may begin: it takes an offer of ours back that was not answered, unless that is
// the first. Called locked.
func (a *Agent) mayBegin() bool {
	return a.state == stateIdle || !a.config.Strict && a.session != nil
}

// rollBack returns to what was agreed upon, if something was; versions go on. Called locked.
func (a *Agent) rollBack() {
	if a.session == nil || a.own == a.agreed {
		return
	}
	again := *a.agreed
	again.version = a.own.version
	a.own, a.agreed, a.state = &again, &again, stateAgreed
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
	case a.state != stateOffered:
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
		a.state = stateFailed
		a.rollBack()
		return err
	}
	a.agree(a.own, answer, session)
	return nil
}

// Undo takes the last exchange back: what it agreed upon cannot be put into force. A first offer of the peer leaves an
// agent that may be offered something else, a first answer one that is of no more use.
func (a *Agent) Undo() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.session == nil {
		return
	}
	offerer := a.session.Offerer
	a.progress = a.last
	if offerer {
		a.state = stateFailed
		a.rollBack()
	}
}

// agree ends the exchange. Candidates that came too early find their m-line now.
// Called locked.
func (a *Agent) agree(own *ownDescription, peer *description, session *Session) {
	a.last = a.progress
	a.own, a.agreed, a.peer, a.session, a.state = own, own, peer, session, stateAgreed
	for t := range session.Transports {
		if session.carries(t) {
			a.ice[t].used, a.ice[t].restarting = true, false
		}
	}
	a.trickled, a.received = make([][]Candidate, len(peer.sections)), 0
	for _, t := range a.early {
		// One for an m-line that does not exist has no one left to be told.
		if i, err := a.place(t); err == nil && i >= 0 {
			session.Transports[i].Candidates = append(session.Transports[i].Candidates, t.candidate)
		}
	}
	a.early = nil
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
	return *a.session, true
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

// restart gives a transport new credentials. What was gathered under the old ones is void. Called locked.
func (a *Agent) restart(t int) error {
	c, err := a.local.Restart(t)
	if err == nil {
		a.ice[t] = ownTransport{credentials: c, used: true, restarting: true}
	}
	return err
}

// ntpSeconds is the time as Kurento numbers its sessions: seconds since 1900.
func ntpSeconds() uint64 {
	const from1900to1970 = 2208988800
	return uint64(time.Now().Unix()) + from1900to1970
}
