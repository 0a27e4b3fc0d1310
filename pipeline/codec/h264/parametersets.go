package h264

import (
	"bytes"
	"fmt"
)

// maxSetSize bounds a parameter set. The longest one that the syntax allows is below that.
const maxSetSize = 4096

// slot is a parameter set as it came and what it says. err is why it cannot be used.
type slot[T any] struct {
	raw []byte // the NAL unit
	set T
	err error
}

// takeSPS remembers a sequence parameter set. It comes into force with the next IDR picture. What is wrong with it matters
// to slices that use it, see sets; one without a valid id is of no use to any.
func (d *Decoder) takeSPS(unit []byte) {
	if len(unit) > maxSetSize {
		return
	}
	var n nal
	n, d.rbsp = parseNAL(unit, d.rbsp)
	r := newBitReader(n.rbsp)
	r.bits(24)
	id := r.ue()
	if id >= maxSPS || bytes.Equal(d.sps[id].raw, unit) {
		return
	}
	at := &d.sps[id]
	at.raw = bytes.Clone(unit)
	at.set, at.err = parseSPS(n.rbsp)
	if at.err == nil {
		at.err = d.checkSize(at.set)
	}
}

// checkSize holds a stream to the bounds of memory.
func (d *Decoder) checkSize(s *sps) error {
	most := d.MaxPixels
	if most == 0 {
		most = DefaultMaxPixels
	}
	if s.cols*s.rows*macroblock*macroblock > most {
		return fmt.Errorf("%w: %dx%d", ErrTooLarge, s.width, s.height)
	}
	if s.refFrames > s.maxFrames() {
		return fmt.Errorf("%w: %d reference frames of %dx%d", ErrTooLarge, s.refFrames, s.width, s.height)
	}
	return nil
}

// takePPS remembers a picture parameter set, likewise.
func (d *Decoder) takePPS(unit []byte) {
	if len(unit) > maxSetSize {
		return
	}
	var n nal
	n, d.rbsp = parseNAL(unit, d.rbsp)
	r := newBitReader(n.rbsp)
	id := r.ue()
	if id >= maxPPS || bytes.Equal(d.pps[id].raw, unit) {
		return
	}
	at := &d.pps[id]
	at.raw = bytes.Clone(unit)
	at.set, at.err = parsePPS(bytes.Clone(n.rbsp))
}

// sets finds the parameter sets that a slice names. Of one that was refused, the reason is given again.
func (d *Decoder) sets(id uint32) (*pps, *sps, error) {
	if id >= maxPPS {
		return nil, nil, fmt.Errorf("%w: pic_parameter_set_id %d", ErrSyntax, id)
	}
	p := &d.pps[id]
	if p.err != nil {
		return nil, nil, p.err
	}
	if p.set == nil {
		return nil, nil, fmt.Errorf("%w: no picture parameter set %d", ErrNeedKeyFrame, id)
	}
	s := &d.sps[p.set.spsID]
	if s.err != nil {
		return nil, nil, s.err
	}
	if s.set == nil {
		return nil, nil, fmt.Errorf("%w: no sequence parameter set %d", ErrNeedKeyFrame, p.set.spsID)
	}
	return p.set, s.set, nil
}
