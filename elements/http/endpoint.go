package http

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/rivero-media/rivero/elements/endpoint"
	"github.com/rivero-media/rivero/elements/player/playback"
	"github.com/rivero-media/rivero/pipeline"
)

// cookieName is that of the cookie by which the client is known again that a URL is bound to.
const cookieName = "HttpEPCookie"

// Endpoint is an HttpPostEndpoint.
type Endpoint struct {
	pipeline.MediaElement
	server    *Server
	path, url string
	patience  time.Duration // that a client who has gone is waited for
	stage     playback.Stage

	mu      sync.Mutex
	cookie  string      // of the client, "": none has come yet
	current *request    // nil: the client is not connected
	visits  int         // requests so far
	expiry  *time.Timer // while the client is not connected
	over    bool        // the URL is known no more
	work    sync.WaitGroup
}

// request is one POST request that is being served.
type request struct {
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{}
}

func create(s *Server, c pipeline.Creation, p params) (pipeline.Object, error) {
	const most = math.MaxInt32 // seconds: 68 years
	if p.DisconnectionTimeout < 0 || p.DisconnectionTimeout > most {
		return nil, pipeline.Errorf(pipeline.IllegalParam, "disconnectionTimeout %d is out of range", p.DisconnectionTimeout)
	}
	e := &Endpoint{server: s, path: "/" + uuid.NewString(), patience: time.Duration(p.DisconnectionTimeout) * time.Second}
	e.Setup(c, e, p.MediaPipeline, p.MediaPipeline)
	e.stage.Setup(&e.MediaElement)
	var err error
	if e.url, err = s.add(e.path, e); err != nil {
		e.Close()
		return nil, pipeline.Errorf(pipeline.HttpRegistrationError, "Cannot register HttpPostEndPoint: %v", err)
	}
	return e, nil
}

// serve plays the body of a POST request and answers it when it is played.
func (e *Endpoint) serve(w http.ResponseWriter, r *http.Request) {
	given := ""
	if c, err := r.Cookie(cookieName); err == nil {
		given = c.Value
	}
	q, cookie, bound := e.begin(given)
	switch {
	case q == nil && bound:
		e.server.refuse(w, r, http.StatusBadRequest, "the URL is bound to another client, by the cookie "+cookieName)
		return
	case q == nil:
		e.server.refuse(w, r, http.StatusNotFound, "the URL has expired")
		return
	}
	defer e.end(q)
	if !bound {
		e.Emit(endpoint.MediaSessionStarted{})
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: cookie, Path: e.path, HttpOnly: true})
	log := e.Log()
	log.Info().Str("client", r.RemoteAddr).Str("type", r.Header.Get("Content-Type")).Msg("client begins to send")
	b := &body{from: r.Body, conn: http.NewResponseController(w)}
	defer context.AfterFunc(q.ctx, b.interrupt)()
	err := e.play(q.ctx, b, r.Header.Get("Content-Type"))
	if err == nil {
		err = discard(b, maxTail)
	}
	gone := q.ctx.Err() != nil
	if !gone {
		e.ended(err)
	}
	if err := answerSoon(w); err != nil {
		log.Debug().Err(err).Msg("client is not there to be answered")
		return
	}
	switch {
	case gone:
		e.server.refuse(w, r, http.StatusConflict, "the endpoint was released, or its client sends anew")
	case errors.Is(err, playback.ErrMedia):
		e.server.refuse(w, r, http.StatusUnsupportedMediaType, err.Error())
	case err != nil:
		e.server.refuse(w, r, http.StatusBadRequest, err.Error())
	default:
		w.WriteHeader(http.StatusOK)
	}
}

// begin admits a request: the first one binds the URL to its client, others must have the cookie. A client that was cut off
// may not be missed yet; what it sends anew takes the place of what it sent before. nil: the request is refused, because the
// URL is bound to another client or has expired.
func (e *Endpoint) begin(given string) (q *request, cookie string, bound bool) {
	e.mu.Lock()
	bound = e.cookie != ""
	if e.over || bound && given != e.cookie {
		bound = bound && !e.over
		e.mu.Unlock()
		return nil, "", bound
	}
	if !bound {
		e.cookie = uuid.NewString()
	}
	e.unexpire()
	before := e.current
	q = &request{done: make(chan struct{})}
	q.ctx, q.cancel = context.WithCancel(context.Background())
	e.current, cookie = q, e.cookie
	e.visits++
	e.work.Add(1)
	e.mu.Unlock()
	if before != nil {
		before.cancel()
		<-before.done
	}
	return q, cookie, bound
}

// end is reached when a request is served. The URL expires unless another one comes.
func (e *Endpoint) end(q *request) {
	defer e.work.Done()
	q.cancel()
	close(q.done)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.current != q {
		return
	}
	e.current = nil
	if e.over {
		return
	}
	e.work.Add(1)
	visit := e.visits
	e.expiry = time.AfterFunc(e.patience, func() {
		defer e.work.Done()
		e.expire(visit)
	})
}

// unexpire stops the timer. Called locked.
func (e *Endpoint) unexpire() {
	if e.expiry != nil && e.expiry.Stop() {
		e.work.Done()
	}
	e.expiry = nil
}

// expire makes the URL unknown, unless its client has come back since that visit.
func (e *Endpoint) expire(visit int) {
	e.mu.Lock()
	if e.over || e.visits != visit {
		e.mu.Unlock()
		return
	}
	e.over, e.expiry = true, nil
	e.mu.Unlock()
	e.server.remove(e.path)
	e.Emit(endpoint.MediaSessionTerminated{})
}

// play plays a body, or the files of a form one after the other.
func (e *Endpoint) play(ctx context.Context, b io.Reader, contentType string) error {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "multipart/form-data" {
		return playback.New(&e.stage, false).File(ctx, b)
	}
	f, err := newForm(b, params["boundary"])
	if err != nil {
		return fmt.Errorf("%w: %w", playback.ErrMedia, err)
	}
	for n := 0; ; n++ {
		part, err := f.next()
		switch {
		case err != nil:
			return err
		case part == nil && n == 0:
			return fmt.Errorf("%w: the form has no file", playback.ErrMedia)
		case part == nil:
			return nil
		}
		if err := playback.New(&e.stage, false).File(ctx, part); err != nil {
			return err
		}
	}
}

// ended tells how a body has ended. One of which nothing could be played has no stream that could.
func (e *Endpoint) ended(err error) {
	if err != nil {
		event := pipeline.Error{Description: err.Error(), Type: "STREAM_ERROR_FAILED"}
		if errors.Is(err, playback.ErrMedia) {
			event = pipeline.Error{Description: fmt.Sprintf("Invalid Media: %v", err), Type: "INVALID_MEDIA"}
		}
		e.Emit(event)
		if errors.Is(err, playback.ErrMedia) {
			return
		}
	}
	e.stage.End()
	e.Emit(EndOfStream{})
}

// Close ends what is being sent.
func (e *Endpoint) Close() {
	e.mu.Lock()
	started := e.cookie != "" && !e.over
	e.over = true
	e.unexpire()
	q := e.current
	e.mu.Unlock()
	e.server.remove(e.path)
	if q != nil {
		q.cancel()
	}
	e.work.Wait()
	if started {
		e.Emit(endpoint.MediaSessionTerminated{})
	}
	e.MediaElement.Close()
	e.stage.Close()
}
