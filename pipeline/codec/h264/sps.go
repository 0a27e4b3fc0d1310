package h264

import "fmt"

// Bounds of syntax elements (7.4.2.1).
const (
	maxSPS        = 32
	maxRefFrames  = 16
	maxPOCCycle   = 255
	maxMBs        = 1 << 20 // a bound for the arithmetic; the real one is Decoder.MaxPixels
	maxDPBMBs     = 184320  // MaxDpbMbs of level 5.2 (Table A-1)
	extendedSAR   = 255
	profileBase   = 66
	profileMain   = 77
	macroblock    = 16
	maxLog2Number = 16 // bits of frame_num and of pic_order_cnt_lsb
)

// sps is a sequence parameter set (7.3.2.1.1).
type sps struct {
	profile int // profile_idc

	monochrome bool // chroma_format_idc 0
	ownScaling bool // seq_scaling_matrix_present_flag
	scaling    scalingLists

	frameNumBits       int
	pocType            int
	pocLSBBits         int
	deltaPOCAlwaysZero bool
	offsetNonRef       int32
	offsetTopToBottom  int32
	pocCycle           int
	offsetRefFrame     [maxPOCCycle]int32
	refFrames          int // max_num_ref_frames
	gapsAllowed        bool
	cols, rows         int  // in macroblocks
	frameMBsOnly       bool // no field pictures and no MBAFF; without, pictures may still be frames
	mbaff              bool
	direct8x8          bool // direct_8x8_inference_flag
	cropLeft, cropTop  int  // in luma samples
	width, height      int  // after cropping
	restricted         bool // bitstream_restriction_flag
	reorderFrames      int  // max_num_reorder_frames, if restricted
	matrix             uint8
	fullRange          bool
}

// parseSPS reads a set. What cannot be decoded is an error that wraps ErrUnsupported.
func parseSPS(rbsp []byte) (*sps, error) {
	r := newBitReader(rbsp)
	s := &sps{profile: int(r.bits(8))}
	r.bits(16) // constraint flags, level_idc
	r.ue()     // seq_parameter_set_id
	s.scaling.setFlat()
	if err := s.parseFormat(&r); err != nil {
		return nil, err
	}
	if err := s.parseOrder(&r); err != nil {
		return nil, err
	}
	if err := s.parseSize(&r); err != nil {
		return nil, err
	}
	vui := r.flag() // vui_parameters_present_flag
	if r.overrun() {
		return nil, fmt.Errorf("%w: sequence parameter set", ErrTruncated)
	}
	if vui {
		s.parseVUI(&r)
		if r.overrun() { // some encoders cut it; nothing of it is needed
			s.restricted = false
		}
	}
	return s, nil
}

// hasFormat tells which profiles have chroma_format_idc and what follows it.
func hasFormat(profile int) bool {
	switch profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		return true
	}
	return false
}

// parseFormat reads the part that High profiles have, and refuses what is outside of 8 bits 4:2:0 and 4:0:0.
func (s *sps) parseFormat(r *bitReader) error {
	switch {
	case s.profile == profileBase, s.profile == profileMain:
		return nil
	case !hasFormat(s.profile):
		return fmt.Errorf("%w: profile_idc %d", ErrUnsupported, s.profile)
	}
	format := r.ue()
	if format > 1 {
		return fmt.Errorf("%w: chroma_format_idc %d", ErrUnsupported, format)
	}
	s.monochrome = format == 0
	luma, chroma := r.ue(), r.ue()
	if luma != 0 || chroma != 0 {
		return fmt.Errorf("%w: bit depth %d of luma, %d of chroma", ErrUnsupported, uint64(luma)+8, uint64(chroma)+8)
	}
	if r.flag() {
		return fmt.Errorf("%w: qpprime_y_zero_transform_bypass_flag 1, lossless", ErrUnsupported)
	}
	if s.ownScaling = r.flag(); s.ownScaling {
		s.scaling.parse(r, listCount, &defaultLists)
	}
	return nil
}

// parseOrder reads frame_num and the picture order count.
func (s *sps) parseOrder(r *bitReader) error {
	bits := r.ue()
	if bits > maxLog2Number-4 {
		return fmt.Errorf("%w: log2_max_frame_num_minus4 %d", ErrSyntax, bits)
	}
	s.frameNumBits = int(bits) + 4
	kind := r.ue()
	if kind > 2 {
		return fmt.Errorf("%w: pic_order_cnt_type %d", ErrSyntax, kind)
	}
	s.pocType = int(kind)
	switch kind {
	case 0:
		bits := r.ue()
		if bits > maxLog2Number-4 {
			return fmt.Errorf("%w: log2_max_pic_order_cnt_lsb_minus4 %d", ErrSyntax, bits)
		}
		s.pocLSBBits = int(bits) + 4
	case 1:
		s.deltaPOCAlwaysZero = r.flag()
		s.offsetNonRef, s.offsetTopToBottom = r.se(), r.se()
		n := r.ue()
		if n > maxPOCCycle {
			return fmt.Errorf("%w: num_ref_frames_in_pic_order_cnt_cycle %d", ErrSyntax, n)
		}
		s.pocCycle = int(n)
		for i := range s.pocCycle {
			s.offsetRefFrame[i] = r.se()
		}
	}
	n := r.ue()
	if n > maxRefFrames {
		return fmt.Errorf("%w: max_num_ref_frames %d", ErrSyntax, n)
	}
	s.refFrames = int(n)
	s.gapsAllowed = r.flag()
	return nil
}

// parseSize reads the size and the cropping.
func (s *sps) parseSize(r *bitReader) error {
	cols, rows := uint64(r.ue())+1, uint64(r.ue())+1
	s.frameMBsOnly = r.flag()
	if !s.frameMBsOnly {
		rows *= 2
		s.mbaff = r.flag()
	}
	if cols > maxMBs || rows > maxMBs || cols*rows > maxMBs {
		return fmt.Errorf("%w: %dx%d macroblocks", ErrTooLarge, cols, rows)
	}
	s.cols, s.rows = int(cols), int(rows)
	s.direct8x8 = r.flag()
	s.width, s.height = macroblock*s.cols, macroblock*s.rows
	if !r.flag() { // frame_cropping_flag
		return nil
	}
	left, right, top, bottom := uint64(r.ue()), uint64(r.ue()), uint64(r.ue()), uint64(r.ue())
	unitX, unitY := uint64(2), uint64(2) // CropUnitX, CropUnitY
	if s.monochrome {
		unitX, unitY = 1, 1
	}
	if !s.frameMBsOnly {
		unitY *= 2
	}
	if (left+right)*unitX >= uint64(s.width) || (top+bottom)*unitY >= uint64(s.height) {
		return fmt.Errorf("%w: cropping leaves nothing of %dx%d", ErrSyntax, s.width, s.height)
	}
	// The planes that are handed out have chroma, so that cropping begins at even samples in monochrome, too.
	s.cropLeft, s.cropTop = int(left*unitX)&^1, int(top*unitY)&^1
	s.width -= int((left + right) * unitX)
	s.height -= int((top + bottom) * unitY)
	return nil
}

// parseVUI reads what is used of the video usability information (E.1.1).
func (s *sps) parseVUI(r *bitReader) {
	if r.flag() && r.bits(8) == extendedSAR { // aspect_ratio_info
		r.bits(32)
	}
	if r.flag() { // overscan_info
		r.flag()
	}
	if r.flag() { // video_signal_type
		r.bits(3)
		s.fullRange = r.flag()
		if r.flag() {
			r.bits(16)
			s.matrix = uint8(r.bits(8))
		}
	}
	if r.flag() { // chroma_loc_info
		r.ue()
		r.ue()
	}
	if r.flag() { // timing_info
		r.bits(32)
		r.bits(32)
		r.flag()
	}
	nal, vcl := r.flag(), false
	if nal {
		skipHRD(r)
	}
	if vcl = r.flag(); vcl {
		skipHRD(r)
	}
	if nal || vcl {
		r.flag() // low_delay_hrd_flag
	}
	r.flag() // pic_struct_present_flag
	if s.restricted = r.flag(); !s.restricted {
		return
	}
	r.flag() // motion_vectors_over_pic_boundaries_flag
	for range 4 {
		r.ue()
	}
	s.reorderFrames = int(min(r.ue(), maxRefFrames))
	r.ue() // max_dec_frame_buffering
}

// skipHRD passes over hrd_parameters (E.1.2).
func skipHRD(r *bitReader) {
	count := r.ue() + 1
	r.bits(8)
	for i := uint32(0); i < count && i < 32; i++ {
		r.ue()
		r.ue()
		r.flag()
	}
	r.bits(20)
}

// maxFrames bounds how many pictures a stream of this size may keep: MaxDpbFrames of level 5.2 (A.3.1), since the level of
// many streams is wrong.
func (s *sps) maxFrames() int { return min(maxRefFrames, max(1, maxDPBMBs/(s.cols*s.rows))) }

// reorderDepth is how many pictures are held back for the order of output before anything is known of the stream. Where
// nothing in the set tells, it is 0 and grows when a picture turns out to be out of order, see output.go.
func (s *sps) reorderDepth() int {
	if s.pocType == 2 || s.profile == profileBase || !s.restricted { // 8.2.1.3: order of output is that of decoding
		return 0
	}
	return min(s.reorderFrames, s.maxFrames())
}
