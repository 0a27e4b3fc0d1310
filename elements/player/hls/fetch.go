package hls

import (
	"context"
	"crypto/aes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/rivero-media/rivero/elements/player/demux"
)

const (
	// maxPart is the largest segment: a segment is loaded before it is played, so that a pause holds up no server.
	maxPart = 64 << 20
	// loading is how long a playlist or a segment may take.
	loading = 30 * time.Second
	// stalled is how long a live stream may bring nothing new, or not be there, until it counts as lost.
	stalled = time.Minute
	// shortest and longest bound how often a live playlist is asked for, whatever it says.
	shortest, longest = 500 * time.Millisecond, 30 * time.Second
)

// errEnded says that a live stream has brought nothing for too long.
var errEnded = errors.New("the live playlist brings nothing new")

// loader loads what URLs name.
type loader struct {
	client *http.Client
	allow  func(uri string) error // asked for each URL
}

// load returns what a part names, and where it came from after redirects.
func (l *loader) load(ctx context.Context, p part, most int64) (data []byte, from *url.URL, err error) {
	if err := l.allow(p.uri); err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, loading)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.uri, nil)
	if err != nil {
		return nil, nil, err
	}
	want := http.StatusOK
	if p.size > 0 {
		req.Header.Set("Range", "bytes="+strconv.FormatInt(p.offset, 10)+"-"+strconv.FormatInt(p.offset+p.size-1, 10))
		want = http.StatusPartialContent
	}
	answer, err := l.client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != want {
		return nil, nil, fmt.Errorf("%s answers %s", req.URL.Redacted(), answer.Status)
	}
	data, err = io.ReadAll(io.LimitReader(answer.Body, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("%w: %s has more than %d bytes", demux.ErrFormat, req.URL.Redacted(), most)
	}
	return data, answer.Request.URL, err
}

// playlist loads a playlist and makes its URIs absolute.
func (l *loader) playlist(ctx context.Context, uri string) (*playlist, error) {
	text, base, err := l.load(ctx, part{uri: uri}, maxPlaylist)
	if err != nil {
		return nil, err
	}
	p, err := parse(text)
	if err != nil {
		return nil, err
	}
	absolute := func(uri *string) {
		u, e := base.Parse(*uri)
		if e != nil {
			err = fmt.Errorf("%w: URI %.60q", demux.ErrFormat, *uri)
			return
		}
		*uri = u.String()
	}
	for i := range p.variants {
		absolute(&p.variants[i].uri)
	}
	for i := range p.audios {
		if p.audios[i].uri != "" {
			absolute(&p.audios[i].uri)
		}
	}
	var last *section
	for i := range p.segments {
		s := &p.segments[i]
		absolute(&s.uri)
		if s.key.uri != "" {
			absolute(&s.key.uri)
		}
		if s.init != nil && s.init != last {
			absolute(&s.init.uri)
			if last = s.init; s.init.key.uri != "" {
				absolute(&s.init.key.uri)
			}
		}
	}
	return p, err
}

// chunk is a segment that has been loaded.
type chunk struct {
	segment
	data    []byte
	fresh   bool // a new time line or other codec data: what was before does not go on
	skipped bool // segments before it are missing
}

// fetcher loads the segments of one media playlist in turn, one ahead of what is taken.
type fetcher struct {
	*loader
	uri      string
	list     *playlist
	patience time.Duration // how long a live stream may bring nothing until it counts as lost
	chunks   chan chunk    // closed at the end
	err      error         // why it is closed, nil: everything was given out. To be read after that

	loaded *section // init that was loaded last
	head   []byte
	keyURI string // of the key that was loaded last
	secret []byte
}

// run gives out segments from one on, until the end or ctx ends.
func (f *fetcher) run(ctx context.Context, from int) {
	defer close(f.chunks)
	next, skipped := f.list.first+int64(from), false
	var before *segment
	good := time.Now() // when a segment was there last
	for {
		if err := f.await(ctx, next); err != nil || next >= f.list.first+int64(len(f.list.segments)) {
			f.err = err
			return
		}
		if next < f.list.first { // gone, while it was paused or the server was away
			next, skipped = f.list.first+int64(f.list.live()), true
		}
		s := f.list.segments[next-f.list.first]
		c := chunk{segment: s, skipped: skipped}
		c.fresh = before == nil || skipped || s.clock != before.clock || !s.sameInit(before)
		next++
		if s.gap {
			skipped = true
			continue
		}
		err := f.fill(ctx, &c)
		switch {
		case ctx.Err() != nil:
			f.err = ctx.Err()
			return
		case err != nil && (f.list.ended || time.Since(good) > f.patience):
			f.err = err
			return
		case err != nil: // of a live stream the next one may be there
			skipped = true
			continue
		}
		select {
		case f.chunks <- c:
		case <-ctx.Done():
			f.err = ctx.Err()
			return
		}
		before, skipped, good = &s, false, time.Now()
	}
}

func (s segment) sameInit(other *segment) bool {
	if s.init == nil || other.init == nil {
		return s.init == other.init
	}
	return *s.init == *other.init
}

// fill loads a segment, and what stands before it.
func (f *fetcher) fill(ctx context.Context, c *chunk) (err error) {
	if c.data, err = f.plain(ctx, c.part, c.key); err != nil || c.init == nil || !c.fresh {
		return err
	}
	if f.loaded == nil || *f.loaded != *c.init {
		if f.head, err = f.plain(ctx, c.init.part, c.init.key); err != nil {
			return err
		}
		f.loaded = c.init
	}
	c.data = append(f.head[:len(f.head):len(f.head)], c.data...)
	return nil
}

// plain loads a part and decrypts it.
func (f *fetcher) plain(ctx context.Context, p part, k key) ([]byte, error) {
	data, _, err := f.load(ctx, p, maxPart)
	if err != nil || k.uri == "" {
		return data, err
	}
	if k.uri != f.keyURI {
		secret, _, err := f.load(ctx, part{uri: k.uri}, aes.BlockSize)
		if err == nil && len(secret) != aes.BlockSize {
			err = fmt.Errorf("%w: a key of %d bytes, AES-128 has %d", demux.ErrFormat, len(secret), aes.BlockSize)
		}
		if err != nil {
			return nil, fmt.Errorf("key: %w", err)
		}
		f.keyURI, f.secret = k.uri, secret
	}
	return decrypt(data, f.secret, k.iv)
}

// await asks for a live playlist again until it has a segment. At the end of the stream it returns without.
func (f *fetcher) await(ctx context.Context, next int64) error {
	began := time.Now()
	wait := f.list.target // after a playlist that has changed (§6.3.4)
	for next >= f.list.first+int64(len(f.list.segments)) && !f.list.ended {
		timer := time.NewTimer(min(max(wait, shortest), longest))
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
		list, err := f.playlist(ctx, f.uri)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && time.Since(began) > f.patience:
			return err
		case err == nil && list.first+int64(len(list.segments)) < f.list.first: // begun anew
			return fmt.Errorf("%w: its numbers went from %d to %d", errEnded, f.list.first, list.first)
		case err == nil:
			f.list = list
		}
		if time.Since(began) > f.patience {
			return fmt.Errorf("%w for %v", errEnded, f.patience)
		}
		wait = f.list.target / 2
	}
	return nil
}
