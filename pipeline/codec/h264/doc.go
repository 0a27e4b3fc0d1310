// Package h264 decodes H.264 video (ITU-T H.264, ISO/IEC 14496-10) in pure Go. It imports nothing but the standard library
// and may be used outside of Rivero.
//
// A [Decoder] takes access units as MP4 stores them and gives pictures in the order in which they are shown, bit by bit as
// the standard has them:
//
//	var d h264.Decoder
//	for i, unit := range units {
//		if err := d.Decode(unit, int64(i)); err != nil {
//			// Ask the sender for a key frame; what was shown last stays.
//		}
//		for f := d.Next(); f != nil; f = d.Next() {
//			show(f.Y, f.U, f.V, f.Tag) // before the next call
//		}
//	}
//	d.Drain() // and Next until it returns nil, for the last pictures
//
// It does progressive video of 8 bits in 4:2:0 and 4:0:0: the profiles Constrained Baseline, Main and High, and Baseline
// without flexible macroblock order and arbitrary slice order. Field pictures and MBAFF, 4:2:2 and 4:4:4, more than 8 bits,
// lossless coding and data partitioning are refused with an error that wraps [ErrUnsupported] and names the value.
//
// Whatever the bytes are, Decode neither panics nor uses more memory than Decoder.MaxPixels allows, and once the buffers are
// there it allocates nothing. A picture of which something is missing is not shown, nor what refers to it: losses are not
// concealed.
//
// Numbers in comments are clauses, tables and equations of the standard.
package h264
