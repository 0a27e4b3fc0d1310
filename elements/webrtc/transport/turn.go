package transport

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"

	"github.com/pion/stun/v4"
)

// TURN is one TURN server.
type TURN struct {
	Address        string // host:port, a name or an address
	User, Password string
	Transport      string // "udp" (also ""), "tcp" or "tls"
}

// maxTURN bounds the servers of a connection.
const maxTURN = 16

// check tells what makes t unusable. It names no user and no password.
func (t TURN) check() error {
	host, port, err := net.SplitHostPort(t.Address)
	if err != nil {
		return fmt.Errorf("turn server %q: %w", t.Address, err)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || host == "" {
		return fmt.Errorf("turn server %q has no host and port", t.Address)
	}
	if t.User == "" || t.Password == "" {
		return fmt.Errorf("turn server %q: user or password is missing", t.Address)
	}
	switch t.Transport {
	case "", "udp", "tcp", "tls":
		return nil
	}
	return fmt.Errorf("turn server %q: transport %q is not udp, tcp or tls", t.Address, t.Transport)
}

// turnServer is a TURN server as one generation uses it. The agent says nothing when
// an allocation fails, so what goes between them is watched until there is one.
type turnServer struct {
	TURN
	number int

	mu      sync.Mutex
	signed  bool // the request that is out has credentials
	decided bool
	failure error // nil with decided: there is an allocation
	hint    error // of why it is not decided
}

// decide notes the outcome; the first one counts.
func (s *turnServer) decide(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.decided {
		s.decided, s.failure = true, err
	}
}

// suspect notes what may be why there is no answer.
func (s *turnServer) suspect(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hint = cause(err)
	return err
}

// outcome is nil for success.
func (s *turnServer) outcome() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.decided:
		return s.failure
	case s.hint != nil:
		return s.hint
	}
	return errNoAnswer
}

// watching tells whether the outcome is open.
func (s *turnServer) watching() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.decided
}

// sent watches a message of the agent.
func (s *turnServer) sent(p []byte) {
	if !s.watching() || !isSTUN(p) {
		return
	}
	m := stun.Message{Raw: append([]byte(nil), p...)}
	if m.Decode() == nil && m.Type == stun.NewType(stun.MethodAllocate, stun.ClassRequest) {
		s.mu.Lock()
		s.signed = m.Contains(stun.AttrMessageIntegrity)
		s.mu.Unlock()
	}
}

// received watches a message of the server. The first 401 is its way to tell realm and nonce (RFC 8656 §7.2).
func (s *turnServer) received(p []byte) {
	if !s.watching() || !isSTUN(p) {
		return
	}
	m := stun.Message{Raw: append([]byte(nil), p...)}
	if m.Decode() != nil || m.Type.Method != stun.MethodAllocate {
		return
	}
	switch m.Type.Class {
	case stun.ClassSuccessResponse:
		s.decide(nil)
	case stun.ClassErrorResponse:
		var code stun.ErrorCodeAttribute
		_ = code.GetFrom(&m) // then it is 0
		s.mu.Lock()
		signed := s.signed
		s.mu.Unlock()
		if signed || code.Code != stun.CodeUnauthorized {
			s.decide(turnRefusal(code.Code))
		}
	}
}

// turnRefusal words an error code (RFC 8656 §19). The server's own words are left out, for they might
// repeat the user's name.
func turnRefusal(code stun.ErrorCode) error {
	text := "the server refuses"
	switch code {
	case stun.CodeUnauthorized, stun.CodeWrongCredentials:
		text = "wrong user name or password"
	case stun.CodeForbidden:
		text = "forbidden"
	case stun.CodeStaleNonce:
		text = "the server does not take its own nonce"
	case stun.CodeUnsupportedTransProto:
		text = "transport not supported"
	case stun.CodeAllocQuotaReached:
		text = "too many allocations of this user"
	case stun.CodeInsufficientCapacity:
		text = "the server is full"
	}
	return fmt.Errorf("%s (error %d)", text, code)
}

// cause shortens a network error to what matters beside the server's name.
func cause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}
