package flv

import (
	"bytes"
	"time"

	"github.com/rivero-media/rivero/elements/player/demux"
	"github.com/rivero-media/rivero/pipeline/media"
)

// What the first bytes of video and audio data say (§E.4.2, §E.4.3).
const (
	keyFrame = 1
	codecAVC = 7

	soundPCMBig, soundMP3, soundPCM, soundALaw, soundMuLaw, soundAAC, soundMP3Low = 0, 2, 3, 7, 8, 10, 14

	packetConfig, packetFrame = 0, 1 // of AVC and AAC
)

// video and audio are the tracks, once they are known.
type video struct {
	track int
	nals  *demux.NALs
}

type audio struct {
	track   int
	format  byte
	samples *demux.Converter // of what is not compressed
}

func (d *Reader) add(t demux.Track) int {
	d.tracks = append(d.tracks, t)
	return len(d.tracks) - 1
}

// readVideo makes a frame of the data of a tag; its PTS is the offset to the tag's time.
func (d *Reader) readVideo(data []byte) (f demux.Frame, ok bool, err error) {
	if len(data) < 5 || data[0]&0xf != codecAVC {
		return f, false, nil
	}
	if data[1] == packetConfig {
		nals, err := demux.NewAVC(data[5:])
		if err != nil {
			return f, false, err
		}
		if d.video == nil {
			if d.opened {
				return f, false, nil
			}
			d.video = &video{track: d.add(demux.Track{Format: nals.Format()})}
		}
		d.video.nals = nals // streams that were changed on the way send it again
		return f, false, nil
	}
	if data[1] != packetFrame || d.video == nil {
		return f, false, nil
	}
	shift := int32(uint32(data[2])<<24|uint32(data[3])<<16|uint32(data[4])<<8) >> 8
	f = demux.Frame{Track: d.video.track, PTS: time.Duration(shift) * time.Millisecond, Key: data[0]>>4 == keyFrame}
	f.Data, err = d.video.nals.Frame(data[5:], f.Key)
	return f, err == nil && len(f.Data) > 0, err
}

func (d *Reader) readAudio(data []byte) (f demux.Frame, ok bool, err error) {
	if len(data) < 2 {
		return f, false, nil
	}
	format := data[0] >> 4
	if d.audio == nil && !d.openAudio(format, data) {
		return f, false, nil
	}
	if format != d.audio.format {
		return f, false, nil
	}
	f = demux.Frame{Track: d.audio.track, Key: true, Data: data[1:]}
	switch {
	case format == soundAAC:
		f.Data = data[2:]
		return f, data[1] == packetFrame && len(f.Data) > 0, nil
	case d.audio.samples != nil:
		f.Data = d.audio.samples.Convert(f.Data)
	}
	return f, len(f.Data) > 0, nil
}

// openAudio finds out what the sound is; false: it cannot be played, or it is not said yet.
func (d *Reader) openAudio(format byte, data []byte) bool {
	a := &audio{format: format}
	channels, bits := 1+int(data[0]&1), 8+int(data[0]&2)*4
	rate := [4]int{5512, 11025, 22050, 44100}[data[0]>>2&3]
	from := demux.Samples{Rate: rate, Channels: channels, Bits: bits, Unsigned: bits == 8, Big: format == soundPCMBig}
	var f media.Format
	known := true
	switch format {
	case soundAAC:
		if data[1] == packetConfig {
			f = demux.AAC(bytes.Clone(data[2:]), rate, channels)
		}
	case soundMP3, soundMP3Low:
		if h, ok := demux.ParseMP3(data[1:]); ok {
			f = demux.Sound(media.MP3, h.Rate, h.Channels)
		}
	case soundALaw, soundMuLaw:
		from.Rate, from.Law = 8000, media.PCMU
		if format == soundALaw {
			from.Law = media.PCMA
		}
		fallthrough
	case soundPCM, soundPCMBig:
		a.samples, f, known = demux.NewConverter(from)
	}
	if !known || f.Codec == "" || d.opened {
		return false
	}
	a.track = d.add(demux.Track{Format: f})
	d.audio = a
	return true
}
