// Package access decides what the server opens on behalf of clients, who name it by URIs: which schemes, which networks and
// which directories. Elements open nothing without it.
package access

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/rs/zerolog"
)

// ErrDenied is the error for everything that a policy refuses. The text of the error that wraps it says what and why.
var ErrDenied = errors.New("denied by the configuration")

// Rules are what operators configure (UriEndpoint.allowedSchemes and so on). The zero value allows everything.
type Rules struct {
	Schemes []string       // that URIs may have, in lower case; empty: any
	Allowed []netip.Prefix // networks that may be connected to; empty: any
	Denied  []netip.Prefix // networks that may not, though they are in Allowed
	Roots   []string       // directories below which files may be read and written; empty: any
}

// Policy puts rules into force. It is safe for concurrent use; nil allows everything.
type Policy struct {
	rules Rules
	log   zerolog.Logger
}

// New returns a policy that logs what it refuses.
func New(r Rules, log zerolog.Logger) *Policy { return &Policy{rules: r, log: log} }

// URI tells whether a URI has a scheme that may be used. What it names is judged when it is opened.
func (p *Policy) URI(uri string) error {
	if p == nil || len(p.rules.Schemes) == 0 {
		return nil
	}
	scheme, _, _ := strings.Cut(uri, "://")
	if scheme = strings.ToLower(scheme); !slices.Contains(p.rules.Schemes, scheme) {
		return p.deny("scheme", scheme, "it is not in allowedSchemes")
	}
	return nil
}

// Address tells whether an address may be connected to.
func (p *Policy) Address(a netip.Addr) error {
	if p == nil {
		return nil
	}
	a = a.Unmap().WithZone("")
	contains := func(n netip.Prefix) bool { return n.Contains(a) }
	if len(p.rules.Allowed) > 0 && !slices.ContainsFunc(p.rules.Allowed, contains) {
		return p.deny("address", a.String(), "it is not in allowedNetworks")
	}
	if i := slices.IndexFunc(p.rules.Denied, contains); i >= 0 {
		return p.deny("address", a.String(), fmt.Sprintf("%v is in deniedNetworks", p.rules.Denied[i]))
	}
	return nil
}

func (p *Policy) deny(what, value, why string) error {
	p.log.Warn().Str(what, value).Str("reason", why).Msg("a client wants what the configuration denies")
	return fmt.Errorf("%w: %s %s, %s", ErrDenied, what, value, why)
}

const dialTimeout = 10 * time.Second

// Dialer returns a dialer that judges every address a name stands for, so that a name which changes its mind gains nothing.
func (p *Policy) Dialer() *net.Dialer { return &net.Dialer{Timeout: dialTimeout, Control: p.judge} }

// DialContext is that of Dialer.
func (p *Policy) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return p.Dialer().DialContext(ctx, network, address)
}

// judge is net.Dialer.Control: it is called before each attempt to connect, with the resolved address.
func (p *Policy) judge(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address %q: %w", address, err)
	}
	return p.Address(to.Addr())
}

// maxRedirects is as in browsers' neighbourhood: net/http has the same.
const maxRedirects = 10

// HTTPClient returns a client whose connections and redirects are judged. answer bounds how long a server may take to begin
// its answer. Proxies of the environment are not used: they would be asked for what is denied.
func (p *Policy) HTTPClient(answer time.Duration) *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext, t.Proxy = p.DialContext, nil
	t.ResponseHeaderTimeout = answer
	return &http.Client{Transport: t, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) >= maxRedirects {
			return fmt.Errorf("more than %d redirects", maxRedirects)
		}
		return p.URI(r.URL.String())
	}}
}
