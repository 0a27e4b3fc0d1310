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
	renditions []*rendition
	tracks     []demux.Track
	bases      map[int64]time.Duration // of the time lines that have been seen: what is taken off their times
	duration   time.Duration           // 0: live
	given      *rendition              // whose frame was given out last
}

// Open loads a playlist and begins to load what it lists. Requests go through client, and allow is asked for each URL; ctx ends
// them, also those of later.
func Open(ctx context.Context, client *http.Client, allow func(uri string) error, uri string) (*Reader, error) {
	l := &loader{client: client, allow: allow}
	list, err := l.playlist(ctx, uri)
	if err != nil {
		return nil, err
	}
	uris := []string{uri}
	if len(list.variants) > 0 {
		v := list.best()
		if uris = []string{v.uri}; list.sound(v) != "" {
			uris = append(uris, list.sound(v))
		}
		list = nil
	}
	r := &Reader{bases: map[int64]time.Duration{}}
	for _, uri := range uris {
		if list == nil {
			if list, err = l.playlist(ctx, uri); err != nil {
				r.Close()
				return nil, err
			}
		}
		if err := r.add(ctx, l, uri, list); err != nil {
			r.Close()
			return nil, err
		}
		list = nil
	}
	return r, nil
}

// add begins to read a media playlist.
func (r *Reader) add(ctx context.Context, l *loader, uri string, list *playlist) error {
	if len(list.segments) == 0 {
		return fmt.Errorf("%w: a playlist without segments", demux.ErrFormat)
	}
	m := &rendition{reader: r, loader: l, ctx: ctx, uri: uri, list: list, first: len(r.tracks)}
	r.renditions = append(r.renditions, m)
	from := 0
	if !list.ended {
		from = list.live()
	} else if r.duration == 0 {
		r.duration = list.length()
	}
	m.start(from)
	if err := m.open(); err != nil {
		return err
	}
	m.tracks = m.inner.Tracks()
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
	for _, m := range r.renditions {
		if err := m.fill(); err != nil {
			return demux.Frame{}, err
		}
		if m.ready && (r.given == nil || m.frame.DTS < r.given.frame.DTS) {
			r.given = m
		}
	}
	if r.given == nil {
		return demux.Frame{}, demux.End(r.renditions[0].err)
	}
	return r.given.frame, nil
}

// Seek is part of demux.Reader: it goes to the beginning of a segment.
func (r *Reader) Seek(t time.Duration) error {
	if !r.Seekable() {
		return fmt.Errorf("%w: the stream is live", demux.ErrSeek)
	}
	r.given = nil
	for _, m := range r.renditions {
		if err := m.seek(t); err != nil {
			return err
		}
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
