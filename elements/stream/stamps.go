package stream

import (
	"time"

	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/pipeline/media"
)

// stamps writes the header extensions that have another value in each packet. It remembers the last
// values: a packet that is sent again under its number must be the same to the bit, because its nonce
// is made of SSRC and packet index (RFC 7714 section 8.1), and AES-GCM gives its authentication key
// away when two packets share one. A retransmission by RFC 4588 is a packet of its own and needs none
// of that.
type stamps struct {
	absID, wideID, levelID uint8

	abs   [3]byte // what the prepared headers point at, as wide and level
	wide  [2]byte
	level [1]byte
	fixed int     // extensions that every packet has
	sent  []stamp // made by the first packet that may be sent again by its own number
}

// stamp packs what a packet was sent with: the low 24 bits of its extended number, abs-send-time and
// the transport-wide number.
type stamp uint64

func (s stamp) abs() uint32       { return uint32(s>>16) & 0xffffff }
func (s stamp) wide() uint16      { return uint16(s) }
func (s stamp) of(ext int64) bool { return uint64(s)>>40 == uint64(ext)&0xffffff }

// newStamps gives nil when no such extension is negotiated.
func newStamps(e *Extensions) *stamps {
	if e.AbsSendTime == 0 && e.TransportCC == 0 && e.AudioLevel == 0 {
		return nil
	}
	return &stamps{absID: e.AbsSendTime, wideID: e.TransportCC, levelID: e.AudioLevel}
}

// prepare adds the extensions to h, which is marshalled with the values of that moment.
func (t *stamps) prepare(h *rtp.Header) {
	// No error comes for ids from 1 to 14 and these sizes; newTable has checked the ids.
	if t.absID != 0 {
		_ = h.SetExtension(t.absID, t.abs[:])
	}
	if t.wideID != 0 {
		_ = h.SetExtension(t.wideID, t.wide[:])
	}
	t.fixed = len(h.Extensions)
	if t.levelID != 0 {
		_ = h.SetExtension(t.levelID, t.level[:])
	}
}

// loudness gives h the audio level of the packet that is sent next, or takes it out of h for 0.
func (t *stamps) loudness(h *rtp.Header, level uint8) {
	if t.levelID == 0 {
		return
	}
	n := t.fixed
	if level != 0 {
		t.level[0] = level
		n++
	}
	h.Extensions = h.Extensions[:n]
	h.Extension = n > 0
}

// set gives the values of the packet that is sent next, at the time now, and returns them.
func (t *stamps) set(now time.Duration, wide uint16) stamp {
	abs := absSendTime(now)
	t.put(abs, wide)
	return stamp(abs)<<16 | stamp(wide)
}

func (t *stamps) put(abs uint32, wide uint16) {
	t.abs = [3]byte{byte(abs >> 16), byte(abs >> 8), byte(abs)}
	t.wide = [2]byte{byte(wide >> 8), byte(wide)}
}

// remember keeps what packet ext was sent with.
func (t *stamps) remember(ext int64, s stamp) {
	if t.sent == nil {
		t.sent = make([]stamp, media.RingSlots)
	}
	t.sent[ext%media.RingSlots] = s | stamp(uint64(ext)<<40)
}

// repeat gives the values that packet ext was sent with; false when it was not sent or is forgotten.
func (t *stamps) repeat(ext int64) (wide uint16, ok bool) {
	if t.sent == nil {
		return 0, false
	}
	s := t.sent[ext%media.RingSlots]
	if !s.of(ext) {
		return 0, false
	}
	t.put(s.abs(), s.wide())
	return s.wide(), true
}
