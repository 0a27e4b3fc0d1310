package recorder

import (
	"bytes"
	"image"
	"image/jpeg"
	"io"
	"math"
	"time"

	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/pipeline/media"
)

// JPEG is no container: pictures one behind the other, each a JPEG file, without times. FFmpeg's mjpeg demuxer reads it.
func JPEG() Container {
	return Container{Name: "JPEG", Codecs: []string{media.I420}, New: func(w io.Writer, _ []Track, _ time.Time) (Writer, error) {
		return &jpegWriter{w: w, slot: never}, nil
	}}
}

const (
	// pictureTime is how long a picture stays at least: readers take 25 a second for granted, and more would only fill
	// the disk.
	pictureTime = 40 * time.Millisecond
	jpegQuality = 85
)

// jpegWriter writes what players of surveillance cameras call MJPEG.
type jpegWriter struct {
	w    io.Writer
	err  error         // of the target, the first one
	slot time.Duration // in which the last picture was, never before the first
	end  time.Duration
	full image.YCbCr // in the range of JPEG
	out  bytes.Buffer
}

var _ pictureWriter = (*jpegWriter)(nil)

// WriteFrame is part of Writer. Pictures are given to WritePicture.
func (m *jpegWriter) WriteFrame(int, time.Duration, bool, []byte) error { return m.err }

// WritePicture is part of pictureWriter. It writes the first picture of each pictureTime.
func (m *jpegWriter) WritePicture(pts time.Duration, width, height int, data []byte) error {
	slot := pts.Truncate(pictureTime)
	m.end = max(m.end, pts+pictureTime)
	if m.err != nil || slot <= m.slot || width < 1 || height < 1 || len(data) < i420.Bytes(width, height) {
		return m.err
	}
	m.slot = slot
	m.load(width, height, data)
	m.out.Reset()
	if err := jpeg.Encode(&m.out, &m.full, &jpeg.Options{Quality: jpegQuality}); err != nil {
		return err
	}
	if _, err := m.w.Write(m.out.Bytes()); err != nil {
		m.err = writeError(err)
	}
	return m.err
}

// load brings a picture from the limited range of video to the full range of JPEG (JFIF 1.02 §"Color space").
func (m *jpegWriter) load(width, height int, data []byte) {
	luma, chroma := width*height, (width+1)/2*((height+1)/2)
	if m.full.Rect.Dx() != width || m.full.Rect.Dy() != height {
		m.full = *image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
	}
	for i, v := range data[:luma] {
		m.full.Y[i] = fullLuma[v]
	}
	for i, v := range data[luma : luma+chroma] {
		m.full.Cb[i] = fullChroma[v]
	}
	for i, v := range data[luma+chroma : luma+2*chroma] {
		m.full.Cr[i] = fullChroma[v]
	}
}

// fullLuma stretches 16 to 235, fullChroma 16 to 240 around 128.
var fullLuma, fullChroma = stretch(16, 219, 0), stretch(128, 224, 128)

func stretch(from, span, to int) (table [256]byte) {
	for v := range table {
		table[v] = byte(min(max(to+int(math.Round(float64(v-from)*255/float64(span))), 0), 255))
	}
	return table
}

// Duration is part of Writer.
func (m *jpegWriter) Duration() time.Duration { return m.end }

// Close is part of Writer: there is nothing to complete.
func (m *jpegWriter) Close() error { return m.err }
