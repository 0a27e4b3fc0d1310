package recorder

import (
	"encoding/binary"
	"time"
)

// boxes is a buffer of ISO boxes (ISO/IEC 14496-12 §4.2): a size of 32 bits, a name of four letters, a body.
type boxes struct{ b []byte }

// box appends one whose body the function appends.
func (w *boxes) box(name string, body func()) {
	start := len(w.b)
	w.u32(0)
	w.b = append(w.b, name...)
	body()
	binary.BigEndian.PutUint32(w.b[start:], uint32(len(w.b)-start))
}

// full appends a box that begins with version and flags.
func (w *boxes) full(name string, version byte, flags uint32, body func()) {
	w.box(name, func() {
		w.u32(uint32(version)<<24 | flags)
		body()
	})
}

func (w *boxes) u8(v ...byte)  { w.b = append(w.b, v...) }
func (w *boxes) u16(v int)     { w.b = binary.BigEndian.AppendUint16(w.b, uint16(v)) }
func (w *boxes) u32(v uint32)  { w.b = binary.BigEndian.AppendUint32(w.b, v) }
func (w *boxes) u64(v int64)   { w.b = binary.BigEndian.AppendUint64(w.b, uint64(v)) }
func (w *boxes) zeros(n int)   { w.b = append(w.b, make([]byte, n)...) }
func (w *boxes) text(s string) { w.b = append(w.b, s...) }

// matrix is the one that leaves the picture as it is.
func (w *boxes) matrix() {
	for _, v := range []uint32{1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30} {
		w.u32(v)
	}
}

// macSeconds is a time as MP4 counts it: seconds since 1904.
func macSeconds(t time.Time) int64 {
	const until1970 = 2082844800
	if t.IsZero() {
		return 0
	}
	return t.Unix() + until1970
}

// put32 changes a number that was appended as 0.
func (w *boxes) put32(at int, v uint32) { binary.BigEndian.PutUint32(w.b[at:], v) }
