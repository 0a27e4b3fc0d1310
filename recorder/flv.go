package recorder

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

// FLV is the container of "Adobe Flash Video File Format Specification" 10.1.
func FLV() Container {
	return Container{Name: "FLV", Codecs: []string{media.H264, media.AAC}, New: func(w io.Writer, tracks []Track, date time.Time) (Writer, error) {
		return newFLV(w, tracks, date)
	}}
}

// flvWriter writes an FLV file tag by tag, some at a time. When it is complete, its duration is put into the header, and a
// target that is a file gets an index of the key frames too.
type flvWriter struct {
	w      io.Writer
	head   flvHead
	start  int64 // length of what is in front of the first frame
	offset int64 // bytes written so far, all of them whole tags
	err    error // of the target, the first one

	order   interleaver
	config  []byte // AVCDecoderConfigurationRecord that stands in the file last
	decoded int64  // ms: decoding time of the last picture
	out     []byte
	shown   []int64
}

func newFLV(w io.Writer, tracks []Track, date time.Time) (*flvWriter, error) {
	m := &flvWriter{w: w, head: flvHead{tracks: tracks, date: date}, order: newInterleaver(tracks), decoded: -1}
	m.write(m.head.appendTo(nil, 0))
	m.start = m.offset
	for _, t := range tracks {
		switch t.Format.Codec {
		case media.H264:
			m.out = m.configure(m.out, 0, t.Private)
		case media.AAC:
			m.out = appendTag(m.out, tagAudio, 0, []byte{flvAAC, 0}, t.Private)
		}
	}
	m.write(m.out)
	return m, m.err
}

// write hands whole tags to the target. After the first error, kept in m.err, it does nothing.
func (m *flvWriter) write(b []byte) {
	if m.err != nil {
		return
	}
	if _, err := m.w.Write(b); err != nil {
		m.err = writeError(err)
		return
	}
	m.offset += int64(len(b))
}

// flushTime is how many milliseconds are written at a time.
const flushTime = 500

func (m *flvWriter) WriteFrame(track int, pts time.Duration, key bool, data []byte) error {
	m.order.add(track, pts, key, data)
	ready := 0
	for ready < len(m.order.blocks) && (m.order.full() || m.order.complete(m.order.blocks[ready].at)) {
		ready++
	}
	if ready > 0 && (m.order.full() || m.order.blocks[ready-1].at-m.order.blocks[0].at >= flushTime) {
		m.flush(ready)
	}
	return m.err
}

// flush writes the first blocks.
func (m *flvWriter) flush(count int) {
	blocks := m.order.blocks[:count]
	m.shown = m.shown[:0]
	for _, b := range blocks {
		if m.isVideo(b) {
			m.shown = append(m.shown, b.at)
		}
	}
	decode := decodeTimes(m.shown, m.decoded)
	if len(decode) > 0 {
		m.decoded = decode[len(decode)-1]
	}
	m.out = m.out[:0]
	for _, b := range blocks {
		if m.isVideo(b) {
			m.picture(b, decode[0])
			decode = decode[1:]
		} else {
			m.out = appendTag(m.out, tagAudio, b.at, []byte{flvAAC, 1}, m.order.bytes(b))
		}
	}
	m.write(m.out)
	m.order.drop(count)
}

func (m *flvWriter) isVideo(b block) bool {
	return m.order.tracks[b.track].Format.Kind == media.Video
}

// picture appends the tag of a picture, and of another configuration if its source or size has changed.
func (m *flvWriter) picture(b block, decode int64) {
	frame := m.order.bytes(b)
	flags := byte(flvInter)
	if b.key {
		flags = flvKey
		if c, err := parseH264(frame); err == nil && !bytes.Equal(c.record, m.config) {
			m.out = m.configure(m.out, decode, c.record)
		}
		m.head.keys = append(m.head.keys, flvKeyFrame{decode, m.offset + int64(len(m.out))})
	}
	offset := b.at - decode // 24 bits with a sign
	m.out = appendTag(m.out, tagVideo, decode, []byte{flags, 1, byte(offset >> 16), byte(offset >> 8), byte(offset)}, frame)
}

func (m *flvWriter) configure(b []byte, at int64, record []byte) []byte {
	m.config = record
	return appendTag(b, tagVideo, at, []byte{flvKey, 0, 0, 0, 0}, record)
}

// describe is part of describer. Configurations stand between the frames anyway.
func (m *flvWriter) describe(track int, t Track) {
	m.head.tracks[track], m.order.tracks[track].Track = t, t
}

func (m *flvWriter) Duration() time.Duration { return time.Duration(m.order.end()) * time.Millisecond }

// Close writes what is left, and what is known now only.
func (m *flvWriter) Close() error {
	if n := len(m.order.blocks); n > 0 && m.err == nil {
		m.flush(n)
	}
	if t, ok := m.w.(interface{ Truncate(size int64) error }); ok && m.err != nil {
		t.Truncate(m.offset)
	}
	m.head.duration = m.Duration()
	err := ErrIndex
	if r, ok := m.w.(Replaceable); ok {
		err = r.Replace(m.complete)
	}
	if at, ok := m.w.(io.WriterAt); ok && err != nil { // the duration at least
		m.head.keys = nil
		_, err = at.WriteAt(m.head.appendTo(nil, 0), 0)
		if err != nil && m.err == nil {
			return fmt.Errorf("%w: %w", ErrIndex, err)
		}
	}
	return m.err
}

// complete writes the file again with an index in its header.
func (m *flvWriter) complete(to, from *os.File) error {
	grown := int64(len(m.head.appendTo(nil, 0))) - m.start
	if _, err := to.Write(m.head.appendTo(nil, grown)); err != nil {
		return err
	}
	if _, err := from.Seek(m.start, io.SeekStart); err != nil {
		return err
	}
	_, err := io.CopyN(to, from, m.offset-m.start)
	return err
}
