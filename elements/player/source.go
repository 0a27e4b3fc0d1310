package player

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rivero-media/rivero/elements/access"
	"github.com/rivero-media/rivero/elements/endpoint"
)

// errScheme is the error for URIs of a kind that is not known.
var errScheme = errors.New("no URI handler")

// open opens what a URI names for reading, if the policy allows it. What it returns is an io.Seeker too where that is possible.
func open(ctx context.Context, uri string, policy *access.Policy) (io.ReadCloser, error) {
	scheme, _, ok := strings.Cut(uri, "://")
	if err := policy.URI(uri); ok && err != nil {
		return nil, err
	}
	switch {
	case !ok:
		return nil, errors.New("the URI has no scheme")
	case strings.EqualFold(scheme, "file"):
		path, err := endpoint.FilePath(strings.ReplaceAll(uri, "%2F", "/"))
		if err != nil {
			return nil, err
		}
		return openFile(path, policy)
	case strings.EqualFold(scheme, "http"), strings.EqualFold(scheme, "https"):
		return openRemote(ctx, uri, policy)
	}
	return nil, fmt.Errorf("%w for %q", errScheme, scheme)
}

func openFile(path string, policy *access.Policy) (io.ReadCloser, error) {
	f, err := policy.Open(path)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || info.IsDir() {
		f.Close()
		return nil, fmt.Errorf("%s is no file that can be read", path)
	}
	return f, nil
}

// answerTimeout is how long a web server may take to answer a request.
const answerTimeout = 10 * time.Second

// remote is a file on a web server. It asks for the rest of the file from wherever it is read next.
type remote struct {
	ctx    context.Context
	cancel context.CancelFunc
	client *http.Client
	url    string
	pos    int64         // of the next byte that is read
	at     int64         // of body
	body   io.ReadCloser // nil: there is none
	kind   string        // what the server says it is
}

// contentType is what the server says about the file.
func (r *remote) contentType() string { return r.kind }

// openRemote makes the first request. The result can seek when the server answers requests for a range (RFC 9110 §14).
func openRemote(ctx context.Context, url string, policy *access.Policy) (io.ReadCloser, error) {
	client := policy.HTTPClient(answerTimeout)
	client.Transport.(*http.Transport).DisableKeepAlives = true // one long answer: nothing to keep
	r := &remote{client: client, url: url}
	r.ctx, r.cancel = context.WithCancel(ctx)
	size, err := r.request()
	if err != nil {
		r.cancel()
		return nil, err
	}
	if size < 0 {
		return r, nil
	}
	return &seekable{remote: r, size: size}, nil
}

// request asks for everything from pos on and returns the size of the whole file, -1 when the server does not tell or
// always sends all of it.
func (r *remote) request() (size int64, err error) {
	req, err := http.NewRequestWithContext(r.ctx, http.MethodGet, r.url, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Range", "bytes="+strconv.FormatInt(r.pos, 10)+"-")
	answer, err := r.client.Do(req)
	if err != nil {
		return 0, err
	}
	r.body, r.at, r.kind = answer.Body, r.pos, answer.Header.Get("Content-Type")
	switch {
	case answer.StatusCode == http.StatusPartialContent:
		_, total, _ := strings.Cut(answer.Header.Get("Content-Range"), "/")
		if size, err = strconv.ParseInt(total, 10, 64); err != nil {
			size = -1
		}
		return size, nil
	case answer.StatusCode == http.StatusOK && r.pos == 0:
		return -1, nil
	}
	answer.Body.Close()
	r.body = nil
	return 0, fmt.Errorf("%s answers %s", access.Masked(r.url), answer.Status)
}

func (r *remote) Read(b []byte) (int, error) {
	if r.at != r.pos && r.body != nil {
		r.body.Close()
		r.body = nil
	}
	if r.body == nil {
		if _, err := r.request(); err != nil {
			return 0, err
		}
	}
	n, err := r.body.Read(b)
	r.pos += int64(n)
	r.at = r.pos
	return n, err
}

// Close ends the answer that is being read, also from another goroutine than that which reads.
func (r *remote) Close() error {
	r.cancel()
	return nil
}

// seekable is a remote file of known size on a server that answers requests for a range.
type seekable struct {
	*remote
	size int64
}

// Seek is that of io.Seeker.
func (s *seekable) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.pos
	case io.SeekEnd:
		offset += s.size
	}
	if offset < 0 {
		return 0, fmt.Errorf("position %d is before the start", offset)
	}
	s.pos = offset // the next Read asks for it: who only looks how long the file is asks nothing
	return offset, nil
}

func (s *seekable) Read(b []byte) (int, error) {
	if s.pos >= s.size {
		return 0, io.EOF // a range that begins there would be refused
	}
	return s.remote.Read(b)
}
