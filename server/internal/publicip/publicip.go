// Package publicip finds the address that this machine has on the Internet, for the value "auto" of an external address.
package publicip

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/pion/stun/v4"
	"golang.org/x/net/dns/dnsmessage"
)

// questionTimeout is for one server, the look-up of its name included.
const questionTimeout = 2 * time.Second

// A question is one whose answer holds the address of who asks.
type question struct {
	server string // host:port
	name   string // "" asks for a STUN binding instead
	kind   dnsmessage.Type
	class  dnsmessage.Class
}

// wellKnown are the name servers that the original's image asks.
func wellKnown(v6 bool) []question {
	address, cloudflare := dnsmessage.TypeA, "1.1.1.1:53"
	if v6 {
		address, cloudflare = dnsmessage.TypeAAAA, "[2606:4700:4700::1111]:53"
	}
	const txt, inet = dnsmessage.TypeTXT, dnsmessage.ClassINET
	return []question{
		{"resolver1.opendns.com:53", "myip.opendns.com.", address, inet},
		{"ns1.google.com:53", "o-o.myaddr.l.google.com.", txt, inet},
		{cloudflare, "whoami.cloudflare.", txt, dnsmessage.ClassCHAOS},
		{"ns1-1.akamaitech.net:53", "whoami.akamai.net.", address, inet},
	}
}

// Find asks well-known name servers, all at once, and if none of them knows the STUN servers, given as host:port. The
// first answer that is a public address of the family counts.
func Find(ctx context.Context, v6 bool, stunServers []string) (netip.Addr, error) {
	var bindings []question
	for _, s := range stunServers {
		bindings = append(bindings, question{server: s})
	}
	return find(ctx, v6, wellKnown(v6), bindings)
}

// find asks the rounds one after the other.
func find(ctx context.Context, v6 bool, rounds ...[]question) (netip.Addr, error) {
	problems := []error{errors.New("nobody knows the public address")}
	for _, questions := range rounds {
		if len(questions) == 0 {
			continue
		}
		addr, err := first(ctx, v6, questions)
		if err == nil {
			return addr, nil
		}
		problems = append(problems, err)
	}
	return netip.Addr{}, errors.Join(problems...)
}

// first asks all questions and returns the first good answer.
func first(ctx context.Context, v6 bool, questions []question) (netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, questionTimeout)
	var asking sync.WaitGroup
	defer asking.Wait()
	defer cancel()
	type answer struct {
		addr netip.Addr
		err  error
	}
	answers := make(chan answer, len(questions))
	for _, q := range questions {
		asking.Go(func() {
			addr, err := q.ask(ctx, v6)
			if err != nil {
				err = fmt.Errorf("%s: %w", q.server, err)
			}
			answers <- answer{addr, err}
		})
	}
	var problems []error
	for range questions {
		a := <-answers
		if a.err == nil {
			return a.addr, nil
		}
		problems = append(problems, a.err)
	}
	return netip.Addr{}, errors.Join(problems...)
}

func (q question) ask(ctx context.Context, v6 bool) (netip.Addr, error) {
	network := "udp4"
	if v6 {
		network = "udp6"
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, q.server)
	if err != nil {
		return netip.Addr{}, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	addr, err := q.exchange(conn)
	switch {
	case ctx.Err() != nil:
		return netip.Addr{}, errors.New("no answer")
	case err != nil:
		return netip.Addr{}, err
	case addr.Is4() == v6 || !addr.IsGlobalUnicast() || addr.IsPrivate():
		return netip.Addr{}, fmt.Errorf("%s is no public address of the family", addr)
	}
	return addr, nil
}

// exchange sends the question once and reads one answer: if it is lost there are other servers.
func (q question) exchange(conn net.Conn) (netip.Addr, error) {
	request, parse, err := q.prepare()
	if err != nil {
		return netip.Addr{}, err
	}
	if _, err := conn.Write(request); err != nil {
		return netip.Addr{}, err
	}
	buffer := make([]byte, 1500)
	n, err := conn.Read(buffer)
	if err != nil {
		return netip.Addr{}, err
	}
	return parse(buffer[:n])
}

// prepare builds the request, and what reads its answer.
func (q question) prepare() (request []byte, parse func([]byte) (netip.Addr, error), err error) {
	if q.name == "" {
		m, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.Fingerprint)
		if err != nil {
			return nil, nil, err
		}
		return m.Raw, func(p []byte) (netip.Addr, error) { return parseBinding(p, m.TransactionID) }, nil
	}
	name, err := dnsmessage.NewName(q.name)
	if err != nil {
		return nil, nil, err
	}
	id := uint16(rand.Uint32())
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: id, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: name, Type: q.kind, Class: q.class}},
	}
	request, err = m.Pack()
	return request, func(p []byte) (netip.Addr, error) { return parseDNS(p, id) }, err
}

// parseBinding reads a STUN answer (RFC 8489 §14.2).
func parseBinding(p []byte, id [stun.TransactionIDSize]byte) (netip.Addr, error) {
	m := stun.Message{Raw: p}
	if err := m.Decode(); err != nil {
		return netip.Addr{}, err
	}
	var seen stun.XORMappedAddress
	if m.TransactionID != id {
		return netip.Addr{}, errors.New("an answer to something else")
	}
	if err := seen.GetFrom(&m); err != nil {
		return netip.Addr{}, err
	}
	addr, _ := netip.AddrFromSlice(seen.IP)
	return addr.Unmap(), nil
}

// parseDNS finds the first address among the answers: a record of its own or a text.
func parseDNS(p []byte, id uint16) (netip.Addr, error) {
	var m dnsmessage.Message
	if err := m.Unpack(p); err != nil {
		return netip.Addr{}, err
	}
	if m.ID != id || !m.Response {
		return netip.Addr{}, errors.New("an answer to something else")
	}
	for _, r := range m.Answers {
		switch body := r.Body.(type) {
		case *dnsmessage.AResource:
			return netip.AddrFrom4(body.A), nil
		case *dnsmessage.AAAAResource:
			return netip.AddrFrom16(body.AAAA), nil
		case *dnsmessage.TXTResource:
			if addr, err := netip.ParseAddr(strings.Trim(strings.Join(body.TXT, ""), `"`)); err == nil {
				return addr, nil
			}
		}
	}
	return netip.Addr{}, fmt.Errorf("no address in the answer (%s)", m.RCode)
}
