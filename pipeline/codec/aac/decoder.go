// Package aac decodes AAC-LC (ISO/IEC 14496-3, audio object type 2) with frames of
// 1024 samples, from MP4 (ParseConfig) or from ADTS (ParseADTS). Of HE-AAC it plays
// the core, at half the rate and without the upper half of the band.
package aac

import (
	"errors"
	"fmt"
	"slices"
)

// Syntactic elements (table 4.85).
const (
	idSCE = iota
	idCPE
	idCCE
	idLFE
	idDSE
	idPCE
	idFIL
	idEND
)

// Decoder decodes a stream frame by frame. One goroutine at a time may use it.
type Decoder struct {
	config   Config
	bank     *filterbank
	noise    noiseSource
	channels []*channel // two for each slot, the second one unused by single channels
	pair     pairTools
	seen     []bool // slots that this frame has had
	out      [frameSize]float32
}

// NewDecoder returns a decoder. A Config with no channels becomes complete with
// the first program config element; until then Decode fails.
func NewDecoder(c Config) (*Decoder, error) {
	if c.SampleRate == 0 || c.Channels > maxChannels {
		return nil, errors.New("aac: not a configuration")
	}
	d := &Decoder{config: c, bank: newFilterbank(), noise: noiseSeed}
	d.setUp()
	return d, nil
}

func (d *Decoder) setUp() {
	d.seen = make([]bool, len(d.config.slots))
	d.channels = nil
	for range 2 * len(d.config.slots) {
		d.channels = append(d.channels, new(channel))
	}
}

// Config tells what comes out. It changes only if a program config element came.
func (d *Decoder) Config() Config { return d.config }

// Samples is how many samples a frame has, all channels counted.
func (d *Decoder) Samples() int { return frameSize * d.config.Channels }

// Decode appends the samples of one frame (a raw_data_block, without its ADTS
// header) to dst and returns it. Of a bad frame it returns an error and, so that
// time goes on, the faded end of the frame before; the next one may be decoded.
func (d *Decoder) Decode(dst []int16, frame []byte) ([]int16, error) {
	r := bitReader{data: frame}
	clear(d.seen)
	if err := d.readBlock(&r); err != nil {
		return d.Conceal(dst), err
	}
	return d.synthesize(dst), nil
}

// Conceal appends what is to be heard instead of a frame that is lost: the fading
// end of the frame before, and silence after that.
func (d *Decoder) Conceal(dst []int16) []int16 {
	for _, c := range d.channels {
		clear(c.spectrum[:])
		c.sequence, c.shape = onlyLong, c.lastShape
	}
	return d.synthesize(dst)
}

// Reset forgets the past, as after a jump in a file.
func (d *Decoder) Reset() {
	for _, c := range d.channels {
		clear(c.overlap[:])
		c.lastShape = 0
	}
}

// readBlock reads a raw_data_block (table 4.3).
func (d *Decoder) readBlock(r *bitReader) error {
	for {
		if r.overrun() {
			return errTruncated
		}
		var err error
		switch id := r.bits(3); id {
		case idSCE, idLFE, idCPE:
			err = d.readElement(r, id)
		case idDSE:
			skipData(r)
		case idPCE:
			err = d.readProgram(r)
		case idFIL:
			skipFill(r)
		case idEND:
			return d.complete()
		default:
			err = errors.New("aac: coupling channels")
		}
		if err != nil {
			return err
		}
	}
}

// complete tells whether every channel came. A missing one is silent for this
// frame only if it is the low frequency channel, which some encoders leave out.
func (d *Decoder) complete() error {
	if len(d.seen) == 0 {
		return errors.New("aac: the channels are not known yet")
	}
	for i, seen := range d.seen {
		switch {
		case seen:
		case d.config.slots[i].element == idLFE:
			c := d.channels[2*i]
			clear(c.spectrum[:])
			c.sequence, c.shape = onlyLong, c.lastShape
		default:
			return errors.New("aac: a channel is missing")
		}
	}
	return nil
}

// readElement reads the next element of a kind into the next slot of that kind.
func (d *Decoder) readElement(r *bitReader, id int) error {
	r.bits(4) // element_instance_tag
	for i, s := range d.config.slots {
		if s.element != id || d.seen[i] {
			continue
		}
		d.seen[i] = true
		first, second := d.channels[2*i], d.channels[2*i+1]
		if id == idCPE {
			return d.readPair(r, first, second)
		}
		if err := first.readStream(r, d.config.rateIndex, false); err != nil {
			return err
		}
		first.dequantize(&d.noise)
		first.tns.apply(&first.spectrum, &first.icsInfo, d.config.rateIndex)
		return nil
	}
	return fmt.Errorf("aac: an element %d too many for %d channels", id, d.config.Channels)
}

// readPair reads a channel_pair_element (table 4.5) and decodes its spectra.
func (d *Decoder) readPair(r *bitReader, left, right *channel) error {
	common := r.flag()
	d.pair.present = 0
	if common {
		if err := left.icsInfo.read(r, d.config.rateIndex); err != nil {
			return err
		}
		right.icsInfo = left.icsInfo
		if err := d.pair.read(r, &left.icsInfo); err != nil {
			return err
		}
	}
	for _, c := range []*channel{left, right} {
		if err := c.readStream(r, d.config.rateIndex, common); err != nil {
			return err
		}
		c.dequantize(&d.noise)
	}
	d.pair.apply(left, right)
	for _, c := range []*channel{left, right} {
		c.tns.apply(&c.spectrum, &c.icsInfo, d.config.rateIndex)
	}
	return nil
}

// readProgram takes a program_config_element over if nothing else has told the
// channels; later ones are passed over.
func (d *Decoder) readProgram(r *bitReader) error {
	slots, err := readProgramConfig(r)
	if err != nil || d.config.Channels > 0 {
		return err
	}
	d.config.slots = slots
	d.config, err = d.config.finish()
	d.setUp()
	return err
}

// skipData passes over a data_stream_element (table 4.10).
func skipData(r *bitReader) {
	r.bits(4)
	align := r.flag()
	count := r.bits(8)
	if count == 255 {
		count += r.bits(8)
	}
	if align {
		r.align()
	}
	r.pos += 8 * count
}

// skipFill passes over a fill_element (table 4.11), spectral band replication included.
func skipFill(r *bitReader) {
	count := r.bits(4)
	if count == 15 {
		count += r.bits(8) - 1
	}
	r.pos += 8 * count
}

// synthesize appends the samples of all channels to dst.
func (d *Decoder) synthesize(dst []int16) []int16 {
	channels := d.config.Channels
	start := len(dst)
	dst = slices.Grow(dst, frameSize*channels)[:start+frameSize*channels]
	for i, s := range d.config.slots {
		for j, speaker := range []uint32{s.first, s.second} {
			if speaker == 0 {
				continue
			}
			c := d.channels[2*i+j]
			d.bank.synthesize(d.out[:], c.spectrum[:], c.overlap[:], c.sequence, c.lastShape, c.shape)
			c.lastShape = c.shape
			out := dst[start+place(d.config.ChannelMask, speaker):]
			for k, v := range d.out {
				out[k*channels] = sample(v)
			}
		}
	}
	return dst
}

// sample rounds to the nearest 16 bits; what is not a number is silence.
func sample(v float32) int16 {
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
