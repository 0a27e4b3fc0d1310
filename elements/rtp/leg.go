package rtp

import (
	"fmt"
	"sync/atomic"

	"github.com/rivero-media/rivero/elements/endpoint"
	"github.com/rivero-media/rivero/elements/sdp"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/media"
)

// leg is one m-line of an endpoint. It turns what happens to its conn into events of the endpoint.
type leg struct {
	*endpoint.RTPLeg
	e       *Endpoint
	conn    *conn
	kind    atomic.Int32 // media.Kind of the m-line
	started bool         // only touched while a description is processed
	sets    parameterSets
}

// agree starts the media of the m-line, or changes it. Without ICE and DTLS nothing has to be waited for.
func (l *leg) agree(p sdp.Peer) error {
	if err := l.conn.agree(p); err != nil {
		return err
	}
	log := l.e.Log()
	log.Info().Stringer("media", media.Kind(l.kind.Load())).Uint16("port", l.conn.rtp.port).Stringer("peer", p.RTP).Stringer("peerRTCP", p.RTCP).
		Bool("active", p.Active).Str("suite", string(p.Crypto.Suite)).Msg("RTP is agreed upon")
	l.started = true
	l.SetConnected(true)
	return nil
}

// retire closes what was in use and is not any more. What was only offered may be of use later.
func (l *leg) retire() {
	if l.started {
		l.close()
	}
}

func (l *leg) close() {
	l.conn.close()
	l.RTPLeg.Close()
}

// keyWorn is part of handler.
func (l *leg) keyWorn() {
	l.e.Emit(OnKeySoftLimit{MediaType: pipeline.MediaType(media.Kind(l.kind.Load()).String())})
}

// broken is part of handler.
func (l *leg) broken(v any) {
	l.e.Emit(pipeline.Error{Description: fmt.Sprintf("receiving failed: %v", v), Type: "UNEXPECTED_ELEMENT_ERROR"})
}
