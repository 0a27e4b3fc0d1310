package ogg

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/rivero-media/rivero/elements/player/demux"
)

const (
	pageHead = 27 // bytes, without the table of segments (RFC 3533 §6)
	maxJunk  = 1 << 20
	maxPage  = pageHead + 255 + 255*255

	flagContinued, flagFirst, flagLast = 1, 2, 4
)

// page is one page of any logical stream.
type page struct {
	at      int64 // in the file
	flags   byte
	granule int64 // at its end, -1: no packet ends on it
	serial  uint32
	sizes   []byte // of segments
	body    []byte
}

// readPage reads the next page and passes over what is none. At the end of the file the error is io.EOF.
func readPage(s *demux.Source, buf []byte) (p page, _ []byte, err error) {
	for junk := 0; junk < maxJunk; {
		head, err := s.Peek(pageHead)
		if len(head) < pageHead {
			if len(head) > 0 && errors.Is(err, io.EOF) {
				err = demux.Cut(err)
			}
			return page{}, buf, err
		}
		if string(head[:5]) == "OggS\x00" {
			p, buf, err = parsePage(s, buf)
			if err != errDamaged {
				return p, buf, err
			}
			head, _ = s.Peek(pageHead) // looking further may have moved it in the buffer
		}
		skip := 1 // to the next byte that may begin a page
		if i := bytes.IndexByte(head[1:], 'O'); i > 0 {
			skip += i
		} else if i < 0 {
			skip = pageHead
		}
		junk += skip
		if err := s.Skip(int64(skip)); err != nil {
			return page{}, buf, err
		}
	}
	return page{}, buf, fmt.Errorf("%w: no Ogg page in %d bytes", demux.ErrFormat, maxJunk)
}

var errDamaged = errors.New("damaged page")

// parsePage reads the page that begins here; a damaged one is left where it is.
func parsePage(s *demux.Source, buf []byte) (page, []byte, error) {
	head, _ := s.Peek(pageHead)
	segments := int(head[26])
	head, err := s.Peek(pageHead + segments)
	if err != nil {
		return page{}, buf, demux.Cut(err)
	}
	size := pageHead + segments
	for _, n := range head[pageHead:] {
		size += int(n)
	}
	whole, err := s.Peek(size)
	if err != nil {
		return page{}, buf, demux.Cut(err)
	}
	if checksum(whole) != binary.LittleEndian.Uint32(whole[22:]) {
		return page{}, buf, errDamaged
	}
	p := page{
		at: s.Pos(), flags: whole[5],
		granule: int64(binary.LittleEndian.Uint64(whole[6:])),
		serial:  binary.LittleEndian.Uint32(whole[14:]),
	}
	buf = append(buf[:0], whole[pageHead:]...)
	p.sizes, p.body = buf[:segments], buf[segments:]
	return p, buf, s.Skip(int64(size))
}

// table is that of a CRC with generator 0x04c11db7, not reflected.
var table = func() (t [256]uint32) {
	for i := range t {
		r := uint32(i) << 24
		for range 8 {
			if r&(1<<31) != 0 {
				r = r<<1 ^ 0x04c11db7
			} else {
				r <<= 1
			}
		}
		t[i] = r
	}
	return t
}()

// checksum is that of a page, in which the field for it counts as 0.
func checksum(p []byte) (crc uint32) {
	for i, c := range p {
		if i >= 22 && i < 26 {
			c = 0
		}
		crc = crc<<8 ^ table[byte(crc>>24)^c]
	}
	return crc
}
