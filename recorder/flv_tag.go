package recorder

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/rivero-media/rivero/pipeline/codec/aac"
	"github.com/rivero-media/rivero/pipeline/media"
)

// What stands in a tag (§E.4 of the specification).
const (
	tagAudio  = 8
	tagVideo  = 9
	tagScript = 18

	flvKey   = 1<<4 | 7         // key frame, AVC
	flvInter = 2<<4 | 7         // inter frame, AVC
	flvAAC   = 10<<4 | 3<<2 | 3 // AAC, then what players ignore: 44 kHz, 16 bits, stereo
)

// appendTag appends a tag and, behind it, its size.
func appendTag(b []byte, kind byte, at int64, parts ...[]byte) []byte {
	start, size := len(b), 0
	for _, p := range parts {
		size += len(p)
	}
	b = append(b, kind, byte(size>>16), byte(size>>8), byte(size))
	b = append(b, byte(at>>16), byte(at>>8), byte(at), byte(at>>24)) // the highest byte last
	b = append(b, 0, 0, 0)                                           // stream
	for _, p := range parts {
		b = append(b, p...)
	}
	return binary.BigEndian.AppendUint32(b, uint32(len(b)-start))
}

// flvHead is what stands in front of the frames: the signature and the script tag onMetaData.
type flvHead struct {
	tracks   []Track
	date     time.Time
	duration time.Duration
	keys     []flvKeyFrame
}

type flvKeyFrame struct{ at, offset int64 }

// appendTo appends the head; key frames are so much behind where they were noted. Its length depends on their number
// alone.
func (h *flvHead) appendTo(b []byte, grown int64) []byte {
	var kinds byte
	for _, t := range h.tracks {
		kinds |= map[media.Kind]byte{media.Audio: 4, media.Video: 1}[t.Format.Kind]
	}
	b = append(b, 'F', 'L', 'V', 1, kinds, 0, 0, 0, 9)
	b = append(b, 0, 0, 0, 0) // there is no tag before the first
	return appendTag(b, tagScript, 0, h.script(grown))
}

// script is onMetaData in AMF 0.
func (h *flvHead) script(grown int64) []byte {
	var a amf
	a.string("onMetaData")
	a.u8(8)  // ECMA array
	a.u32(0) // players do not trust the number of entries
	a.number("duration", h.duration.Seconds())
	for _, t := range h.tracks {
		switch t.Format.Codec {
		case media.H264:
			a.number("width", float64(t.Width))
			a.number("height", float64(t.Height))
			a.number("videocodecid", 7)
		case media.AAC:
			a.number("audiocodecid", 10)
			if c, err := aac.ParseConfig(t.Private); err == nil {
				a.number("audiosamplerate", float64(c.SampleRate))
			}
		}
	}
	if !h.date.IsZero() {
		a.name("creation_time")
		a.string(h.date.UTC().Format("2006-01-02T15:04:05.000Z"))
	}
	if len(h.keys) > 0 {
		a.name("keyframes")
		a.u8(3) // object
		a.numbers("times", len(h.keys), func(i int) float64 { return float64(h.keys[i].at) / 1000 })
		a.numbers("filepositions", len(h.keys), func(i int) float64 { return float64(h.keys[i].offset + grown) })
		a.end()
	}
	a.end()
	return a.b
}

// amf writes values of the Action Message Format, version 0.
type amf struct{ boxes }

func (a *amf) name(s string) {
	a.u16(len(s))
	a.text(s)
}

func (a *amf) string(s string) {
	a.u8(2)
	a.name(s)
}

func (a *amf) value(v float64) {
	a.u8(0)
	a.u64(int64(math.Float64bits(v)))
}

func (a *amf) number(name string, v float64) {
	a.name(name)
	a.value(v)
}

func (a *amf) numbers(name string, count int, value func(i int) float64) {
	a.name(name)
	a.u8(10) // strict array
	a.u32(uint32(count))
	for i := range count {
		a.value(value(i))
	}
}

func (a *amf) end() { a.u8(0, 0, 9) }
