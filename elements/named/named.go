// Package named is what the ways to elements without a Kurento client share (WHIP, WHEP, RTSP): which element is meant, and who
// may reach it.
package named

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/rivero-media/rivero/pipeline"
)

// Access says who may reach elements.
type Access string

// The kinds of access. With AccessLoopback that is who connects from the machine itself, and no page of another site.
const (
	AccessOff      Access = "off"
	AccessLoopback Access = "loopback"
	AccessToken    Access = "token"
)

// Settings are who may reach elements.
type Settings struct {
	Access Access // "" is AccessOff
	Token  string // of AccessToken; none admits nobody
}

// Off tells whether nobody may.
func (s Settings) Off() bool { return s.Access == AccessOff || s.Access == "" }

// Knows tells whether a token is the right one.
func (s Settings) Knows(token string) bool {
	return s.Token != "" && subtle.ConstantTimeCompare([]byte(token), []byte(s.Token)) == 1
}

// The reasons why Find finds nothing.
var (
	ErrNone    = errors.New("no element has the name")
	ErrSeveral = errors.New("more than one element has the name")
)

// Find finds the element that has a name, or an id, in all pipelines, and the pipeline it is in. Its errors wrap those above.
func Find(objects *pipeline.Server, name string) (element pipeline.Object, in *pipeline.MediaPipeline, err error) {
	for _, p := range objects.Pipelines() {
		below := p.Children()
		for len(below) > 0 {
			o := below[0]
			below = append(below[1:], o.Base().Children()...)
			if _, isElement := o.(pipeline.Element); !isElement || o.Base().Name() != name && o.ID() != name {
				continue
			}
			if element != nil {
				return nil, nil, fmt.Errorf("%w %q", ErrSeveral, name)
			}
			element, in = o, p
		}
	}
	if element == nil {
		return nil, nil, fmt.Errorf("%w %q", ErrNone, name)
	}
	return element, in, nil
}

// Local tells whether an address, with its port, is one of the machine itself that others cannot have.
func Local(address string) bool {
	a, err := netip.ParseAddrPort(address)
	return err == nil && a.Addr().Unmap().IsLoopback()
}

// LocalName tells whether a host, with a port or without, is this machine by its name: that another name stands for it at the
// moment does not count.
func LocalName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && a.Unmap().IsLoopback()
}
