package ogg

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/rivero-media/rivero/elements/player/demux"
	"github.com/rivero-media/rivero/pipeline/codec/opus"
	"github.com/rivero-media/rivero/pipeline/media"
)

// codec is what is different between the codecs in Ogg.
type codec interface {
	// header takes one header packet after the first; done: it was the last.
	header(packet []byte) (done bool, err error)
	format() media.Format
	// samples is how many a packet adds to the granule position.
	samples(packet []byte) int64
	// reset is called when packets do not follow each other.
	reset()
	rate() uint32
	// skip is how many samples at the beginning are not to be heard.
	skip() int64
}

// newCodec looks at the first packet of a logical stream; nil: it is one that cannot be played.
func newCodec(first []byte) codec {
	switch {
	case len(first) >= 19 && string(first[:8]) == "OpusHead":
		return &opusCodec{preSkip: int64(binary.LittleEndian.Uint16(first[10:]))}
	case len(first) >= 30 && string(first[:7]) == "\x01vorbis":
		v := &vorbisCodec{identification: append([]byte(nil), first...)}
		if v.format().Codec == "" {
			return nil // a rate or channels that cannot be
		}
		v.blocks = [2]int64{1 << (first[28] & 0xf), 1 << (first[28] >> 4)}
		return v
	}
	return nil
}

// opusCodec is RFC 7845.
type opusCodec struct{ preSkip int64 }

func (*opusCodec) header([]byte) (bool, error) { return true, nil } // the comments
func (*opusCodec) format() media.Format        { return demux.Opus() }
func (*opusCodec) reset()                      {}
func (*opusCodec) rate() uint32                { return opus.SampleRate }
func (c *opusCodec) skip() int64               { return c.preSkip }

func (*opusCodec) samples(packet []byte) int64 {
	return int64(opus.Duration(packet) * opus.SampleRate / time.Second)
}

// vorbisCodec is the Vorbis I specification.
type vorbisCodec struct {
	identification, comment, setup []byte
	blocks                         [2]int64 // samples of a short and a long block
	long                           []bool   // by mode: it has long blocks
	before                         int64    // samples of the block before, 0: there is none
}

func (v *vorbisCodec) header(packet []byte) (bool, error) {
	if v.comment == nil {
		v.comment = append([]byte{}, packet...)
		return false, nil
	}
	v.setup = append([]byte{}, packet...)
	if v.long = modes(v.setup); v.long == nil {
		return false, fmt.Errorf("%w: Vorbis setup header", demux.ErrFormat)
	}
	return true, nil
}

func (v *vorbisCodec) format() media.Format {
	return demux.Vorbis(v.identification, v.comment, v.setup)
}

func (v *vorbisCodec) reset()       { v.before = 0 }
func (v *vorbisCodec) rate() uint32 { return max(binary.LittleEndian.Uint32(v.identification[12:]), 1) }
func (v *vorbisCodec) skip() int64  { return 0 }

// samples: a block gives what is between its middle and that of the block before (§4.3.8).
func (v *vorbisCodec) samples(packet []byte) int64 {
	if len(packet) == 0 || packet[0]&1 != 0 { // a header
		return 0
	}
	mode := int(packet[0]>>1) & (1<<width(len(v.long)-1) - 1)
	if mode >= len(v.long) {
		return 0
	}
	block := v.blocks[0]
	if v.long[mode] {
		block = v.blocks[1]
	}
	before := v.before
	if v.before = block; before == 0 {
		return 0
	}
	return (before + block) / 4
}

// width is how many bits a number takes (§9.2.1).
func width(n int) (bits int) {
	for ; n > 0; n >>= 1 {
		bits++
	}
	return bits
}

// modes finds the list of modes at the end of a setup header (§4.2.4), read backwards, because all in front of it would have to be
// decoded: each mode has a flag for long blocks, twice 16 bits that are 0 and 8 for its mapping; in front is their number less
// one in 6 bits, behind a single 1.
func modes(setup []byte) []bool {
	const modeBits, most = 1 + 16 + 16 + 8, 64
	bit := func(i int) int { return int(setup[i/8]>>(i%8)) & 1 }
	number := func(at, n int) (v int) {
		for i := range n {
			v |= bit(at+i) << i
		}
		return v
	}
	end := len(setup)*8 - 1
	for end >= 0 && bit(end) == 0 {
		end--
	}
	var found []bool
	at := end
	for count := 1; count <= most && at-modeBits >= 6; count++ {
		at -= modeBits
		if number(at+1, 16) != 0 || number(at+17, 16) != 0 || number(at+33, 8) >= 64 {
			break
		}
		if number(at-6, 6)+1 == count {
			found = nil
			for i := range count {
				found = append(found, bit(at+i*modeBits) == 1)
			}
		}
	}
	return found
}
