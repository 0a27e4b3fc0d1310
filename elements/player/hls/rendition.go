package hls

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/rivero-media/rivero/elements/player/containers"
	"github.com/rivero-media/rivero/elements/player/demux"
)

// rendition reads one media playlist: a goroutine loads its segments, which are demuxed here. At each discontinuity another
// reader begins.
type rendition struct {
	*loader
	reader *Reader
	ctx    context.Context
	uri    string
	list   *playlist
	first  int // number of its first track among those of the Reader
	tracks []demux.Track

	fetcher *fetcher
	cancel  context.CancelFunc
	failed  error  // why the fetcher has ended
	rest    []byte // of the segment that is being read
	clock   int64  // of the time line that it is on
	skipped bool   // there is a hole before that
	pending bool   // a time line begins: the reader of what was before ends
	inner   demux.Reader
	base    time.Duration // taken off the times of inner
	based   bool          // base is known
	tracked []int         // tracks of inner as those of the Reader, -1: none
	last    time.Duration // PTS that was given out, the latest

	gave   []time.Duration // the same by track of its own
	behind []bool          // by track: a change of variants has it begin before that

	frame demux.Frame // when ready
	ready bool
	err   error // the end
}

// start begins to load from a segment on.
func (m *rendition) start(from int) {
	m.fetcher = &fetcher{loader: m.loader, uri: m.uri, list: m.list, chunks: make(chan chunk), patience: m.patience()}
	ctx, cancel := context.WithCancel(m.ctx)
	m.cancel = cancel
	m.failed, m.rest, m.pending, m.inner, m.ready, m.err = nil, nil, false, nil, false, nil
	go m.fetcher.run(ctx, from)
}

// stop ends loading and waits for it.
func (m *rendition) stop() {
	m.cancel()
	for range m.fetcher.chunks {
	}
}

// patience is how long a live playlist may fail. Where there is another variant that is as long as what is still to be played (§6.3.3).
func (m *rendition) patience() time.Duration {
	if len(m.reader.choices) == 1 {
		return stalled
	}
	return min(max(3*m.list.target, 3*shortest), stalled)
}

// seek goes to the segment of a time.
func (m *rendition) seek(t time.Duration) error {
	m.stop()
	m.forget()
	return m.play(m.list.at(t))
}

// forget is reached where time begins anew.
func (m *rendition) forget() {
	clear(m.behind)
	for i := range m.gave {
		m.gave[i] = math.MinInt64
	}
}

// play plays from a segment on.
func (m *rendition) play(from int) error {
	m.start(from)
	m.last = m.list.segments[from].begin
	return m.open()
}

// more sees to it that rest holds bytes of the time line that is read, or returns why it cannot.
func (m *rendition) more() error {
	for len(m.rest) == 0 {
		if m.pending {
			return io.EOF
		}
		c, ok := <-m.fetcher.chunks
		if !ok {
			if m.failed = m.fetcher.err; m.failed != nil {
				return m.failed
			}
			return io.EOF
		}
		m.rest = c.data
		if c.fresh {
			m.clock, m.skipped, m.pending = c.clock, c.skipped, m.inner != nil
		}
	}
	if m.pending {
		return io.EOF
	}
	return nil
}

// Read gives the bytes of segments up to a discontinuity.
func (m *rendition) Read(b []byte) (int, error) {
	if err := m.more(); err != nil {
		return 0, err
	}
	n := copy(b, m.rest)
	m.rest = m.rest[n:]
	return n, nil
}

// open begins to read what follows a discontinuity.
func (m *rendition) open() error {
	m.pending, m.inner, m.based = false, nil, false
	if err := m.more(); err != nil {
		return demux.Cut(err)
	}
	d, err := m.demuxer()
	switch {
	case m.failed != nil:
		return m.failed
	case err != nil:
		return err
	}
	return m.match(d)
}

// demuxer reads what the segment holds.
func (m *rendition) demuxer() (demux.Reader, error) {
	if isPacked(m.rest) {
		return newPacked(demux.NewSource(m), m.last+m.reader.bases[m.clock])
	}
	return containers.Open(m)
}

// match goes on with a reader, and finds its tracks among those there were at first: the receivers know those.
func (m *rendition) match(d demux.Reader) error {
	m.tracked = nil
	taken := map[int]bool{}
	for _, t := range d.Tracks() {
		to := -1
		if m.tracks == nil {
			to = len(m.tracked)
		}
		for i, first := range m.tracks {
			if to >= 0 || taken[i] || !t.Playable() || first.Format.Kind != t.Format.Kind {
				continue
			}
			if first.Format != t.Format {
				return fmt.Errorf("%w: the stream changes from %v to %v", demux.ErrFormat, first.Format, t.Format)
			}
			to = i
			taken[i] = true
		}
		m.tracked = append(m.tracked, to)
	}
	m.inner = d
	return nil
}

// fill reads the next frame, unless there is one. At the end there is none and err is set.
func (m *rendition) fill() error {
	for !m.ready && m.err == nil {
		f, err := m.inner.Next()
		switch {
		case m.pending && (err == io.EOF || errors.Is(err, demux.ErrTruncated)):
			if err := m.open(); err != nil {
				return err
			}
			continue
		case m.failed != nil && err != nil:
			return m.failed
		case err == io.EOF:
			m.err = err
			return nil
		case err != nil:
			return err
		}
		to := m.tracked[f.Track]
		if to < 0 {
			continue
		}
		m.place(&f)
		if !m.passes(to, &f) {
			continue
		}
		f.Track = m.first + to
		m.frame, m.ready = f, true
		m.last = max(m.last, f.PTS)
	}
	return nil
}

// place puts a frame on the time line of the Reader. Renditions that are on one time line of their own keep what is between
// them (§6.2.4); behind a hole, and where clocks have nothing in common, a rendition goes on from where it was.
func (m *rendition) place(f *demux.Frame) {
	began := demux.Began(m.inner)
	if !m.based {
		m.based = true
		base, known := m.reader.bases[m.clock]
		own := f.PTS + began - m.last
		switch {
		case m.skipped:
			m.base = own
		case known && (own-base).Abs() < m.apart():
			m.base = base
		default:
			m.base = own
			if !known {
				m.reader.bases[m.clock] = own
			}
		}
	}
	f.PTS += began - m.base
	f.DTS += began - m.base
}

// apart is how far what begins may be from what the time line has come to: renditions of one stream, and variants of a live one after a
// server was away for as long as it is waited for.
func (m *rendition) apart() time.Duration {
	if slices.Contains(m.behind, true) {
		return stalled
	}
	return 10 * time.Second
}
