package containers

import (
	"bytes"
	"encoding/binary"

	"github.com/rivero-media/rivero/elements/player/demux"
	"github.com/rivero-media/rivero/elements/player/webm"
	"github.com/rivero-media/rivero/pipeline/media"
)

// isMatroska looks for an EBML header (RFC 8794 §11).
func isMatroska(head []byte) bool { return bytes.HasPrefix(head, []byte{0x1a, 0x45, 0xdf, 0xa3}) }

// matroska makes a demux.Reader of package webm's.
type matroska struct {
	*webm.Reader
	tracks []demux.Track
	codecs []coding // by track, nil: frames are as the pipeline has them
}

// coding turns what a track stores into frames.
type coding func(data []byte, key bool) ([]byte, error)

func openMatroska(s *demux.Source) (demux.Reader, error) {
	r, err := webm.NewReader(s)
	if err != nil {
		return nil, err
	}
	m := &matroska{Reader: r}
	for _, t := range r.Tracks() {
		format, c := describe(t)
		m.tracks = append(m.tracks, demux.Track{Format: format, Width: t.Width, Height: t.Height})
		m.codecs = append(m.codecs, c)
	}
	return demux.Presented(m), nil
}

// describe finds the format of a track, and what is to be done to its frames.
func describe(t webm.Track) (media.Format, coding) {
	switch t.Codec {
	case media.H264:
		return nals(demux.NewAVC(t.Private))
	case media.H265:
		return nals(demux.NewHEVC(t.Private))
	case media.PCM:
		return samples(t)
	}
	f, _ := t.Format()
	return f, nil
}

func nals(n *demux.NALs, err error) (media.Format, coding) {
	if err != nil {
		return media.Format{}, nil
	}
	return n.Format(), n.Frame
}

// The format tags of a WAVEFORMATEX (RFC 2361).
const tagALaw, tagMuLaw = 6, 7

func samples(t webm.Track) (media.Format, coding) {
	if !(t.SampleRate >= 1 && t.SampleRate < 1e6) {
		return media.Format{}, nil
	}
	from := demux.Samples{Rate: int(t.SampleRate), Channels: t.Channels, Bits: t.BitDepth}
	switch t.CodecID {
	case "A_PCM/INT/BIG":
		from.Big = true
	case "A_PCM/FLOAT/IEEE":
		from.Float = true
	case "A_MS/ACM":
		if len(t.Private) < 2 {
			return media.Format{}, nil
		}
		switch from.Bits = 8; binary.LittleEndian.Uint16(t.Private) {
		case tagALaw:
			from.Law = media.PCMA
		case tagMuLaw:
			from.Law = media.PCMU
		default:
			return media.Format{}, nil
		}
	}
	from.Unsigned = from.Bits == 8 && !from.Float && from.Law == ""
	c, f, ok := demux.NewConverter(from)
	if !ok {
		return media.Format{}, nil
	}
	return f, func(data []byte, _ bool) ([]byte, error) { return c.Convert(data), nil }
}

// Tracks is part of demux.Reader.
func (m *matroska) Tracks() []demux.Track { return m.tracks }

// Next is part of demux.Reader. Matroska stores no decode times.
func (m *matroska) Next() (demux.Frame, error) {
	for {
		f, err := m.Reader.Next()
		if err != nil {
			return demux.Frame{}, err
		}
		if !m.tracks[f.Track].Playable() {
			continue
		}
		if c := m.codecs[f.Track]; c != nil {
			if f.Data, err = c(f.Data, f.Key); err != nil {
				return demux.Frame{}, err
			}
		}
		return demux.Frame{Track: f.Track, PTS: f.PTS, DTS: f.PTS, Key: f.Key, Data: f.Data}, nil
	}
}
