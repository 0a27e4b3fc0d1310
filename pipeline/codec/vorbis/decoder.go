// Package vorbis decodes Vorbis I packets with github.com/jfreymuth/vorbis, which
// trusts its input; this package looks at the headers first and catches
// what still goes wrong, so that no input breaks down or takes endless time or memory.
package vorbis

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"github.com/jfreymuth/vorbis"
)

// Loudspeakers, as in WAVE's dwChannelMask.
const (
	frontLeft    = 0x1
	frontRight   = 0x2
	frontCenter  = 0x4
	lowFrequency = 0x8
	backLeft     = 0x10
	backRight    = 0x20
	backCenter   = 0x100
	sideLeft     = 0x200
	sideRight    = 0x400
)

// orders are the loudspeakers in the order of the stream's channels (Vorbis I §4.3.9).
var orders = [9][]uint32{
	1: {frontCenter},
	2: {frontLeft, frontRight},
	3: {frontLeft, frontCenter, frontRight},
	4: {frontLeft, frontRight, backLeft, backRight},
	5: {frontLeft, frontCenter, frontRight, backLeft, backRight},
	6: {frontLeft, frontCenter, frontRight, backLeft, backRight, lowFrequency},
	7: {frontLeft, frontCenter, frontRight, sideLeft, sideRight, backCenter, lowFrequency},
	8: {frontLeft, frontCenter, frontRight, sideLeft, sideRight, backLeft, backRight, lowFrequency},
}

// Decoder decodes a stream packet by packet. One goroutine at a time may use it.
type Decoder struct {
	dec            vorbis.Decoder
	rate, channels int
	mask           uint32
	places         []int // where in a frame each channel goes
	buffer         []float32
}

// NewDecoder returns a decoder for a stream with this identification header and
// this setup header; the comment header between them says nothing about the sound.
func NewDecoder(identification, setup []byte) (_ *Decoder, err error) {
	defer recovered(&err)
	rate, channels, err := ParseIdentification(identification)
	if err != nil {
		return nil, err
	}
	if setup, err = checkSetup(setup); err != nil {
		return nil, err
	}
	d := &Decoder{rate: rate, channels: channels}
	for _, header := range [][]byte{identification, setup} {
		if err := d.dec.ReadHeader(header); err != nil {
			return nil, err
		}
	}
	for _, speaker := range orders[channels] {
		d.mask |= speaker
	}
	for _, speaker := range orders[channels] {
		d.places = append(d.places, bits.OnesCount32(d.mask&(speaker-1)))
	}
	d.buffer = make([]float32, d.dec.BufferSize())
	return d, nil
}

// SampleRate is in Hz.
func (d *Decoder) SampleRate() int { return d.rate }

// Channels is how many samples a frame has.
func (d *Decoder) Channels() int { return d.channels }

// ChannelMask is the set of loudspeakers as in WAVE's dwChannelMask; samples are
// in the order of its bits.
func (d *Decoder) ChannelMask() uint32 { return d.mask }

// Decode appends the samples of a packet to dst and returns it. The first packet,
// and the first one after an error, gives none: it only overlaps the next.
func (d *Decoder) Decode(dst []int16, packet []byte) (_ []int16, err error) {
	defer func() {
		if err != nil {
			d.dec.Clear()
		}
	}()
	defer recovered(&err)
	if len(packet) == 0 {
		return dst, errors.New("vorbis: an empty packet")
	}
	samples, err := d.dec.DecodeInto(packet, d.buffer)
	if err != nil {
		return dst, err
	}
	start := len(dst)
	dst = slices.Grow(dst, len(samples))[:start+len(samples)]
	for out := dst[start:]; len(out) > 0; out, samples = out[d.channels:], samples[d.channels:] {
		for channel, at := range d.places {
			out[at] = sample(samples[channel])
		}
	}
	return dst, nil
}

// Reset forgets the past, as after a jump in a file or a lost packet.
func (d *Decoder) Reset() { d.dec.Clear() }

// sample rounds to the nearest 16 bits; what is not a number is silence.
func sample(v float32) int16 {
	v *= 32768
	switch {
	case v >= 32767:
		return 32767
	case v <= -32768:
		return -32768
	case v >= 0:
		return int16(v + 0.5)
	case v < 0:
		return int16(v - 0.5)
	}
	return 0
}

// recovered makes an error of a panic inside the library.
func recovered(err *error) {
	if v := recover(); v != nil {
		*err = fmt.Errorf("vorbis: broken data: %v", v)
	}
}

// SplitPrivate takes the identification and the setup header out of the codec's
// private data in Matroska and WebM, where the three headers follow each other
// with Xiph lacing in front (RFC 9559 §8.2, Matroska codec mapping A_VORBIS).
func SplitPrivate(private []byte) (identification, setup []byte, err error) {
	errLacing := errors.New("vorbis: the private data is not three headers")
	if len(private) == 0 || private[0] != 2 {
		return nil, nil, errLacing
	}
	rest := private[1:]
	var sizes [2]int
	for i := range sizes {
		for more := true; more; {
			if len(rest) == 0 {
				return nil, nil, errLacing
			}
			sizes[i] += int(rest[0])
			more = rest[0] == 255
			rest = rest[1:]
		}
	}
	if sizes[0]+sizes[1] > len(rest) {
		return nil, nil, errLacing
	}
	return rest[:sizes[0]], rest[sizes[0]+sizes[1]:], nil
}

// ParseIdentification reads the identification header (Vorbis I §4.2.2).
func ParseIdentification(h []byte) (rate, channels int, err error) {
	if len(h) < 30 || h[0] != 1 || string(h[1:7]) != "vorbis" || binary.LittleEndian.Uint32(h[7:]) != 0 {
		return 0, 0, errors.New("vorbis: not an identification header")
	}
	channels = int(h[11])
	rate = int(binary.LittleEndian.Uint32(h[12:]))
	short, long := h[28]&15, h[28]>>4
	switch {
	case channels < 1 || channels >= len(orders):
		err = fmt.Errorf("vorbis: %d channels", channels)
	case rate < 1 || rate > 192000:
		err = fmt.Errorf("vorbis: sample rate %d", rate)
	case short < 6 || short > long || long > 13:
		err = fmt.Errorf("vorbis: blocks of %d and %d samples", 1<<short, 1<<long)
	}
	return rate, channels, err
}
