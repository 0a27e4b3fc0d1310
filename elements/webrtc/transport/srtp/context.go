package srtp

import "encoding/binary"

// maxStreams bounds the SSRCs of one peer, and with them the memory that a
// peer who holds the keys can make us use.
const maxStreams = 1024

// MaxPackets is how many packets a key serves (RFC 3711 §9.2), and maxIndex the last packet's index.
const (
	MaxPackets = 1 << 48
	maxIndex   = MaxPackets - 1
)

// Sender protects the packets to one peer.
type Sender struct {
	suite   suite
	highest map[uint32]uint64 // packet index by SSRC
	packets uint64
}

// Packets is how many packets the key has served so far.
func (s *Sender) Packets() uint64 { return s.packets }

// NewSender makes a Sender from the master key and salt of our side.
func NewSender(p Profile, key, salt []byte) (*Sender, error) {
	s, err := newSuite(p, key, salt)
	if err != nil {
		return nil, err
	}
	return &Sender{suite: s, highest: make(map[uint32]uint64)}, nil
}

// Overhead is how many bytes Protect adds to a packet.
func (s *Sender) Overhead() int { return s.suite.overhead() }

// Protect finishes the packet whose RTP header is in buf[:header] with the
// encrypted payload and the tag, and returns its length. buf must have room
// for header, payload and Overhead and must not overlap payload. A sequence
// number may be sent again, but only with the same header and payload: other
// bytes under the same index would give the key away (RFC 7714 §8.1).
func (s *Sender) Protect(buf []byte, header int, payload []byte) (int, error) {
	n := header + len(payload) + s.suite.overhead()
	if header < minHeader || n > len(buf) {
		return 0, ErrShort
	}
	ssrc := binary.BigEndian.Uint32(buf[8:])
	seq := binary.BigEndian.Uint16(buf[2:])
	highest, known := s.highest[ssrc]
	index := uint64(seq)
	if known {
		index = estimate(highest, seq)
	}
	switch {
	case index > maxIndex:
		return 0, ErrIndex
	case !known && len(s.highest) >= maxStreams:
		return 0, ErrStreams
	case !known || index > highest:
		s.highest[ssrc] = index
	}
	s.suite.seal(buf, header, payload, ssrc, index)
	s.packets++
	return n, nil
}

// Receiver opens the packets from one peer.
type Receiver struct {
	suite   suite
	streams map[uint32]*window
	fresh   *window // for the next new SSRC, so that forged ones cost no memory
	packets uint64
}

// Packets is how many packets of the key have been accepted so far.
func (r *Receiver) Packets() uint64 { return r.packets }

// NewReceiver makes a Receiver from the master key and salt of the peer's side.
func NewReceiver(p Profile, key, salt []byte) (*Receiver, error) {
	s, err := newSuite(p, key, salt)
	if err != nil {
		return nil, err
	}
	return &Receiver{suite: s, streams: make(map[uint32]*window), fresh: new(window)}, nil
}

// Open verifies pkt, whose RTP header takes the first header bytes, and
// decrypts its payload in place. The payload ends at the packet's padding,
// if any. A packet that is not accepted changes nothing but its own bytes.
func (r *Receiver) Open(pkt []byte, header int) ([]byte, error) {
	if header < minHeader || len(pkt) < header+r.suite.overhead() {
		return nil, ErrShort
	}
	ssrc := binary.BigEndian.Uint32(pkt[8:])
	seq := binary.BigEndian.Uint16(pkt[2:])
	w, known := r.streams[ssrc]
	index := uint64(seq)
	if known {
		index = estimate(w.highest, seq)
		if !w.fits(index) {
			return nil, ErrReplayed
		}
	} else {
		if len(r.streams) >= maxStreams {
			return nil, ErrStreams
		}
		w = r.fresh
	}
	if index > maxIndex {
		return nil, ErrIndex
	}
	payload, ok := r.suite.open(pkt, header, ssrc, index)
	if !ok {
		return nil, ErrAuth
	}
	if !known {
		w.highest = index
		r.streams[ssrc] = w
		r.fresh = new(window)
	}
	w.add(index)
	r.packets++
	return payload, nil
}

// estimate finds the packet index that seq stands for: the one nearest to the
// highest so far (RFC 3711 §3.3.1), and never below 0.
func estimate(highest uint64, seq uint16) uint64 {
	index := highest&^0xffff | uint64(seq)
	switch diff := int(seq) - int(uint16(highest)); {
	case diff < -1<<15:
		return index + 1<<16
	case diff > 1<<15 && index >= 1<<16:
		return index - 1<<16
	default:
		return index
	}
}

// windowSize is how many packets below the highest are told apart. Answers to
// NACKs arrive a round trip late: 1024 packets are 1 s at 10 Mbit/s.
const windowSize = 1024

// window is the replay window of one stream (RFC 3711 §3.3.2): the highest
// index and which of the windowSize before it were seen.
type window struct {
	highest uint64
	seen    [windowSize / 64]uint64 // ring of bits, by index modulo windowSize
}

// fits tells whether index is new.
func (w *window) fits(index uint64) bool {
	if index > w.highest {
		return true
	}
	return w.highest-index < windowSize && w.seen[index/64%(windowSize/64)]>>(index%64)&1 == 0
}

// add marks index as seen.
func (w *window) add(index uint64) {
	switch ahead := index - w.highest; {
	case index <= w.highest:
	case ahead >= windowSize:
		w.seen = [windowSize / 64]uint64{}
		w.highest = index
	default:
		for i := w.highest + 1; i <= index; i++ {
			w.seen[i/64%(windowSize/64)] &^= 1 << (i % 64)
		}
		w.highest = index
	}
	w.seen[index/64%(windowSize/64)] |= 1 << (index % 64)
}
