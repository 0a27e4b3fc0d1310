package rtp

// In the payload formats of Opus (RFC 7587) and of PCMU and PCMA (RFC 3551
// §4.5.14) a payload is a frame.

type audioUnpacker struct{}

func (audioUnpacker) begins([]byte) (frame, key bool) { return true, true }

func (audioUnpacker) unpack(frame, payload []byte) ([]byte, error) {
	return append(frame, payload...), nil
}

func (audioUnpacker) finish(frame []byte) (whole []byte, key, ok bool) { return frame, true, true }

type audioPacker struct{ frame []byte }

func (p *audioPacker) load(frame []byte, _ bool) bool {
	p.frame = frame
	return len(frame) > 0 && len(frame) <= maxAudio
}

func (p *audioPacker) next(buf []byte) (n int, last bool) { return copy(buf, p.frame), true }
