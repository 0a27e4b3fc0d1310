package h264

import "fmt"

// DefaultMaxPixels bounds the size of pictures if Decoder.MaxPixels is 0. It allows 4096x2304.
const DefaultMaxPixels = 4096 * 2304

// maxPictures bounds how many pictures one access unit has; it should be one. None of them can be fetched in between, so
// that all need a buffer.
const maxPictures = 4

// Decoder decodes one stream. Its zero value is ready; the options must not change once Decode was called. It may be used by
// one goroutine at a time, starts none, and needs no closing.
type Decoder struct {
	// MaxPixels is the largest width times height that is decoded, in whole macroblocks. 0 is DefaultMaxPixels. A picture
	// takes about 2.2 bytes per pixel. There are up to 40 of them, and of pictures above 1920x1080 fewer: 184320 macroblocks
	// for references, and as many for those that wait to be shown.
	MaxPixels int

	sps    [maxSPS]slot[*sps]
	pps    [maxPPS]slot[*pps]
	active *sps // of the coded video sequence; nil: a key frame is needed
	// prepared is the last one that was active.
	prepared *sps

	dpb     dpb
	poc     pocState
	current *picture      // that slices are added to
	tag     int64         // of its access unit
	first   sliceHeaderID // of the first slice of the current picture
	begun   int           // pictures of the access unit
	done    int           // macroblocks of it that are decoded
	key     bool          // decoding can begin with it
	// recovery: the access unit has a recovery point that needs nothing before it. Pictures before leadPOC in order of
	// output refer to others before that point, where decoding began with it.
	recovery bool
	leading  bool
	leadPOC  int32
	lent     *picture

	infos       []mbInfo
	slice       sliceDecoder
	slices      uint32 // number of the last slice, unique in the stream
	listBuffers [2][maxRefs]*picture
	rbsp        []byte
}

// sliceHeaderID is what tells pictures apart (7.4.1.2.4).
type sliceHeaderID struct {
	idr, reference bool
	idrID          uint32
	frameNum       int
	pocLSB         int
	deltaPOC       [2]int32
	sps            *sps
}

// NeedsKeyFrame tells if only a key frame can be decoded next: at the beginning, and after an error.
func (d *Decoder) NeedsKeyFrame() bool { return d.active == nil }

// Decode decodes one access unit, in which each NAL unit has its length in four bytes before it, as in MP4. Parameter sets
// are expected in band. What there is to be shown is then fetched with Next, until that returns nil; what is not fetched is
// lost. tag comes back there with the picture of this access unit.
//
// After an error the stream goes on with the next key frame: an IDR picture, or one of I slices at a recovery point. Access
// units until then return ErrNeedKeyFrame. What was decoded before is still there to be shown.
func (d *Decoder) Decode(accessUnit []byte, tag int64) error {
	for d.Next() != nil { // not fetched
	}
	d.tag, d.recovery, d.begun = tag, false, 0
	err := d.decode(accessUnit)
	if err == nil {
		err = d.finish()
	}
	if err != nil {
		d.abandon()
	}
	return err
}

// Next returns the next picture in order of output, nil if there is none yet. It is valid until the next call of Decode, Next
// or Drain.
func (d *Decoder) Next() *Frame {
	d.release()
	p := d.dpb.next()
	if p == nil {
		return nil
	}
	p.lent, d.lent = true, p
	return &p.frame
}

// Drain makes Next return the pictures that wait for others which do not come, at the end of a stream.
func (d *Decoder) Drain() {
	d.release()
	d.dpb.output.drained = true
}

// release takes back the picture that the caller had.
func (d *Decoder) release() {
	if d.lent != nil {
		d.lent.lent, d.lent = false, nil
	}
}

// abandon gives the current picture up. Those that wait are right and need not wait any more.
func (d *Decoder) abandon() {
	d.current, d.active = nil, nil
	d.dpb.forget()
	d.dpb.output.begin()
	d.slice.blocks = [coefficients]int32{}
}

func (d *Decoder) decode(accessUnit []byte) error {
	for len(accessUnit) > 0 {
		unit, rest, err := nextNAL(accessUnit)
		if err != nil {
			return err
		}
		accessUnit = rest
		if len(unit) == 0 {
			continue
		}
		if err := d.unit(unit); err != nil {
			return err
		}
	}
	return nil
}

// unit handles one NAL unit. Those of kinds that are not known are passed over (7.4.1).
func (d *Decoder) unit(unit []byte) error {
	kind := int(unit[0] & 31)
	switch {
	case kind == nalSPS:
		d.takeSPS(unit)
		return nil
	case kind == nalPPS:
		d.takePPS(unit)
		return nil
	case kind >= nalPartitionA && kind <= nalPartitionC:
		return fmt.Errorf("%w: nal_unit_type %d, data partitioning", ErrUnsupported, kind)
	case kind != nalSlice && kind != nalIDR && kind != nalSEI:
		return nil
	}
	var n nal
	n, d.rbsp = parseNAL(unit, d.rbsp)
	if kind == nalSEI {
		d.recovery = d.recovery || recoversAtOnce(n.rbsp)
		return nil
	}
	return d.takeSlice(&n)
}

// takeSlice decodes a slice of the current picture, or the first one of a new picture.
func (d *Decoder) takeSlice(n *nal) error {
	s := &d.slice
	h := &s.header
	r := newBitReader(n.rbsp)
	if ahead := r; ahead.ue() == 0 { // first_mb_in_slice: while the header is still that of the picture before
		if err := d.finish(); err != nil {
			return err
		}
	}
	if err := h.parse(&r, n, d); err != nil {
		return err
	}
	if h.redundant {
		return nil // the primary picture is there, or its loss is an error
	}
	switch {
	case h.firstMB == 0:
		if err := d.begin(); err != nil {
			return err
		}
	case d.current == nil:
		return fmt.Errorf("%w: first slice", ErrTruncated)
	case d.identify() != d.first:
		return fmt.Errorf("%w: slices of one access unit differ", ErrSyntax)
	}
	if d.current.missing {
		return nil // before the recovery point
	}
	return d.decodeSlice(r)
}

// decodeSlice decodes a slice of the current picture, from a reader behind its header.
func (d *Decoder) decodeSlice(r bitReader) (err error) {
	s := &d.slice
	h := &s.header
	switch {
	case h.firstMB < d.done:
		return fmt.Errorf("%w: first_mb_in_slice %d after %d, arbitrary slice order", ErrUnsupported, h.firstMB, d.done)
	case h.firstMB > d.done:
		return fmt.Errorf("%w: macroblocks %d to %d", ErrTruncated, d.done, h.firstMB-1)
	case d.key && h.kind != sliceI:
		return ErrNeedKeyFrame
	}
	d.slices++
	s.number = d.slices
	s.filters = append(s.filters, h.filter)
	s.pps = d.pps[h.ppsID].set
	if s.scaledFor != s.pps {
		lists := s.pps.lists(s.sps)
		s.scales.set(&lists)
		s.scaledFor = s.pps
	}
	if err := d.buildLists(); err != nil {
		return err
	}
	d.done, err = s.decode(r)
	return err
}

// identify is what tells the picture of the slice header from others.
func (d *Decoder) identify() sliceHeaderID {
	h := &d.slice.header
	return sliceHeaderID{
		h.idr, h.refIDC != 0, h.idrID, h.frameNum, h.pocLSB, h.deltaPOC, d.sps[d.pps[h.ppsID].set.spsID].set,
	}
}

// begin starts a picture with its first slice.
func (d *Decoder) begin() error {
	h := &d.slice.header
	set := d.sps[d.pps[h.ppsID].set.spsID].set
	if d.begun++; d.begun > maxPictures {
		return fmt.Errorf("%w: more than %d pictures in an access unit", ErrSyntax, maxPictures)
	}
	d.key = h.idr || d.active == nil && d.recovery && h.kind == sliceI
	switch {
	case d.key:
		d.activate(set)
	case d.active == nil:
		return ErrNeedKeyFrame
	case d.active != set:
		return fmt.Errorf("%w: sequence parameter set changed", ErrNeedKeyFrame)
	}
	d.slice.sps = set
	if !d.key && h.frameNum != d.dpb.prevRefFrameNum {
		if h.frameNum != (d.dpb.prevRefFrameNum+1)&(1<<set.frameNumBits-1) {
			if !set.gapsAllowed {
				return fmt.Errorf("%w: frame_num %d after %d", ErrMissingReference, h.frameNum, d.dpb.prevRefFrameNum)
			}
			d.dpb.fillGap(h.frameNum, set, &d.poc)
		}
	}
	poc, err := d.poc.next(h, set)
	if err != nil {
		return err
	}
	p := d.dpb.take(set.cols, set.rows)
	p.poc, p.frameNum = poc, h.frameNum
	p.show(set, d.tag, d.key)
	if set.monochrome {
		p.grey()
	}
	if d.key && !h.idr {
		d.leading, d.leadPOC = true, poc
	}
	p.missing = d.leading && poc < d.leadPOC
	d.current, d.first, d.done = p, d.identify(), 0
	s := &d.slice
	s.firstSlice, s.filters = d.slices+1, s.filters[:0]
	s.pic, s.infos, s.cols, s.rows = p, d.infos, set.cols, set.rows
	return nil
}

// activate begins a coded video sequence, or decoding at a recovery point.
func (d *Decoder) activate(set *sps) {
	h := &d.slice.header
	d.active = set
	if d.prepared != set {
		d.prepared = set
		d.dpb.output.depth = set.reorderDepth()
		d.slice.scaledFor = nil // scaling lists may be those of the SPS
	}
	if n := set.cols * set.rows; len(d.infos) != n {
		d.infos = make([]mbInfo, n)
	}
	d.dpb.forget()
	d.dpb.output.begin()
	d.dpb.prevRefFrameNum = h.frameNum
	d.poc = pocState{lsb: int32(h.pocLSB), frameNum: h.frameNum}
	d.leading = false
}

// finish completes the current picture.
func (d *Decoder) finish() error {
	p := d.current
	if p == nil {
		return nil
	}
	s := &d.slice
	if !p.missing {
		if d.done != len(d.infos) {
			return fmt.Errorf("%w: %d macroblocks of %d", ErrTruncated, d.done, len(d.infos))
		}
		s.deblockRow(s.rows - 1)
	}
	if d.dpb.mark(p, &s.header, s.sps) {
		// 8.2.1: the picture is the first of those that follow.
		d.dpb.output.begin()
		d.poc.reset()
		p.poc, d.leading = 0, false
	}
	if !p.missing {
		d.dpb.add(p, s.sps)
	}
	d.current = nil
	return nil
}
