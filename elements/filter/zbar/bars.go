package zbar

import (
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/oned"
	"github.com/makiuchi-d/gozxing/oned/rss"

	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// symbology is a kind of bar code.
type symbology struct {
	kind   string // as ZBar names it
	reader rowReader
}

// rowReader is what all of gozxing's readers of bar codes are.
type rowReader interface {
	oned.RowDecoder
	Reset() // forgets the rows before, of which DataBar is put together
}

// barReader reads bar codes along lines in a picture: rows and columns, as ZBar does, and diagonals. A code is read that some
// lines go through from its first bar to its last.
type barReader struct {
	symbologies []symbology
	line        line
	found       map[code]int // in how many lines
}

func newBarReader() *barReader {
	r := &barReader{found: map[code]int{}}
	for _, s := range []struct {
		kind   string
		reader gozxing.Reader
	}{
		{"EAN-13", oned.NewEAN13Reader()}, {"EAN-8", oned.NewEAN8Reader()}, {"UPC-E", oned.NewUPCEReader()},
		{"CODE-128", oned.NewCode128Reader()}, {"CODE-93", oned.NewCode93Reader()}, {"CODE-39", oned.NewCode39Reader()},
		{"I2/5", oned.NewITFReader()}, {"Codabar", oned.NewCodaBarReader()}, {"DataBar", rss.NewRSS14Reader()},
	} {
		reader, ok := s.reader.(rowReader)
		if !ok {
			panic("zbar: gozxing's reader of " + s.kind + " reads no rows")
		}
		r.symbologies = append(r.symbologies, symbology{s.kind, reader})
	}
	return r
}

const (
	// linesAcross is how many lines are read of a picture in each direction.
	linesAcross = 40
	// enoughLines is how many of them have to say the same: some codes have no sum to check.
	enoughLines = 2
)

var barHints = map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_RETURN_CODABAR_START_END: true}

// read appends the bar codes in a picture, read along its rows and columns or along its diagonals.
func (r *barReader) read(codes []code, p *i420.Picture, diagonals bool) []code {
	clear(r.found)
	for _, s := range r.symbologies {
		s.reader.Reset()
	}
	w, h := p.Width, p.Height
	if !diagonals {
		codes = r.along(codes, p, h, func(y int) (x0, y0, dx, dy int) { return 0, y, 1, 0 })
		return r.along(codes, p, w, func(x int) (x0, y0, dx, dy int) { return x, 0, 0, 1 })
	}
	codes = r.along(codes, p, w+h-1, func(at int) (x0, y0, dx, dy int) { return max(0, at-h+1), max(0, h-1-at), 1, 1 })
	return r.along(codes, p, w+h-1, func(at int) (x0, y0, dx, dy int) { return min(at, w-1), max(0, at-w+1), -1, 1 })
}

// along reads some of n lines in one direction. start is where a line begins, and in what steps it goes.
func (r *barReader) along(codes []code, p *i420.Picture, n int, start func(at int) (x0, y0, dx, dy int)) []code {
	for i := range linesAcross {
		at := (2*i + 1) * n / (2 * linesAcross)
		x, y, dx, dy := start(at)
		length := max(p.Width, p.Height)
		switch {
		case dx > 0:
			length = p.Width - x
		case dx < 0:
			length = x + 1
		}
		if dy > 0 {
			length = min(length, p.Height-y)
		}
		r.line.set(p.Y[y*p.YStride+x:], dy*p.YStride+dx, length)
		codes = r.decode(codes, at)
	}
	return codes
}

// decode reads the line in both directions.
func (r *barReader) decode(codes []code, number int) []code {
	if !r.line.mayBeCode() {
		return codes
	}
	for range 2 {
		for _, s := range r.symbologies {
			result, err := s.reader.DecodeRow(number, r.line.bits, barHints)
			if err != nil {
				continue // gozxing has errors for what is not there
			}
			c := asZBar(s.kind, result.GetText())
			r.found[c]++
			if r.found[c] == enoughLines {
				codes = add(codes, c)
			}
		}
		r.line.bits.Reverse()
	}
	return codes
}

// asZBar is what ZBar says, which has no short numbers when it is not asked for them, and names the item that DataBar identifies.
func asZBar(kind, text string) code {
	switch kind {
	case "UPC-E":
		return code{"EAN-13", expandUPCE(text)}
	case "DataBar":
		return code{kind, "01" + text}
	}
	return code{kind, text}
}

// expandUPCE is the number of EAN-13 that a number of UPC-E is short for (GS1 General Specifications §5.2.2.4.2), which ZBar
// tells in its place. It has its digit for the number system and its check digit.
func expandUPCE(short string) string {
	d, check := short[1:7], short[7:]
	var long string
	switch d[5] {
	case '0', '1', '2':
		long = d[:2] + d[5:] + "0000" + d[2:5]
	case '3':
		long = d[:3] + "00000" + d[3:5]
	case '4':
		long = d[:4] + "00000" + d[4:5]
	default:
		long = d[:5] + "0000" + d[5:]
	}
	return "0" + short[:1] + long + check
}
