package ts

import (
	"time"

	"github.com/rivero-media/rivero/elements/player/demux"
	"github.com/rivero-media/rivero/pipeline/codec/opus"
	"github.com/rivero-media/rivero/pipeline/media"
)

// stream is one stream of the program.
type stream struct {
	described
	track   int // -1: not known yet, or never
	nals    *demux.NALs
	pes     []byte // of the packet in the making
	begun   bool   // its beginning was seen
	counter byte
	rest    []byte        // of sound: a frame that goes on in the next packet
	next    time.Duration // of sound: when the next frame begins
}

// header is what the head of a PES packet says.
type header struct {
	pts, dts int64 // -1: not said
	data     []byte
}

// parsePES reads a whole PES packet or its first bytes (§2.4.3.6).
func parsePES(b []byte) (header, bool) {
	h := header{pts: -1, dts: -1}
	if len(b) < 9 || b[0] != 0 || b[1] != 0 || b[2] != 1 || b[6]&0xc0 != 0x80 {
		return h, false
	}
	size, fields := int(b[8]), b[9:]
	if size > len(fields) {
		return h, false
	}
	h.data = fields[size:]
	if b[7]&0x80 != 0 && size >= 5 {
		h.pts = stamp(fields)
		h.dts = h.pts
	}
	if b[7]&0xc0 == 0xc0 && size >= 10 {
		h.dts = stamp(fields[5:])
	}
	if length := int(b[4])<<8 | int(b[5]); length > 0 && length-3-size >= 0 && length-3-size < len(h.data) {
		h.data = h.data[:length-3-size] // stuffing follows
	}
	return h, true
}

func stamp(b []byte) int64 {
	return int64(b[0]>>1&7)<<30 | int64(b[1])<<22 | int64(b[2]>>1)<<15 | int64(b[3])<<7 | int64(b[4]>>1)
}

// close takes the PES packet that is complete apart into frames.
func (d *Reader) close(st *stream) {
	if !st.begun {
		return
	}
	st.begun = false
	h, ok := parsePES(st.pes)
	if !ok {
		return
	}
	if st.nals != nil {
		d.closeVideo(st, h)
		return
	}
	if h.pts >= 0 {
		at := demux.Unwrap(h.pts, d.near)
		d.near = at
		if len(st.rest) == 0 || (at-st.next).Abs() > 100*time.Millisecond {
			st.rest, st.next = st.rest[:0], at // else it is the time of the frame after the one that goes on
		}
	}
	data := append(st.rest, h.data...)
	rest := d.closeSound(st, data)
	st.rest = append(st.rest[:0], rest[:min(len(rest), maxRest)]...)
}

// maxRest is the size of what is kept of a frame of sound that goes on in the next packet.
const maxRest = 8 << 10

func (d *Reader) closeVideo(st *stream, h header) {
	if h.pts < 0 {
		return // a frame needs a time
	}
	pts := demux.Unwrap(h.pts, d.near)
	dts := demux.Unwrap(h.dts, pts)
	d.near = dts
	frame, key := st.nals.Unit(h.data)
	if len(frame) == 0 {
		return
	}
	if st.track < 0 {
		if !key {
			return // nothing can be decoded before
		}
		st.track = d.add(demux.Track{Format: st.nals.Format()})
	}
	if st.track < 0 {
		return
	}
	d.emit(demux.Frame{Track: st.track, PTS: pts, DTS: dts, Key: key, Data: frame})
}

// closeSound gives out the frames of a packet and returns what is left of it.
func (d *Reader) closeSound(st *stream, data []byte) []byte {
	for len(data) > 0 {
		frame, size, length, format := st.frame(data)
		switch {
		case size < 0: // goes on
			return data
		case frame == nil:
			data = data[min(size, len(data)):]
			continue
		}
		if st.track < 0 && format.Codec != "" {
			st.track = d.add(demux.Track{Format: format})
		}
		if st.track >= 0 {
			d.emit(demux.Frame{Track: st.track, PTS: st.next, DTS: st.next, Key: true, Data: frame})
		}
		st.next += length
		data = data[size:]
	}
	return nil
}

// frame is a demux.Split.
func (st *stream) frame(b []byte) (frame []byte, size int, length time.Duration, f media.Format) {
	switch {
	case st.opus:
		return opusFrame(b)
	case st.kind == typeADTS:
		return demux.SplitADTS(b)
	}
	return demux.SplitMP3(b)
}

// opusFrame reads an access unit of Opus in MPEG-TS (ETSI TS 103 491, opus_control_header): 11 bits 0x3ff, flags for trimming and an
// extension, the size as a sum of bytes up to the first below 255.
func opusFrame(b []byte) (frame []byte, size int, length time.Duration, f media.Format) {
	if len(b) < 3 {
		return nil, -1, 0, f
	}
	if b[0] != 0x7f || b[1]&0xe0 != 0xe0 {
		return nil, 1, 0, f
	}
	flags, n, i := b[1], 0, 2
	for more := true; more; i++ {
		if i >= len(b) {
			return nil, -1, 0, f
		}
		n += int(b[i])
		more = b[i] == 255
	}
	if flags&0x10 != 0 {
		i += 2
	}
	if flags&0x08 != 0 {
		i += 2
	}
	if flags&0x04 != 0 && i < len(b) {
		i += 1 + int(b[i])
	}
	if i+n > len(b) {
		return nil, -1, 0, f
	}
	if n == 0 {
		return nil, i, 0, f
	}
	return b[i : i+n], i + n, opus.Duration(b[i : i+n]), demux.Opus()
}
