// Package upload sends what is being recorded to a web server while it is written: one request whose body grows (chunked,
// RFC 9112 §7.1). What was sent is kept up to a limit, so that a request that fails early is made again from the start, and what
// waits is bounded by the same limit.
package upload

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/rs/zerolog"
)

// ErrSlow is the error for a server that takes less than is recorded, for so long that the limit is reached.
var ErrSlow = errors.New("the server takes the recording too slowly")

const (
	// DefaultLimit is that of Options.Limit: two minutes of 2 Mbit/s.
	DefaultLimit = 32 << 20
	attempts     = 5
	firstWait    = time.Second // before the second attempt; each wait is twice the one before
	// answerTime is how long the server may take for its answer when it has everything.
	answerTime = 30 * time.Second
)

// Options say where a recording goes.
type Options struct {
	URL    *url.URL      // http or https; user and password in it are those of basic authentication
	Method string        // POST if ""
	Client *http.Client  // of this upload alone; its redirects are followed here
	Type   string        // of the content, application/octet-stream if ""
	Limit  int           // bytes kept for another attempt, and waiting at most; 0: DefaultLimit
	Wait   time.Duration // before the second attempt, each later wait is twice the one before; 0: one second
	// Redirected judges where the server wants the recording (307 and 308); nil: it may go anywhere.
	Redirected func(to *url.URL) error
	// Final tells which errors of the connection another attempt does not change; nil: none.
	Final func(error) bool
	Log   zerolog.Logger
}

// Upload is one recording on its way. It is an io.WriteCloser for one goroutine; Write does not wait for the server.
type Upload struct {
	*spool
	opts Options
	done chan struct{} // closed when the error is final
}

// Open begins the request. Errors are those of Write and Close.
func Open(o Options) *Upload {
	if o.Method == "" {
		o.Method = http.MethodPost
	}
	if o.Type == "" {
		o.Type = "application/octet-stream"
	}
	if o.Limit == 0 {
		o.Limit = DefaultLimit
	}
	if o.Wait == 0 {
		o.Wait = firstWait
	}
	client := *o.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // its body cannot be read twice
	o.Client = &client
	ctx, cancel := context.WithCancel(context.Background())
	u := &Upload{spool: newSpool(o.Limit, cancel), opts: o, done: make(chan struct{})}
	go u.run(ctx)
	return u
}

// Close sends the rest and returns when the server has answered, or does not for too long. It may be called twice.
func (u *Upload) Close() error {
	u.finish()
	late := time.AfterFunc(answerTime, func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.fail(fmt.Errorf("the server has not answered for %v", answerTime))
	})
	defer late.Stop()
	<-u.done
	return u.failed()
}

// run makes the request, until it succeeds or cannot any more.
func (u *Upload) run(ctx context.Context) {
	defer close(u.done)
	defer u.opts.Client.CloseIdleConnections()
	defer u.cancel()
	to, wait := u.opts.URL, u.opts.Wait
	for attempt := 1; ; attempt++ {
		next, err := u.attempt(ctx, to)
		if err == nil {
			return
		}
		if next != nil {
			to = next
		}
		u.mu.Lock()
		_, refused := errors.AsType[refusal](err)
		if _, denied := errors.AsType[final](err); refused || denied || attempt == attempts || u.start > 0 || u.err != nil {
			u.fail(err)
			u.mu.Unlock()
			return
		}
		u.mu.Unlock()
		u.opts.Log.Warn().Err(err).Str("host", to.Host).Int("attempt", attempt).Msg("recording is sent again")
		if next != nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait *= 2
	}
}

// refusal is an answer of the server that another attempt does not change.
type refusal struct{ status string }

func (r refusal) Error() string { return "the server answers " + r.status }

// final is an error for which Options.Final is true.
type final struct{ error }

func (f final) Unwrap() error { return f.error }

// attempt sends everything from the start. next is where the server wants it instead.
func (u *Upload) attempt(ctx context.Context, to *url.URL) (next *url.URL, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	body := &body{spool: u.spool}
	defer context.AfterFunc(ctx, body.stop)()
	r, err := http.NewRequestWithContext(ctx, u.opts.Method, to.String(), body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", u.opts.Type)
	answer, err := u.opts.Client.Do(r)
	if err != nil {
		var detail *url.Error
		if errors.As(err, &detail) {
			err = detail.Err // its text has the URL, and in it may be a password
		}
		if u.opts.Final != nil && u.opts.Final(err) {
			err = final{err}
		}
		return nil, err
	}
	answer.Body.Close()
	switch code := answer.StatusCode; {
	case code >= 200 && code < 300:
		return nil, u.sent()
	case code == http.StatusTemporaryRedirect || code == http.StatusPermanentRedirect:
		if next, err = answer.Location(); err == nil && u.opts.Redirected != nil {
			err = u.opts.Redirected(next)
		}
		if err != nil {
			return nil, refusal{fmt.Sprintf("%s: %v", answer.Status, err)}
		}
		return next, errors.New("the server answers " + answer.Status)
	case code >= 500 || code == http.StatusTooManyRequests:
		return nil, errors.New("the server answers " + answer.Status)
	default:
		return nil, refusal{answer.Status}
	}
}

// sent tells whether everything was, when the server is content.
func (u *Upload) sent() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.whole || u.taken < u.start+len(u.chunks) {
		return refusal{"before it has everything"}
	}
	return nil
}
