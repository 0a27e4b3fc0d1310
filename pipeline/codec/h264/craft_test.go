package h264

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/rivero-media/rivero/internal/fftest"
)

// bitWriter writes an RBSP.
type bitWriter struct {
	data []byte
	n    int // bits
}

func (w *bitWriter) bits(v uint32, n int) {
	for i := n - 1; i >= 0; i-- {
		if w.n&7 == 0 {
			w.data = append(w.data, 0)
		}
		w.data[w.n>>3] |= byte(v>>i&1) << (7 - w.n&7)
		w.n++
	}
}

func (w *bitWriter) ue(v uint32) {
	n := 0
	for (v+1)>>(n+1) != 0 {
		n++
	}
	w.bits(0, n)
	w.bits(v+1, n+1)
}

func (w *bitWriter) se(v int32) {
	if v > 0 {
		w.ue(uint32(2*v - 1))
	} else {
		w.ue(uint32(-2 * v))
	}
}

// align writes bits up to the next byte.
func (w *bitWriter) align(bit uint32) {
	for w.n&7 != 0 {
		w.bits(bit, 1)
	}
}

// nalUnit ends an RBSP and makes it a NAL unit.
func (w *bitWriter) nalUnit(header byte) []byte {
	w.bits(1, 1)
	w.align(0)
	unit := []byte{header}
	zeros := 0
	for _, b := range w.data {
		if zeros >= 2 && b <= 3 {
			unit, zeros = append(unit, 3), 0
		}
		unit = append(unit, b)
		if zeros++; b != 0 {
			zeros = 0
		}
	}
	return unit
}

// craftSets makes parameter sets for pictures of cols x rows macroblocks without reordering.
func craftSets(cols, rows uint32, cabac uint32) (sps, pps []byte) {
	var s, p bitWriter
	s.bits(profileMain, 8)
	s.bits(0, 8)
	s.bits(30, 8)
	s.ue(0) // seq_parameter_set_id
	s.ue(0) // log2_max_frame_num_minus4
	s.ue(2) // pic_order_cnt_type
	s.ue(1) // max_num_ref_frames
	s.bits(0, 1)
	s.ue(cols - 1)
	s.ue(rows - 1)
	s.bits(0b1100, 4) // frame_mbs_only_flag, direct_8x8_inference_flag, no cropping, no VUI
	p.ue(0)
	p.ue(0)
	p.bits(cabac, 1)
	p.bits(0, 1)
	p.ue(0) // num_slice_groups_minus1
	p.ue(0)
	p.ue(0)
	p.bits(0, 3) // no weighted prediction
	p.se(0)
	p.se(0)
	p.se(0)
	p.bits(0, 3)
	return s.nalUnit(0x67), p.nalUnit(0x68)
}

// craftSliceHeader begins the slice of an IDR picture.
func craftSliceHeader() *bitWriter {
	w := &bitWriter{}
	w.ue(0) // first_mb_in_slice
	w.ue(7) // I
	w.ue(0)
	w.bits(0, 4) // frame_num
	w.ue(0)      // idr_pic_id
	w.bits(0, 2) // dec_ref_pic_marking
	w.se(0)      // slice_qp_delta
	return w
}

// cabacWriter is the encoding engine (9.3.4.2).
type cabacWriter struct {
	*bitWriter
	low, width, outstanding uint32
	first                   bool
	states                  [16]uint8
}

func newCABACWriter(w *bitWriter, qp int) *cabacWriter {
	c := &cabacWriter{bitWriter: w}
	for i := range 11 {
		c.states[i] = initialState(contextInit[0][i], qp)
	}
	c.restart()
	return c
}

func (c *cabacWriter) restart() { c.low, c.width, c.outstanding, c.first = 0, 510, 0, true }

func (c *cabacWriter) put(bit uint32) {
	if c.first {
		c.first = false
	} else {
		c.bits(bit, 1)
	}
	for ; c.outstanding > 0; c.outstanding-- {
		c.bits(bit^1, 1)
	}
}

func (c *cabacWriter) renormalise() {
	for ; c.width < 256; c.width, c.low = c.width<<1, c.low<<1 {
		switch {
		case c.low < 256:
			c.put(0)
		case c.low >= 512:
			c.low -= 512
			c.put(1)
		default:
			c.low -= 256
			c.outstanding++
		}
	}
}

func (c *cabacWriter) bin(context int, v uint8) {
	s := c.states[context]
	lps := uint32(rangeLPS[s>>1][c.width>>6&3])
	c.width -= lps
	if v == s&1 {
		c.states[context] = nextStates[128+int(s)]
	} else {
		c.low += c.width
		c.width = lps
		c.states[context] = nextStates[s]
	}
	c.renormalise()
}

// terminate writes end_of_slice_flag or the bin of I_PCM. After 1 the last bit is that of the end of the slice.
func (c *cabacWriter) terminate(v bool) {
	c.width -= 2
	if v {
		c.low += c.width
		c.width = 2
		c.renormalise()
		c.put(c.low >> 9 & 1)
		c.bits(c.low>>7&3|1, 2)
		return
	}
	c.renormalise()
}

// TestPCM decodes macroblocks of I_PCM, which libx264 does not make, with both entropy coders.
func TestPCM(t *testing.T) {
	const cols, rows = 3, 2
	random := rand.New(rand.NewPCG(1, 2))
	samples := func(w *bitWriter) {
		for range 384 {
			w.bits(random.Uint32()&255, 8)
		}
	}
	for name, cabac := range map[string]uint32{"CAVLC": 0, "CABAC": 1} {
		t.Run(name, func(t *testing.T) {
			fftest.Need(t)
			sps, pps := craftSets(cols, rows, cabac)
			w := craftSliceHeader()
			var slice []byte
			if cabac == 0 {
				for range cols * rows {
					w.ue(typePCM)
					w.align(0)
					samples(w)
				}
				slice = w.nalUnit(0x65)
			} else {
				w.align(1)
				c := newCABACWriter(w, 26)
				for i := range cols * rows {
					c.bin(ctxTypeI+is(i%cols > 0)+is(i >= cols), 1)
					c.terminate(true)
					w.align(0)
					samples(w)
					c.restart()
					c.terminate(i == cols*rows-1)
				}
				// The stop bit was written by the last terminate.
				w.n--
				w.data[w.n>>3] &^= 1 << (7 - w.n&7)
				slice = w.nalUnit(0x65)
			}
			var stream, unit []byte
			for _, n := range [][]byte{sps, pps, slice} {
				stream = append(append(stream, 0, 0, 0, 1), n...)
				unit = append(binary.BigEndian.AppendUint32(unit, uint32(len(n))), n...)
			}
			path := filepath.Join(t.TempDir(), "pcm.h264")
			if err := os.WriteFile(path, stream, 0o666); err != nil {
				t.Fatal(err)
			}
			run(t, []string{"-i", path, "-pix_fmt", "yuv420p", "-f", "rawvideo", path + ".yuv"})
			compare(t, [][]byte{unit}, readFile(t, path+".yuv"), false)
		})
	}
}
