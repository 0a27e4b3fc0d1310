package hls

import (
	"fmt"
	"slices"
	"time"

	"github.com/rivero-media/rivero/elements/player/demux"
	"github.com/rivero-media/rivero/pipeline/media"
)

// choice is the URIs of the playlists that are played together: that of a variant, and that of its sound where it has one.
type choice []string

// choices are what a master playlist offers, the one to be played first.
func (p *playlist) choices() (all []choice) {
	for _, v := range p.ranked() {
		c := choice{v.uri}
		if sound := p.sound(v); sound != "" {
			c = append(c, sound)
		}
		all = append(all, c)
	}
	return all
}

// failing is what has been tried since the last frame.
type failing struct {
	since time.Time
	tries int
}

// hopeless tells whether everything was tried: each choice once, of a live stream, which may come back, for as long as a playlist without
// others is waited for.
func (r *Reader) hopeless() bool {
	if r.duration > 0 {
		return r.failing.tries >= len(r.choices)-1
	}
	return time.Since(r.failing.since) > stalled
}

// fallBack goes on with another choice where one that is played could not be loaded. It returns the cause when none helps. What was
// loaded and makes no sense is no reason to change.
func (r *Reader) fallBack(cause error) error {
	if !slices.ContainsFunc(r.renditions, func(m *rendition) bool { return m.failed != nil }) {
		return cause
	}
	if r.failing.since.IsZero() {
		r.failing.since = time.Now()
	}
	for len(r.choices) > 1 && r.ctx.Err() == nil && !r.hopeless() {
		r.failing.tries++
		r.at = (r.at + 1) % len(r.choices)
		if r.failing.tries%len(r.choices) == 0 {
			r.pause()
		}
		if r.change() == nil {
			return nil
		}
	}
	return cause
}

// pause lets a server that has nothing to offer rest before it is asked again.
func (r *Reader) pause() {
	timer := time.NewTimer(min(max(r.renditions[0].list.target, shortest), longest))
	defer timer.Stop()
	select {
	case <-r.ctx.Done():
	case <-timer.C:
	}
}

// change has the renditions go on with what is chosen now; sound that both choices share just goes on.
func (r *Reader) change() error {
	c := r.choices[r.at]
	if len(c) != len(r.renditions) {
		return fmt.Errorf("%w: sound is in a playlist of its own in some variants only", demux.ErrFormat)
	}
	for i, m := range r.renditions {
		if m.uri == c[i] && m.inner != nil && m.failed == nil {
			continue
		}
		list, err := r.load(c[i])
		if err != nil {
			return err
		}
		if err := m.move(c[i], list, r.duration == 0); err != nil {
			return err
		}
		for own := range m.tracks {
			if r.tracks[m.first+own].Playable() && !slices.Contains(m.tracked, own) {
				return fmt.Errorf("%w: a variant without %s", demux.ErrFormat, m.tracks[own].Format.Codec)
			}
		}
	}
	return nil
}

// near is how much a segment may begin before the segment of another variant ends that it follows (§6.2.4 wants them to match).
const near = 100 * time.Millisecond

// move goes on with another playlist, behind what was given out already.
func (m *rendition) move(uri string, list *playlist, live bool) error {
	m.stop()
	m.uri, m.list = uri, list
	for i := range m.behind {
		m.behind[i] = true
	}
	if live {
		m.start(list.live())
		return m.open()
	}
	return m.play(list.at(m.last + near))
}

// passes tells whether a frame is to be given out. After a change of variants a track goes on where it was, with pictures at a
// key frame.
func (m *rendition) passes(track int, f *demux.Frame) bool {
	if m.behind[track] {
		if f.PTS <= m.gave[track] || !f.Key && m.tracks[track].Format.Kind == media.Video {
			return false
		}
		m.behind[track] = false
	}
	m.gave[track] = max(m.gave[track], f.PTS)
	return true
}
