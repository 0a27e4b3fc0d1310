package vorbis

// repairFloors returns a setup header in which every floor of type 1 has a class.
// One without partitions has none (Vorbis I §7.2.2: the highest class number is
// -1 then); libvorbis makes such a floor for the low frequency channel of 5.1, and
// the library reads a class all the same. So it is given one. The reader stands
// behind the codebooks.
func repairFloors(h []byte, r *bitReader) ([]byte, error) {
	for range r.bits(6) + 1 { // time domain transforms, which are nothing
		r.bits(16)
	}
	var missing []int // where classes are to be put in, in bits
	for range r.bits(6) + 1 {
		switch r.bits(16) {
		case 0: // §6.2.1
			r.pos += 8 + 16 + 16 + 6 + 8
			r.pos += 8 * (r.bits(4) + 1)
		case 1:
			if at := skipFloor1(r); at > 0 {
				missing = append(missing, at)
			}
		default:
			return nil, errSetup
		}
		if r.overrun() {
			return nil, errSetup
		}
	}
	return insertClasses(h, missing), nil
}

// skipFloor1 passes over a floor of type 1 (§7.2.2) and returns where its class is
// missing, or 0.
func skipFloor1(r *bitReader) (missing int) {
	var classes, dimensions [16]int
	partitions := r.bits(5)
	highest := -1
	for range partitions {
		class := r.bits(4)
		highest = max(highest, class)
		classes[class]++
	}
	if partitions == 0 {
		missing = r.pos
	}
	for class := range highest + 1 {
		dimensions[class] = r.bits(3) + 1
		subclasses := r.bits(2)
		if subclasses > 0 {
			r.bits(8)
		}
		r.pos += 8 << subclasses
	}
	r.bits(2) // multiplier
	width := r.bits(4)
	for class, n := range classes {
		r.pos += n * dimensions[class] * width
	}
	return missing
}

// classBits is the smallest class: one dimension, no subclass, no book. All zeros.
const classBits = 3 + 2 + 8

// insertClasses copies a header with zeros put in at these places, counted from
// behind its first seven bytes.
func insertClasses(h []byte, places []int) []byte {
	if places == nil {
		return h
	}
	const magic = 7
	from := bitReader{data: h[magic:]}
	out := make([]byte, len(h)+(len(places)*classBits+7)/8)
	copy(out, h[:magic])
	to := 8 * magic
	for from.pos < 8*len(from.data) {
		if len(places) > 0 && from.pos == places[0] {
			to += classBits
			places = places[1:]
		}
		out[to>>3] |= byte(from.bits(1) << (to & 7))
		to++
	}
	return out
}
