package h264

import "fmt"

// Types of slices (Table 7-6), modulo 5.
type sliceType uint8

const (
	sliceP sliceType = iota
	sliceB
	sliceI
)

// maxOperations bounds the commands of a slice header, of which conforming streams have at most two for each reference.
const maxOperations = 66

// sliceHeader is the header of one slice (7.3.3). It is reused: no part of it is allocated anew.
type sliceHeader struct {
	firstMB  int
	kind     sliceType
	ppsID    int
	frameNum int
	idr      bool
	idrID    uint32
	refIDC   int
	pocLSB   int
	deltaPOC [2]int32 // delta_pic_order_cnt_bottom is the second one when the type is 0

	directSpatial bool
	refs          [2]int // entries of each list
	changes       [2][]listChange
	weights       weightTable
	marking       marking
	cabacInit     int // cabac_init_idc + 1; 0 for I
	qp            int
	filter        filterParams
	redundant     bool
}

// listChange is one command of ref_pic_list_modification (7.3.3.1).
type listChange struct {
	op    uint32 // modification_of_pic_nums_idc
	value uint32
}

// weight is one row of pred_weight_table: factor and offset.
type weight struct{ factor, offset int32 }

// weightTable is pred_weight_table (7.3.3.2).
type weightTable struct {
	present            bool
	lumaLog, chromaLog uint32
	of                 [2][maxRefs][3]weight // by list and reference; Y, Cb, Cr
}

// marking is dec_ref_pic_marking (7.3.3.3).
type marking struct {
	longTerm bool // long_term_reference_flag, of an IDR picture
	adaptive bool
	commands []markingCommand
}

type markingCommand struct {
	op   uint32 // memory_management_control_operation
	a, b uint32
}

// parse reads the header of a slice that belongs to the sets, up to slice_data.
func (h *sliceHeader) parse(r *bitReader, n *nal, d *Decoder) error {
	first, kind, id := r.ue(), r.ue(), r.ue()
	pps, sps, err := d.sets(id)
	if err != nil {
		return err
	}
	switch kind %= 5; {
	case kind > 2:
		return fmt.Errorf("%w: slice_type %d, switching slices", ErrUnsupported, kind)
	case first >= uint32(sps.cols*sps.rows):
		return fmt.Errorf("%w: first_mb_in_slice %d", ErrSyntax, first)
	}
	h.firstMB, h.kind, h.ppsID = int(first), sliceType(kind), int(id)
	h.idr, h.refIDC = n.kind == nalIDR, n.refIDC
	h.frameNum = int(r.bits(sps.frameNumBits))
	if !sps.frameMBsOnly {
		if r.flag() {
			return fmt.Errorf("%w: field_pic_flag 1, interlaced", ErrUnsupported)
		}
		if sps.mbaff {
			return fmt.Errorf("%w: mb_adaptive_frame_field_flag 1, interlaced", ErrUnsupported)
		}
	}
	if h.idr {
		h.idrID = r.ue()
	}
	h.parsePOC(r, sps, pps)
	h.redundant = pps.redundantCount && r.ue() != 0
	if h.kind == sliceB {
		h.directSpatial = r.flag()
	}
	if err := h.parseRefs(r, pps); err != nil {
		return err
	}
	h.weights.present = h.kind == sliceP && pps.weighted || h.kind == sliceB && pps.bipred == 1
	if h.weights.present {
		if err := h.weights.parse(r, h.refs, sps.monochrome); err != nil {
			return err
		}
	}
	if h.refIDC != 0 {
		if err := h.marking.parse(r, h.idr); err != nil {
			return err
		}
	}
	return h.parseQuantizer(r, pps)
}

// parsePOC reads what the picture order count is made of.
func (h *sliceHeader) parsePOC(r *bitReader, sps *sps, pps *pps) {
	h.pocLSB, h.deltaPOC = 0, [2]int32{}
	switch {
	case sps.pocType == 0:
		h.pocLSB = int(r.bits(sps.pocLSBBits))
		if pps.bottomPOC {
			h.deltaPOC[1] = r.se()
		}
	case sps.pocType == 1 && !sps.deltaPOCAlwaysZero:
		h.deltaPOC[0] = r.se()
		if pps.bottomPOC {
			h.deltaPOC[1] = r.se()
		}
	}
}

// parseRefs reads the lengths of the lists and the changes of their order.
func (h *sliceHeader) parseRefs(r *bitReader, pps *pps) error {
	h.refs = [2]int{}
	lists := h.lists()
	if lists == 0 {
		return nil
	}
	copy(h.refs[:lists], pps.refs[:])
	if r.flag() { // num_ref_idx_active_override_flag
		for i := range lists {
			n := r.ue()
			if n >= maxRefs {
				return fmt.Errorf("%w: num_ref_idx_l%d_active_minus1 %d", ErrSyntax, i, n)
			}
			h.refs[i] = int(n) + 1
		}
	}
	for i := range lists {
		h.changes[i] = h.changes[i][:0]
		if !r.flag() { // ref_pic_list_modification_flag
			continue
		}
		for {
			op := r.ue()
			if op == 3 {
				break
			}
			if op > 3 || len(h.changes[i]) == maxOperations {
				return fmt.Errorf("%w: modification_of_pic_nums_idc %d", ErrSyntax, op)
			}
			h.changes[i] = append(h.changes[i], listChange{op, r.ue()})
		}
	}
	return nil
}

// lists is how many reference lists the slice has.
func (h *sliceHeader) lists() int {
	switch h.kind {
	case sliceP:
		return 1
	case sliceB:
		return 2
	}
	return 0
}

// parse reads pred_weight_table.
func (w *weightTable) parse(r *bitReader, refs [2]int, monochrome bool) error {
	w.lumaLog = r.ue()
	w.chromaLog = 0
	if !monochrome {
		w.chromaLog = r.ue()
	}
	if w.lumaLog > 7 || w.chromaLog > 7 {
		return fmt.Errorf("%w: weight denominators %d and %d", ErrSyntax, w.lumaLog, w.chromaLog)
	}
	valid := true
	read := func() weight {
		v := weight{r.se(), r.se()}
		valid = valid && v.factor >= -128 && v.factor <= 127 && v.offset >= -128 && v.offset <= 127
		return v
	}
	for list, n := range refs {
		for i := range n {
			of := &w.of[list][i]
			*of = [3]weight{{factor: 1 << w.lumaLog}, {factor: 1 << w.chromaLog}, {factor: 1 << w.chromaLog}}
			if r.flag() { // luma_weight_flag
				of[0] = read()
			}
			if !monochrome && r.flag() { // chroma_weight_flag
				of[1], of[2] = read(), read()
			}
		}
	}
	if !valid {
		return fmt.Errorf("%w: weight outside of -128 to 127", ErrSyntax)
	}
	return nil
}

// parse reads dec_ref_pic_marking.
func (m *marking) parse(r *bitReader, idr bool) error {
	m.longTerm, m.adaptive, m.commands = false, false, m.commands[:0]
	if idr {
		r.flag() // no_output_of_prior_pics_flag: what was decoded right is shown
		m.longTerm = r.flag()
		return nil
	}
	if m.adaptive = r.flag(); !m.adaptive {
		return nil
	}
	for {
		c := markingCommand{op: r.ue()}
		switch c.op {
		case 0:
			return nil
		case 1, 2, 4, 6:
			c.a = r.ue()
		case 3:
			c.a, c.b = r.ue(), r.ue()
		case 5:
		default:
			return fmt.Errorf("%w: memory_management_control_operation %d", ErrSyntax, c.op)
		}
		if len(m.commands) == maxOperations {
			return fmt.Errorf("%w: more than %d memory management commands", ErrSyntax, maxOperations)
		}
		m.commands = append(m.commands, c)
	}
}

// parseQuantizer reads the rest: the entropy coder's table, the quantizer, the deblocking filter.
func (h *sliceHeader) parseQuantizer(r *bitReader, pps *pps) error {
	h.cabacInit = 0
	if pps.cabac && h.kind != sliceI {
		v := r.ue()
		if v > 2 {
			return fmt.Errorf("%w: cabac_init_idc %d", ErrSyntax, v)
		}
		h.cabacInit = int(v) + 1
	}
	delta := r.se()
	if delta < -maxQP || delta > maxQP || pps.qp+int(delta) < 0 || pps.qp+int(delta) > maxQP {
		return fmt.Errorf("%w: slice_qp_delta %d", ErrSyntax, delta)
	}
	h.qp = pps.qp + int(delta)
	h.filter = filterParams{chromaOffset: pps.chromaOffset}
	if pps.deblockingControl {
		v := r.ue()
		if v > 2 {
			return fmt.Errorf("%w: disable_deblocking_filter_idc %d", ErrSyntax, v)
		}
		h.filter.off, h.filter.sliceOnly = v == 1, v == 2
		if v != 1 {
			a, b := r.se(), r.se()
			if a < -6 || a > 6 || b < -6 || b > 6 {
				return fmt.Errorf("%w: offsets %d and %d of the deblocking filter", ErrSyntax, a, b)
			}
			h.filter.alpha, h.filter.beta = int(2*a), int(2*b)
		}
	}
	if r.overrun() {
		return fmt.Errorf("%w: slice header", ErrTruncated)
	}
	return nil
}
