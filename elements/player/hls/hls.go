// Package hls plays HTTP Live Streaming (RFC 8216): the segments of a playlist are one stream of bytes after another for the
// readers of MPEG-TS and MP4. Section numbers here are those of RFC 8216.
package hls

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/rivero-media/rivero/elements/player/demux"
	"github.com/rivero-media/rivero/pipeline/media"
)

// Named tells whether the path of a URL is that of a playlist (§4).
func Named(urlPath string) bool {
	extension := strings.ToLower(path.Ext(urlPath))
	return extension == ".m3u8" || extension == ".m3u"
}

// Is tells whether a web server says that an answer is a playlist (§4).
func Is(contentType string) bool {
	kind, _, _ := mime.ParseMediaType(contentType)
	return kind == "application/vnd.apple.mpegurl" || kind == "application/x-mpegurl" || kind == "audio/mpegurl" || kind == "audio/x-mpegurl"
}

// Reader is a demux.Reader of a playlist. Whoever opened it closes it.
type Reader struct {
	loader     *loader
	ctx        context.Context
	choices    []choice // what can be played
	at         int      // the one of them that is
	renditions []*rendition
	tracks     []demux.Track
	bases      map[int64]time.Duration // of the time lines that have been seen: what is taken off their times
	duration   time.Duration           // 0: live
	given      *rendition              // whose frame was given out last
	failing    failing
}

// Open loads a playlist and begins to load what it lists. Requests go through client, and allow is asked for each URL; ctx ends
// them, also those of later.
func Open(ctx context.Context, client *http.Client, allow func(uri string) error, uri string) (*Reader, error) {
	l := &loader{client: client, allow: allow}
	list, err := l.playlist(ctx, uri)
	if err != nil {
		return nil, err
	}
	choices := []choice{{uri}}
	if len(list.variants) > 0 {
		choices, list = list.choices(), nil
	} else if err := list.empty(); err != nil {
		return nil, err
	}
	var first error
	for at := range choices {
		r := &Reader{loader: l, ctx: ctx, choices: choices, at: at, bases: map[int64]time.Duration{}}
		err := r.begin(list)
		if err == nil {
			return r, nil
		}
		r.Close()
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// begin begins to read what is chosen; list is the first of its playlists, where that is there already.
func (r *Reader) begin(list *playlist) (err error) {
	for _, uri := range r.choices[r.at] {
		if list == nil {
			if list, err = r.load(uri); err != nil {
				return err
			}
		}
		if err := r.add(uri, list); err != nil {
			return err
		}
		list = nil
	}
	return nil
}

// load loads a media playlist.
func (r *Reader) load(uri string) (*playlist, error) {
	list, err := r.loader.playlist(r.ctx, uri)
	if err == nil {
		err = list.empty()
	}
	return list, err
}

// add begins to read a media playlist.
func (r *Reader) add(uri string, list *playlist) error {
	m := &rendition{reader: r, loader: r.loader, ctx: r.ctx, uri: uri, list: list, first: len(r.tracks)}
	r.renditions = append(r.renditions, m)
	if list.ended && r.duration == 0 {
		r.duration = list.length()
	}
	m.start(list.beginning())
	if err := m.open(); err != nil {
		return err
	}
	m.tracks = m.inner.Tracks()
	m.behind, m.gave = make([]bool, len(m.tracks)), make([]time.Duration, len(m.tracks))
	m.forget()
	for _, t := range m.tracks {
		if len(r.renditions) > 1 && t.Format.Kind != media.Audio {
			t.Format = media.Format{} // a rendition of sound: pictures in it are not wanted
		}
		r.tracks = append(r.tracks, t)
	}
	return nil
}

// Tracks is part of demux.Reader.
func (r *Reader) Tracks() []demux.Track { return r.tracks }

// Duration is part of demux.Reader. A stream that is live has none.
func (r *Reader) Duration() time.Duration { return r.duration }

// Seekable is part of demux.Reader.
func (r *Reader) Seekable() bool { return r.duration > 0 }

// Next is part of demux.Reader: the frame that is due first of all renditions.
func (r *Reader) Next() (demux.Frame, error) {
	if r.given != nil {
		r.given.ready = false
		r.given = nil
	}
	for err := r.fill(); err != nil; err = r.fill() {
		if err = r.fallBack(err); err != nil {
			return demux.Frame{}, err
		}
	}
	for _, m := range r.renditions {
		if m.ready && (r.given == nil || m.frame.DTS < r.given.frame.DTS) {
			r.given = m
		}
	}
	if r.given == nil {
		return demux.Frame{}, demux.End(r.renditions[0].err)
	}
	r.failing = failing{}
	return r.given.frame, nil
}

// fill reads the next frame of each rendition.
func (r *Reader) fill() error {
	for _, m := range r.renditions {
		if err := m.fill(); err != nil {
			return err
		}
	}
	return nil
}

// Seek is part of demux.Reader: it goes to the beginning of a segment.
func (r *Reader) Seek(t time.Duration) error {
	if !r.Seekable() {
		return fmt.Errorf("%w: the stream is live", demux.ErrSeek)
	}
	r.given = nil
	var failed error
	for _, m := range r.renditions {
		if err := m.seek(t); err != nil && failed == nil {
			failed = err
		}
	}
	if failed != nil {
		return r.fallBack(failed)
	}
	return nil
}

// Close ends what is being loaded.
func (r *Reader) Close() {
	for _, m := range r.renditions {
		m.stop()
	}
}

var _ demux.Reader = (*Reader)(nil)
