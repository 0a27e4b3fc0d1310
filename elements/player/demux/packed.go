package demux

import (
	"time"

	"github.com/rivero-media/rivero/pipeline/codec/aac"
	"github.com/rivero-media/rivero/pipeline/media"
)

// Split splits the first frame off a run of sound: size is that of what it takes up, below 0: it is not whole. No frame: so many bytes
// are none.
type Split func(b []byte) (frame []byte, size int, length time.Duration, f media.Format)

// SplitMP3 is the Split of MP3.
func SplitMP3(b []byte) (frame []byte, size int, length time.Duration, f media.Format) {
	if len(b) < 4 {
		return nil, -1, 0, f
	}
	h, ok := ParseMP3(b)
	switch {
	case !ok:
		return nil, 1, 0, f
	case h.Size > len(b):
		return nil, -1, 0, f
	}
	return b[:h.Size], h.Size, Ticks(int64(h.Samples), uint32(h.Rate)), Sound(media.MP3, h.Rate, h.Channels)
}

// SplitADTS is the Split of AAC in ADTS.
func SplitADTS(b []byte) (frame []byte, size int, length time.Duration, f media.Format) {
	if len(b) < 7 {
		return nil, -1, 0, f
	}
	h, err := aac.ParseADTS(b)
	switch {
	case err != nil:
		return nil, 1, 0, f
	case h.Length > len(b):
		return nil, -1, 0, f
	}
	// An AudioSpecificConfig of the same fields: object type 5 bits, rate 4, channels 4 (ISO/IEC 14496-3 §1.6.2.1).
	object, rate, channels := b[2]>>6+1, b[2]>>2&0xf, b[2]&1<<2|b[3]>>6
	config := []byte{object<<3 | rate>>1, rate<<7 | channels<<3}
	return b[h.Size:h.Length], h.Length, Ticks(1024, uint32(h.Config.SampleRate)), AAC(config, h.Config.SampleRate, h.Config.Channels)
}
