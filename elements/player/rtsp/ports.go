package rtsp

import (
	"errors"
	"math/rand/v2"
	"syscall"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
)

// maxTries bounds how many pairs of ports are tried for one stream.
const maxTries = 1000

// ports chooses the UDP ports to receive on: an even one for RTP and the next for RTCP (RFC 3550 §11). The library would
// try for ever when there is none free.
type ports struct {
	first, pairs int
}

func newPorts(low, high int) ports {
	if high == 0 {
		low, high = 10000, 65535
	}
	first := low + low%2
	return ports{first, (high - first + 1) / 2}
}

// setUp sets a stream up on the first pair that is free, beginning somewhere.
func (p ports) setUp(c *gortsplib.Client, url *base.URL, m *description.Media) error {
	if p.pairs <= 0 {
		return errors.New("the range of ports has no pair that begins with an even one")
	}
	begin := rand.IntN(p.pairs)
	var err error
	for i := range min(p.pairs, maxTries) {
		rtp := p.first + 2*((begin+i)%p.pairs)
		if _, err = c.Setup(url, m, rtp, rtp+1); !errors.Is(err, syscall.EADDRINUSE) {
			return err
		}
	}
	return err
}
