package recorder

import (
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

// mp4Head is what stands in front of the frames: in a file that is being written without a table of them, for they come
// in fragments that have their own; in one that is complete with the tables of all.
type mp4Head struct {
	tracks   []*mp4Track
	date     time.Time
	complete bool
}

// movieScale is the unit of times that belong to no track: milliseconds.
const movieScale = 1000

// appendTo appends ftyp and moov. Frames are in the file base bytes behind where the tables say.
func (h *mp4Head) appendTo(w *boxes, base int64) {
	brand := "iso5" // fragments with addresses of their own: default-base-is-moof
	if h.complete {
		brand = "isom"
	}
	w.box("ftyp", func() {
		w.text(brand)
		w.u32(0x200)
		w.text(brand)
		w.text("iso6mp41mp42")
	})
	w.box("moov", func() {
		w.full("mvhd", 1, 0, func() {
			w.u64(macSeconds(h.date))
			w.u64(macSeconds(h.date))
			w.u32(movieScale)
			w.u64(h.duration())
			w.u32(1 << 16) // speed
			w.u16(1 << 8)  // volume
			w.zeros(10)
			w.matrix()
			w.zeros(24)
			w.u32(uint32(len(h.tracks) + 1)) // next track
		})
		for i, t := range h.tracks {
			w.box("trak", func() { h.track(w, uint32(i+1), t, base) })
		}
		if !h.complete {
			h.extends(w)
		}
		h.metadata(w)
	})
}

// duration is that of the longest track.
func (h *mp4Head) duration() (longest int64) {
	if h.complete {
		for _, t := range h.tracks {
			longest = max(longest, rescale(t.table.end, t.scale, movieScale))
		}
	}
	return longest
}

// extends says that fragments follow (mvex).
func (h *mp4Head) extends(w *boxes) {
	w.box("mvex", func() {
		for i := range h.tracks {
			w.full("trex", 0, 0, func() {
				w.u32(uint32(i + 1))
				w.u32(1) // sample entry
				w.zeros(12)
			})
		}
	})
}

// metadata has the date to the millisecond, for which mvhd has no room: recordings of several participants are put side by
// side by it. It is in the form of QuickTime, which FFmpeg reads as "date".
func (h *mp4Head) metadata(w *boxes) {
	if h.date.IsZero() {
		return
	}
	date := h.date.UTC().Format("2006-01-02T15:04:05.000Z")
	w.box("udta", func() {
		w.box("\xa9day", func() {
			w.u16(len(date))
			w.u16(0x55c4) // language: undetermined
			w.text(date)
		})
	})
}

func (h *mp4Head) track(w *boxes, id uint32, t *mp4Track, base int64) {
	video := t.Format.Kind == media.Video
	var end, movieEnd int64
	if h.complete {
		end, movieEnd = t.table.end-t.table.start, rescale(t.table.end, t.scale, movieScale)
	}
	w.full("tkhd", 1, 3, func() { // enabled, in the movie
		w.u64(macSeconds(h.date))
		w.u64(macSeconds(h.date))
		w.u32(id)
		w.u32(0)
		w.u64(movieEnd)
		w.zeros(8 + 4)
		if video {
			w.u16(0)
		} else {
			w.u16(1 << 8) // volume
		}
		w.u16(0)
		w.matrix()
		w.u32(uint32(t.Width) << 16)
		w.u32(uint32(t.Height) << 16)
	})
	if h.complete {
		t.edits(w)
	}
	w.box("mdia", func() {
		w.full("mdhd", 1, 0, func() {
			w.u64(macSeconds(h.date))
			w.u64(macSeconds(h.date))
			w.u32(uint32(t.scale))
			w.u64(end)
			w.u16(0x55c4) // language: undetermined
			w.u16(0)
		})
		w.full("hdlr", 0, 0, func() {
			w.u32(0)
			if video {
				w.text("vide")
			} else {
				w.text("soun")
			}
			w.zeros(12)
			w.text(writingName + "\x00")
		})
		w.box("minf", func() { t.information(w, base) })
	})
}

// edits says when the track begins on the time line of the movie, and which of its own times that is (ISO/IEC 14496-12
// §8.6.6). Without it all tracks would begin together.
func (t *mp4Track) edits(w *boxes) {
	delay := rescale(t.table.start, t.scale, movieScale)
	length := rescale(t.table.end, t.scale, movieScale) - delay
	const once = 1 << 16 // speed
	w.box("edts", func() {
		w.full("elst", 1, 0, func() {
			if delay > 0 {
				w.u32(2)
				w.u64(delay)
				w.u64(-1) // nothing
				w.u32(once)
			} else {
				w.u32(1)
			}
			w.u64(length)
			w.u64(0)
			w.u32(once)
		})
	})
}

func (t *mp4Track) information(w *boxes, base int64) {
	if t.Format.Kind == media.Video {
		w.full("vmhd", 0, 1, func() { w.zeros(8) })
	} else {
		w.full("smhd", 0, 0, func() { w.zeros(4) })
	}
	w.box("dinf", func() {
		w.full("dref", 0, 0, func() {
			w.u32(1)
			w.full("url ", 0, 1, func() {}) // in this file
		})
	})
	w.box("stbl", func() {
		w.full("stsd", 0, 0, func() {
			w.u32(1)
			w.entry(&t.Track)
		})
		t.table.appendTo(w, base)
	})
}

// rescale converts a time from one unit to another, rounded.
func rescale(v, from, to int64) int64 { return (v*to + from/2) / from }
