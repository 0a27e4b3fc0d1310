package mp4

import (
	"encoding/binary"
	"fmt"
	"sort"

	"github.com/rivero-media/rivero/elements/player/demux"
)

// table is the sample table of a track (§8.5 to §8.7), its lists as they are in the file. A film of two hours has half a
// million samples: to make a struct of each would take ten times the memory.
type table struct {
	stts, ctts, stsc, chunks, sync list
	sizes                          list
	size                           uint32 // of all samples; 0: see sizes
	count                          uint32 // of samples
	hasSync                        bool
}

// list is a list of entries of the same width, big endian.
type list struct {
	data  []byte
	width int // bits; of stz2 4, 8 or 16
	count uint32
}

// newList takes what follows an entry count; one that is longer than the box is an error.
func newList(f *fields, kind string, width int) (list, error) {
	l := list{data: f.data, width: width}
	if len(l.data) < 4 {
		return list{}, fmt.Errorf("%w: %s", demux.ErrFormat, kind)
	}
	l.count = binary.BigEndian.Uint32(l.data)
	l.data = l.data[4:]
	return l, l.check(kind)
}

func (l list) check(kind string) error {
	if uint64(len(l.data))*8 < uint64(l.count)*uint64(l.width) {
		return fmt.Errorf("%w: %s of %d entries in %d bytes", demux.ErrFormat, kind, l.count, len(l.data))
	}
	return nil
}

// word is the n-th number of 32 bits of an entry.
func (l list) word(entry uint32, n int) uint32 {
	return binary.BigEndian.Uint32(l.data[int(entry)*l.width/8+4*n:])
}

func (t *table) parse(kind string, f *fields) (err error) {
	f.full()
	switch kind {
	case "stts":
		t.stts, err = newList(f, kind, 64)
	case "ctts":
		t.ctts, err = newList(f, kind, 64)
	case "stsc":
		t.stsc, err = newList(f, kind, 96)
	case "stco":
		t.chunks, err = newList(f, kind, 32)
	case "co64":
		t.chunks, err = newList(f, kind, 64)
	case "stss":
		t.hasSync = true
		t.sync, err = newList(f, kind, 32)
	case "stsz":
		if t.size = f.u32(); t.size != 0 {
			t.count = f.u32()
			return nil
		}
		t.sizes, err = newList(f, kind, 32)
		t.count = t.sizes.count
	case "stz2":
		width := int(f.u32() & 0xff)
		if width != 4 && width != 8 && width != 16 {
			return fmt.Errorf("%w: stz2 of %d bits", demux.ErrFormat, width)
		}
		t.sizes, err = newList(f, kind, width)
		t.count = t.sizes.count
	}
	return err
}

// fixed is for samples that are not compressed: QuickTime says 1 for their size, whatever it is.
func (t *table) fixed(size uint32) {
	if t.sizes.count == 0 {
		t.size = size
	}
}

// maxFrames is how many compressed samples of one size there can be: days of sound.
const maxFrames = 1 << 22

// compressed bounds a table of samples of one size, of which nothing in the file proves that they are there.
func (t *table) compressed() {
	if t.sizes.count == 0 {
		t.count = min(t.count, maxFrames)
	}
}

func (t *table) sizeOf(sample uint32) uint32 {
	if t.sizes.count == 0 {
		return t.size
	}
	switch i := int(sample); t.sizes.width {
	case 4:
		return uint32(t.sizes.data[i/2] >> (4 * (1 - i&1)) & 0xf)
	case 8:
		return uint32(t.sizes.data[i])
	case 16:
		return uint32(binary.BigEndian.Uint16(t.sizes.data[2*i:]))
	}
	return t.sizes.word(sample, 0)
}

func (t *table) chunkOffset(chunk uint32) int64 {
	if t.chunks.width == 64 {
		return int64(binary.BigEndian.Uint64(t.chunks.data[8*int(chunk):]) &^ (1 << 63))
	}
	return int64(t.chunks.word(chunk, 0))
}

// isKey tells whether a sample is a sync sample (§8.6.2): all are where there is no list.
func (t *table) isKey(sample uint32) bool {
	if !t.hasSync {
		return true
	}
	i := t.keysUpTo(sample)
	return i > 0 && t.sync.word(uint32(i-1), 0) == sample+1
}

// keysUpTo is how many entries of the sync list are not after a sample.
func (t *table) keysUpTo(sample uint32) int {
	return sort.Search(int(t.sync.count), func(i int) bool { return t.sync.word(uint32(i), 0) > sample+1 })
}

// keyBefore is the last sync sample that is not after a sample, the first of all if there is none.
func (t *table) keyBefore(sample uint32) uint32 {
	if !t.hasSync {
		return sample
	}
	if i := t.keysUpTo(sample); i > 0 {
		return max(t.sync.word(uint32(i-1), 0), 1) - 1
	}
	return 0
}

// at finds the last sample whose decode time is not after t.
func (t *table) at(time int64) uint32 {
	var sample uint32
	var dts int64
	for i := range t.stts.count {
		count, delta := t.stts.word(i, 0), int64(t.stts.word(i, 1))
		length := int64(count) * delta
		if time < dts+length || i == t.stts.count-1 {
			if delta > 0 && time > dts {
				sample += uint32(min((time-dts)/delta, int64(max(count, 1)-1)))
			}
			break
		}
		sample, dts = sample+count, dts+length
	}
	return min(sample, max(t.count, 1)-1)
}

// duration is the sum of all decode times.
func (t *table) duration() (sum int64) {
	for i := range t.stts.count {
		sum += int64(t.stts.word(i, 0)) * int64(t.stts.word(i, 1))
	}
	return sum
}
