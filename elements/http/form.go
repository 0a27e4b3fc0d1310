package http

import (
	"errors"
	"fmt"
	"io"
	"math"
	"mime/multipart"
	"strings"
)

// Limits on forms (RFC 7578).
const (
	maxParts    = 64
	maxPartHead = 16 << 10 // bytes of a part's header, with the line in front of it
	maxField    = 64 << 10 // bytes of a part that is no file
	maxTail     = 1 << 20  // bytes of a file, or a body, behind what is played of it
)

// form gives out the files of a form, in their order.
type form struct {
	from  *budget
	parts *multipart.Reader
	last  *multipart.Part
	n     int
}

func newForm(r io.Reader, boundary string) (*form, error) {
	if boundary == "" {
		return nil, errors.New("multipart/form-data without a boundary")
	}
	from := &budget{from: r}
	return &form{from: from, parts: multipart.NewReader(from, boundary)}, nil
}

// next is the next file, nil at the end. The one before cannot be read any more.
func (f *form) next() (*multipart.Part, error) {
	for ; f.n < maxParts; f.n++ {
		if f.last != nil {
			if err := discard(f.last, maxTail); err != nil {
				return nil, err
			}
		}
		f.from.left = maxPartHead
		part, err := f.parts.NextRawPart()
		f.from.left = math.MaxInt
		if err == io.EOF {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("part %d of the form: %w", f.n+1, err)
		}
		f.last = part
		if isFile(part) {
			f.n++
			return part, nil
		}
		if err := discard(part, maxField); err != nil {
			return nil, fmt.Errorf("field %.60q of the form: %w", part.FormName(), err)
		}
	}
	return nil, fmt.Errorf("a form of more than %d parts", maxParts)
}

// isFile tells files from the fields that a form may have beside them: a field has neither a file name nor a type other than
// text (RFC 7578 §4.2, §4.4).
func isFile(p *multipart.Part) bool {
	kind := p.Header.Get("Content-Type")
	return p.FileName() != "" || kind != "" && !strings.HasPrefix(strings.ToLower(kind), "text/")
}

func discard(r io.Reader, most int64) error {
	n, err := io.Copy(io.Discard, io.LimitReader(r, most+1))
	if err == nil && n > most {
		err = fmt.Errorf("more than %d bytes that are not played", most)
	}
	return err
}

// budget reads no more than is left. Package multipart says io.EOF both at the end of a form and where it is cut off; here it
// meets another error behind the last byte, and a line break before, which forms may leave out after the last boundary.
type budget struct {
	from  io.Reader
	left  int
	ended bool
}

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("a header of more than %d bytes", maxPartHead)
	}
	if b.ended {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := b.from.Read(p[:min(len(p), b.left)])
	if err == io.EOF && n == 0 {
		b.ended = true
		return copy(p, "\r\n"), nil
	}
	if b.left != math.MaxInt {
		b.left -= n
	}
	return n, err
}
