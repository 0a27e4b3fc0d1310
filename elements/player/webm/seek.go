package webm

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/rivero-media/rivero/elements/player/demux"
	"github.com/rivero-media/rivero/pipeline/media"
)

// cue is a place in the file at which decoding can start.
type cue struct {
	time    time.Duration
	cluster int64 // where in the file it begins
}

func byTime(a, b cue) int { return cmp.Compare(a.time, b.time) }

// Seekable tells whether Seek can work.
func (d *Reader) Seekable() bool { return d.s.Seekable() && !d.none }

// Seek goes to the last place at or before t from which the video can be decoded, in a file
// without video from which sound is stored. It uses the file's index, or looks through the
// file if there is none. Next goes on there, for each video track with a key frame. After an
// error the position is undefined until a Seek succeeds.
func (d *Reader) Seek(t time.Duration) error {
	if !d.Seekable() {
		return fmt.Errorf("%w: the source is a stream", ErrSeek)
	}
	if !d.indexed {
		if err := d.index(); err != nil {
			return err
		}
		d.indexed = true
	}
	at := d.first.at
	i, _ := slices.BinarySearchFunc(d.cues, t, func(c cue, t time.Duration) int { return cmp.Compare(c.time, t+1) })
	if i > 0 {
		at = d.cues[i-1].cluster
	}
	if err := d.enterAt(at); err != nil {
		return err
	}
	for i, track := range d.header.tracks {
		d.needKey[i] = track.Kind == media.Video
	}
	return nil
}

// enterAt goes to a cluster.
func (d *Reader) enterAt(pos int64) error {
	if err := d.s.Jump(pos); err != nil {
		return err
	}
	d.frames, d.err = nil, nil
	e, err := d.s.element()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSeek, demux.Cut(err))
	}
	if e.id != idCluster {
		return fmt.Errorf("%w: no cluster at %d", ErrSeek, pos)
	}
	d.enter(e)
	return nil
}

// index reads the Cues, or makes up for them if they are missing or broken.
func (d *Reader) index() error {
	if d.header.cues >= 0 && d.readCues() == nil && len(d.cues) > 0 {
		return nil
	}
	d.cues = d.cues[:0]
	return d.scan()
}

func (d *Reader) readCues() error {
	if d.header.cues > math.MaxInt64-d.header.segment {
		return errCues
	}
	if err := d.s.Jump(d.header.segment + d.header.cues); err != nil {
		return err
	}
	e, err := d.s.element()
	if err != nil {
		return err
	}
	if e.id != idCues {
		return errCues
	}
	data, err := d.s.master(e)
	if err != nil {
		return err
	}
	if err := children(data, d.parseCue); err != nil {
		return err
	}
	slices.SortStableFunc(d.cues, byTime)
	return nil
}

var errCues = fmt.Errorf("%w: index", ErrFormat)

func (d *Reader) parseCue(id uint32, data []byte) error {
	if id != idCuePoint {
		return nil
	}
	var at uint64
	var place int64 = -1
	err := children(data, func(id uint32, data []byte) error {
		switch id {
		case idCueTime:
			at = uintOf(data)
		case idCueTrackPositions:
			if p, ok := d.parsePosition(data); ok && place < 0 {
				place = p
			}
		}
		return nil
	})
	if err != nil || place < 0 {
		return err
	}
	when, ok := ticks(int64(min(at, math.MaxInt64)), d.header.scale)
	if !ok || len(d.cues) == maxCues || place > math.MaxInt64-d.header.segment {
		return errCues
	}
	d.cues = append(d.cues, cue{when, d.header.segment + place})
	return nil
}

// parsePosition returns where the cluster is, unless the cue is for sound in a file with video.
func (d *Reader) parsePosition(data []byte) (position int64, ok bool) {
	var track uint64
	position = -1
	err := children(data, func(id uint32, data []byte) error {
		switch id {
		case idCueTrack:
			track = uintOf(data)
		case idCueClusterPosition:
			position = int64(min(uintOf(data), math.MaxInt64))
		}
		return nil
	})
	i, known := d.byTrack[track]
	return position, err == nil && known && d.leads(i) && position >= 0
}

// leads tells whether a track decides where decoding can start.
func (d *Reader) leads(track int) bool {
	if d.header.tracks[track].Kind == media.Video {
		return true
	}
	return !slices.ContainsFunc(d.header.tracks, func(t Track) bool { return t.Kind == media.Video && t.Codec != "" })
}

// scan makes the index by reading the whole file once. What a cut tail hides is not in it.
func (d *Reader) scan() error {
	if err := d.enterAt(d.first.at); err != nil {
		return err
	}
	clear(d.needKey)
	cluster := d.first.at
	for {
		e, err := d.step()
		if err == nil {
			if e.id == idCluster {
				cluster = e.at
			}
			err = d.open(e)
		}
		switch {
		case err == io.EOF, errors.Is(err, ErrTruncated), errors.Is(err, ErrFormat):
			slices.SortStableFunc(d.cues, byTime)
			return nil
		case err != nil:
			return err
		}
		for len(d.frames) > 0 {
			f := d.take()
			last := len(d.cues) - 1
			if !f.Key || !d.leads(f.Track) || last >= 0 && d.cues[last].cluster == cluster || len(d.cues) == maxCues {
				continue
			}
			d.cues = append(d.cues, cue{f.PTS, cluster})
		}
	}
}
