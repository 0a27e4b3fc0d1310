// The decoder: its options, its errors, and the way of a frame through it.

package vp8

import (
	"errors"

	"github.com/rivero-media/rivero/pipeline/codec/vp8/dsp"
)

// Errors of Decode. After each of them the decoder waits for a key frame, and
// what it showed last stays as it was.
var (
	ErrNeedKeyFrame = errors.New("vp8: a key frame is needed")
	ErrTruncated    = errors.New("vp8: frame is truncated")
	ErrTooLarge     = errors.New("vp8: picture is larger than the limit")
	ErrVersion      = errors.New("vp8: version of the bitstream is above 3")
)

// DefaultMaxPixels bounds the size of pictures if Decoder.MaxPixels is 0. It
// allows 4096x2304.
const DefaultMaxPixels = 4096 * 2304

// Decoder decodes one stream. Its zero value is ready; the options must not
// change once Decode was called. It may be used by one goroutine at a time,
// starts none, and needs no closing.
type Decoder struct {
	// MaxPixels is the largest width times height that is decoded; a decoder
	// uses up to five pictures of 1.5 bytes per pixel. 0 is DefaultMaxPixels.
	MaxPixels int
	// Tolerant makes the decoder take what is there of a truncated frame, and
	// zeros for the rest. Pictures are then distorted until the next key frame.
	Tolerant bool

	header     frameHeader
	size       struct{ width, height int } // what the buffers are made for
	cols, rows int                         // the picture's macroblocks
	needsKey   bool                        // something was lost
	refs       [references]*picture
	pool       pool
	shown      *picture

	segmentation      segmentation
	segmentMap        []uint8
	deltas            filterDeltas
	probs, savedProbs probs
	signBias          [references]bool

	// From here on: scratch of one frame.
	contexts     modeContexts
	nonZeroAbove []nonZero
	nonZeroLeft  nonZero
	mb           macroblock
	col          int
	coefficients [25][16]int16 // zero between macroblocks; 16 Y, 4 U, 4 V, Y2
	ends         [25]uint8
	factors      [segments]quantFactors
	levels       filterLevels
	limits       [maxLevel + 1]dsp.Limits
	filters      [2][]macroblockFilter // of even and odd rows
	border       [(16+dsp.Before+dsp.Behind)*borderStride + dsp.Slack]byte
	tokens       [8]boolDecoder
}

// NeedsKeyFrame tells if inter frames cannot be decoded: at the beginning, and
// after an error.
func (d *Decoder) NeedsKeyFrame() bool { return d.needsKey || d.refs[refLast] == nil }

// Last returns what Decode returned last, nil before the first picture. It
// stays valid through frames that are not shown and through errors.
func (d *Decoder) Last() *Frame {
	if d.shown == nil {
		return nil
	}
	return &d.shown.frame
}

// Decode decodes one frame, as it is in one packet of a container. It returns
// the picture, or nil if the frame is not to be shown. An empty frame, which
// encoders write for a dropped picture, repeats the last one.
//
// The picture is valid until the next Decode. On errors (ErrNeedKeyFrame,
// ErrHeader, ErrTruncated, ErrTooLarge, ErrVersion) the stream goes on with
// the next key frame, and frames until then return ErrNeedKeyFrame.
func (d *Decoder) Decode(frame []byte) (*Frame, error) {
	if len(frame) == 0 {
		if d.shown == nil {
			return nil, ErrNeedKeyFrame
		}
		return d.Last(), nil
	}
	p, err := d.decode(frame)
	if err != nil {
		d.needsKey = true
		return nil, err
	}
	if d.header.key {
		d.needsKey = false
	}
	d.updateReferences(&d.header, p)
	if !d.header.refreshEntropy {
		d.probs = d.savedProbs
	}
	if !d.header.show {
		return nil, nil
	}
	d.shown = p
	return p.show(&d.header), nil
}

// decode makes the new picture, and leaves the references alone.
func (d *Decoder) decode(frame []byte) (*picture, error) {
	h := d.header // the size stays if this frame turns out to be none
	data, err := h.tag(frame)
	if err != nil {
		return nil, err
	}
	if h.key {
		most := d.MaxPixels
		if most == 0 {
			most = DefaultMaxPixels
		}
		if h.width*h.height > most {
			return nil, ErrTooLarge
		}
	} else if d.NeedsKeyFrame() {
		return nil, ErrNeedKeyFrame
	}
	if h.firstPartition > len(data) {
		if !d.Tolerant {
			return nil, ErrTruncated
		}
		h.firstPartition = len(data)
	}
	var first boolDecoder
	first.init(data[:h.firstPartition])
	d.parseHeader(&h, &first)
	if err := d.splitPartitions(data[h.firstPartition:], h.partitions); err != nil {
		return nil, err
	}
	if h.key {
		d.resize(&h)
	}
	d.header = h
	p := d.pool.get(d.cols, d.rows, &d.refs, d.shown)
	if !d.decodeRows(&h, &first, p) && !d.Tolerant {
		return nil, ErrTruncated
	}
	return p, nil
}

// resize makes buffers for pictures of another size.
func (d *Decoder) resize(h *frameHeader) {
	if d.size.width == h.width && d.size.height == h.height {
		return
	}
	d.size.width, d.size.height = h.width, h.height
	d.cols, d.rows = (h.width+15)/16, (h.height+15)/16
	d.pool = pool{} // the picture shown last lives on by its own pointer
	d.refs = [references]*picture{}
	d.contexts = newModeContexts(d.cols)
	d.nonZeroAbove = make([]nonZero, d.cols)
	d.filters = [2][]macroblockFilter{make([]macroblockFilter, d.cols), make([]macroblockFilter, d.cols)}
	d.segmentMap = make([]uint8, d.cols*d.rows)
}

// splitPartitions finds the partitions of tokens (RFC 6386 §9.5). All but the
// last have a size of three bytes in front.
func (d *Decoder) splitPartitions(data []byte, n int) error {
	sizes := data
	if 3*(n-1) > len(data) {
		if !d.Tolerant {
			return ErrTruncated
		}
		sizes, data = make([]byte, 3*n), nil
	} else {
		data = data[3*(n-1):]
	}
	for i := range n {
		size := len(data)
		if i < n-1 {
			size = int(sizes[3*i]) | int(sizes[3*i+1])<<8 | int(sizes[3*i+2])<<16
		}
		if size > len(data) {
			if !d.Tolerant {
				return ErrTruncated
			}
			size = len(data)
		}
		d.tokens[i].init(data[:size])
		data = data[size:]
	}
	return nil
}

// decodeRows decodes all macroblocks, and tells if the data was enough. The
// loop filter is one row late: intra prediction needs the row above as it was
// before (RFC 6386 §15).
func (d *Decoder) decodeRows(h *frameHeader, first *boolDecoder, p *picture) bool {
	d.prepareFrame(h)
	for row := range d.rows {
		tokens := &d.tokens[row&(h.partitions-1)]
		d.decodeRow(h, first, tokens, p, row)
		if first.overrun() || tokens.overrun() {
			if !d.Tolerant {
				return false
			}
		}
		if h.filterLevel != 0 && row > 0 {
			d.filterRow(h, p, row-1)
		}
	}
	if h.filterLevel != 0 {
		d.filterRow(h, p, d.rows-1)
	}
	return true
}

// prepareFrame sets up what depends on the header only.
func (d *Decoder) prepareFrame(h *frameHeader) {
	d.contexts.beginFrame()
	clear(d.nonZeroAbove)
	if h.key && !d.segmentation.updateMap {
		clear(d.segmentMap)
	}
	for i := range d.factors {
		index := h.quant.yAC
		if d.segmentation.enabled {
			if d.segmentation.absolute {
				index = d.segmentation.quantizer[i]
			} else {
				index += d.segmentation.quantizer[i]
			}
		}
		d.factors[i] = h.quant.factors(index)
	}
	if h.filterLevel != 0 {
		d.prepareFilter(h)
	}
}

// decodeRow decodes one row of macroblocks.
func (d *Decoder) decodeRow(h *frameHeader, first, tokens *boolDecoder, p *picture, row int) {
	d.contexts.beginRow()
	d.nonZeroLeft = nonZero{}
	for col := range d.cols {
		d.parseMacroblock(h, first, col, row)
		segment := uint8(0)
		if d.segmentation.enabled {
			segment = d.segmentMap[row*d.cols+col]
		}
		coded := false
		if d.mb.skip {
			d.skipResidual(&d.nonZeroAbove[col], &d.nonZeroLeft)
		} else {
			coded = d.residual(tokens, &d.nonZeroAbove[col], &d.nonZeroLeft, &d.factors[segment&3])
		}
		d.reconstruct(h, p, col, row, coded)
		d.filters[row&1][col] = d.filterOf(segment, coded)
	}
	p.extendRow(d.cols, row)
}
