package stream

import (
	"time"

	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/pipeline/media"
)

// absTime writes the abs-send-time header extension of one sender. It remembers
// the last values: a packet that is sent again must be the same to the bit,
// because its nonce is made of SSRC and packet index (RFC 7714 section 8.1), and
// AES-GCM gives its authentication key away when two packets share one.
type absTime struct {
	id    uint8
	value [3]byte // what the sender's header points at
	sent  [media.RingSlots]uint32
}

// newAbsTime adds the extension to h; nil when id is 0.
func newAbsTime(h *rtp.Header, id uint8) *absTime {
	if id == 0 {
		return nil
	}
	t := &absTime{id: id}
	if h.SetExtension(id, t.value[:]) != nil {
		return nil // not for ids 1 to 14, which NewSession has checked
	}
	return t
}

// stamp sets the extension for packet ext, sent now.
func (t *absTime) stamp(ext int64, now time.Duration) {
	v := absSendTime(now)
	t.sent[ext%media.RingSlots] = v
	putUint24(&t.value, v)
}

// repeat adds to h, the header of packet ext, what was sent with it before.
func (t *absTime) repeat(h *rtp.Header, ext int64) error {
	var v [3]byte
	putUint24(&v, t.sent[ext%media.RingSlots])
	return h.SetExtension(t.id, v[:])
}

func putUint24(b *[3]byte, v uint32) { b[0], b[1], b[2] = byte(v>>16), byte(v>>8), byte(v) }
