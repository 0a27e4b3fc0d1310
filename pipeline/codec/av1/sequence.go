package av1

import (
	"errors"

	"github.com/rivero-media/rivero/pipeline/codec/bits"
)

// ErrSequence is returned for a sequence header that is cut or contradicts itself.
var ErrSequence = errors.New("invalid AV1 sequence header")

// Sequence is what containers want to know of a sequence header (specification §5.5).
type Sequence struct {
	Profile, Level       uint8
	HighTier             bool
	HighBitDepth         bool
	TwelveBit            bool
	Monochrome           bool
	SubsamplingX         bool
	SubsamplingY         bool
	ChromaSamplePosition uint8
	Width, Height        int // the largest that a frame of the sequence can have
}

// FindSequence returns the sequence header OBU of a temporal unit, and what is in it.
func FindSequence(unit []byte) (Sequence, OBU, error) {
	for len(unit) > 0 {
		obu, rest, err := NextOBU(unit)
		if err != nil {
			return Sequence{}, OBU{}, err
		}
		if obu.Type == SequenceHeaderOBU {
			s, err := ParseSequence(obu.Payload)
			return s, obu, err
		}
		unit = rest
	}
	return Sequence{}, OBU{}, ErrSequence
}

// Configuration returns the AV1CodecConfigurationRecord ("av1C") of ISO BMFF and Matroska, for
// a sequence header OBU and what was read from it.
func (s Sequence) Configuration(header OBU) []byte {
	bit := func(b bool, n int) byte {
		if b {
			return 1 << n
		}
		return 0
	}
	record := []byte{
		0x81, // marker, version 1
		s.Profile<<5 | s.Level,
		bit(s.HighTier, 7) | bit(s.HighBitDepth, 6) | bit(s.TwelveBit, 5) | bit(s.Monochrome, 4) |
			bit(s.SubsamplingX, 3) | bit(s.SubsamplingY, 2) | s.ChromaSamplePosition,
		0, // no initial_presentation_delay
	}
	return header.AppendTo(record)
}

// ParseSequence reads the payload of a sequence header OBU (specification §5.5.1).
func ParseSequence(payload []byte) (Sequence, error) {
	var s Sequence
	r := bits.NewReader(payload)
	s.Profile = uint8(r.Bits(3))
	r.Skip(1)     // still_picture
	if r.Flag() { // reduced_still_picture_header
		s.Level = uint8(r.Bits(5))
	} else {
		parseOperatingPoints(&r, &s)
	}
	widthBits, heightBits := int(r.Bits(4))+1, int(r.Bits(4))+1
	s.Width, s.Height = int(r.Bits(widthBits))+1, int(r.Bits(heightBits))+1
	if !reducedStill(payload) {
		skipTools(&r)
	} else {
		r.Skip(3) // use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter
	}
	r.Skip(3) // enable_superres, enable_cdef, enable_restoration
	parseColor(&r, &s)
	if r.Overrun() || s.Profile > 2 {
		return Sequence{}, ErrSequence
	}
	return s, nil
}

func reducedStill(payload []byte) bool { return len(payload) > 0 && payload[0]&0x08 != 0 }

// parseOperatingPoints reads from timing_info_present_flag to the last operating point; level and
// tier are those of the first, the whole stream.
func parseOperatingPoints(r *bits.Reader, s *Sequence) {
	decoderModel, delayBits := false, 0
	if r.Flag() { // timing_info_present_flag
		r.Skip(64)    // num_units_in_display_tick, time_scale
		if r.Flag() { // equal_picture_interval
			skipUVLC(r)
		}
		if decoderModel = r.Flag(); decoderModel {
			delayBits = int(r.Bits(5)) + 1
			r.Skip(32 + 5 + 5) // num_units_in_decoding_tick, two lengths
		}
	}
	displayDelay := r.Flag()
	points := int(r.Bits(5)) + 1
	for i := range points {
		r.Skip(12) // operating_point_idc
		level := uint8(r.Bits(5))
		tier := level > 7 && r.Flag()
		if decoderModel && r.Flag() {
			r.Skip(2*delayBits + 1)
		}
		if displayDelay && r.Flag() {
			r.Skip(4)
		}
		if i == 0 {
			s.Level, s.HighTier = level, tier
		}
	}
}

// skipUVLC passes over a number in uvlc() (specification §4.10.3).
func skipUVLC(r *bits.Reader) {
	zeros := 0
	for !r.Flag() {
		if zeros++; zeros >= 32 || r.Overrun() {
			return
		}
	}
	r.Skip(zeros)
}

// skipTools passes over the fields between the frame size and enable_superres.
func skipTools(r *bits.Reader) {
	if r.Flag() { // frame_id_numbers_present_flag
		r.Skip(4 + 3)
	}
	r.Skip(3 + 4) // superblock size, intra tools, compound and motion tools
	orderHint := r.Flag()
	if orderHint {
		r.Skip(2) // enable_jnt_comp, enable_ref_frame_mvs
	}
	screenContent := true // SELECT_SCREEN_CONTENT_TOOLS
	if !r.Flag() {        // seq_choose_screen_content_tools
		screenContent = r.Flag()
	}
	if screenContent && !r.Flag() { // seq_choose_integer_mv
		r.Skip(1)
	}
	if orderHint {
		r.Skip(3)
	}
}

// sRGB is the one combination of colour descriptions that implies 4:4:4
// (specification §5.5.2: CP_BT_709, TC_SRGB, MC_IDENTITY).
const sRGB = 1<<16 | 13<<8

// parseColor reads color_config() (specification §5.5.2).
func parseColor(r *bits.Reader, s *Sequence) {
	s.HighBitDepth = r.Flag()
	if s.Profile == 2 && s.HighBitDepth {
		s.TwelveBit = r.Flag()
	}
	if s.Profile != 1 {
		s.Monochrome = r.Flag()
	}
	var description uint32
	if r.Flag() { // color_description_present_flag
		description = r.Bits(24)
	}
	switch {
	case s.Monochrome:
		r.Skip(1) // color_range
		s.SubsamplingX, s.SubsamplingY = true, true
		return
	case description == sRGB:
		return
	}
	r.Skip(1) // color_range
	switch {
	case s.Profile == 0:
		s.SubsamplingX, s.SubsamplingY = true, true
	case s.Profile == 1:
	case s.TwelveBit:
		if s.SubsamplingX = r.Flag(); s.SubsamplingX {
			s.SubsamplingY = r.Flag()
		}
	default:
		s.SubsamplingX = true
	}
	if s.SubsamplingX && s.SubsamplingY {
		s.ChromaSamplePosition = uint8(r.Bits(2))
	}
}
