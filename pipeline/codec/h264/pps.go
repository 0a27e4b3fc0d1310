package h264

import "fmt"

const (
	maxPPS  = 256 // bounds pic_parameter_set_id
	maxRefs = 32  // bounds the entries of a reference list; frames have up to 16 of them
)

// pps is a picture parameter set (7.3.2.2).
type pps struct {
	spsID             int
	cabac             bool
	bottomPOC         bool   // bottom_field_pic_order_in_frame_present_flag
	refs              [2]int // num_ref_idx_l0_default_active_minus1 + 1, and of l1
	weighted          bool   // weighted_pred_flag
	bipred            int    // weighted_bipred_idc
	qp                int    // 26 + pic_init_qp_minus26
	chromaOffset      [2]int // of Cb and of Cr
	deblockingControl bool
	constrainedIntra  bool
	redundantCount    bool
	transform8x8      bool
	scaling           *bitReader // at the lists if pic_scaling_matrix_present_flag; what they fall back to is in the SPS
}

// parsePPS reads a set. rbsp has to stay as it is.
func parsePPS(rbsp []byte) (*pps, error) {
	r := newBitReader(rbsp)
	number, spsID := r.ue(), r.ue()
	if number >= maxPPS || spsID >= maxSPS {
		return nil, fmt.Errorf("%w: pic_parameter_set_id %d, seq_parameter_set_id %d", ErrSyntax, number, spsID)
	}
	p := &pps{spsID: int(spsID), cabac: r.flag(), bottomPOC: r.flag()}
	if groups := r.ue(); groups != 0 {
		return nil, fmt.Errorf("%w: num_slice_groups_minus1 %d, flexible macroblock order", ErrUnsupported, groups)
	}
	for i := range p.refs {
		n := r.ue()
		if n >= maxRefs {
			return nil, fmt.Errorf("%w: num_ref_idx_l%d_default_active_minus1 %d", ErrSyntax, i, n)
		}
		p.refs[i] = int(n) + 1
	}
	p.weighted, p.bipred = r.flag(), int(r.bits(2))
	p.qp = 26 + int(r.se())
	r.se() // pic_init_qs_minus26
	p.chromaOffset[0] = int(r.se())
	p.chromaOffset[1] = p.chromaOffset[0]
	p.deblockingControl, p.constrainedIntra, p.redundantCount = r.flag(), r.flag(), r.flag()
	if r.more() {
		p.transform8x8 = r.flag()
		if r.flag() {
			at := r
			p.scaling = &at
			var lists scalingLists // read once to find what follows
			lists.parse(&r, p.listCount(), &defaultLists)
		}
		p.chromaOffset[1] = int(r.se())
	}
	switch {
	case r.overrun():
		return nil, fmt.Errorf("%w: picture parameter set", ErrTruncated)
	case p.bipred > 2:
		return nil, fmt.Errorf("%w: weighted_bipred_idc %d", ErrSyntax, p.bipred)
	case p.qp < 0 || p.qp > maxQP:
		return nil, fmt.Errorf("%w: pic_init_qp_minus26 %d", ErrSyntax, p.qp-26)
	}
	for _, offset := range p.chromaOffset {
		if offset < -12 || offset > 12 {
			return nil, fmt.Errorf("%w: chroma_qp_index_offset %d", ErrSyntax, offset)
		}
	}
	return p, nil
}

// listCount is how many scaling lists the set may have.
func (p *pps) listCount() int {
	if p.transform8x8 {
		return listCount
	}
	return lists4x4
}

// lists are the scaling lists of pictures that use this set (7.4.2.2).
func (p *pps) lists(s *sps) scalingLists {
	lists := s.scaling
	if p.scaling == nil {
		return lists
	}
	fallback := &defaultLists
	if s.ownScaling {
		fallback = &s.scaling
	}
	r := *p.scaling
	lists.parse(&r, p.listCount(), fallback)
	return lists
}
