// Package mp3 decodes MPEG-1 and MPEG-2 audio layer III with
// github.com/hajimehoshi/go-mp3, which trusts its input; this package passes over
// tags itself, so that their size is no matter, and makes errors of its panics.
package mp3

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/hajimehoshi/go-mp3"
)

// Channels is how many samples a frame has: mono comes out twice.
const Channels = 2

// Decoder decodes a stream of frames, which it finds in it by their sync words; the
// first frame tells the rate. One goroutine at a time may use it.
type Decoder struct {
	dec  *mp3.Decoder
	rate int
	raw  []byte
	err  error
}

// NewDecoder reads up to the end of the first frame. An ID3 tag at the beginning
// is passed over. Once the library has failed it is not asked again: the way on is
// a new decoder.
func NewDecoder(r io.Reader) (_ *Decoder, err error) {
	defer recovered(&err)
	buffered := bufio.NewReader(r)
	if err := skipTag(buffered); err != nil {
		return nil, err
	}
	// Behind an io.Reader that is nothing else, the library does not read the whole file first.
	dec, err := mp3.NewDecoder(struct{ io.Reader }{buffered})
	if err != nil {
		return nil, noEnd(err)
	}
	return &Decoder{dec: dec, rate: dec.SampleRate()}, nil
}

// SampleRate is in Hz.
func (d *Decoder) SampleRate() int { return d.rate }

// Read decodes into samples, as io.Reader does: some at least, or an error, which
// is io.EOF at the end. There are always whole frames of two channels.
func (d *Decoder) Read(samples []int16) (n int, err error) {
	if d.err != nil {
		return 0, d.err
	}
	samples = samples[:len(samples)/Channels*Channels]
	if len(samples) == 0 {
		return 0, io.ErrShortBuffer
	}
	if cap(d.raw) < 2*len(samples) {
		d.raw = make([]byte, 2*len(samples))
	}
	got, err := d.read(d.raw[:2*len(samples)])
	for i := range got / 2 {
		samples[i] = int16(uint16(d.raw[2*i]) | uint16(d.raw[2*i+1])<<8)
	}
	if got > 0 {
		d.err = err
		return got / 2, nil
	}
	d.err = err
	return 0, err
}

// read never panics. The library gives whole frames.
func (d *Decoder) read(raw []byte) (n int, err error) {
	defer recovered(&err)
	return d.dec.Read(raw)
}

// noEnd is what a stream with no frame at all is.
func noEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// skipTag passes over an ID3v2 tag (id3.org, ID3v2.4.0 structure §3.1), with its
// size in four times seven bits and a footer if the flag says so.
func skipTag(r *bufio.Reader) error {
	for {
		header, err := r.Peek(10)
		if err != nil || string(header[:3]) != "ID3" {
			return nil // whatever it is, the decoder will tell
		}
		size := 10
		for i, b := range header[6:10] {
			size += int(b&0x7f) << (21 - 7*i)
		}
		if header[5]&0x10 != 0 {
			size += 10
		}
		if _, err := r.Discard(size); err != nil {
			return noEnd(err)
		}
	}
}

// recovered makes an error of a panic inside the library.
func recovered(err *error) {
	if v := recover(); v != nil {
		*err = fmt.Errorf("mp3: broken data: %v", v)
	}
}
