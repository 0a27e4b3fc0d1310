package recorder

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rivero-media/rivero/elements/access"
	"github.com/rivero-media/rivero/elements/endpoint"
	"github.com/rivero-media/rivero/pipeline/media"
	"github.com/rivero-media/rivero/recorder"
	"github.com/rivero-media/rivero/recorder/upload"
)

// Uploads are the settings of recordings that go to servers.
type Uploads struct {
	Method                   string // of HTTP, POST if ""
	S3Endpoint, S3Region     string
	S3AccessKey, S3SecretKey string
}

// answerTimeout is how long a server may take to begin its answer once it has everything.
const answerTimeout = 30 * time.Second

// target returns the function that opens what the recorder's URI names, as far as that is allowed.
func (e *Endpoint) target(s Settings) func() (recorder.Target, error) {
	uri := e.Resolve(s.DefaultPath)
	if e.profile.name == splitProfile {
		return recorder.SplitTarget(func(k media.Kind) (recorder.Target, error) { return e.open(kindURI(uri, k), s) })
	}
	return func() (recorder.Target, error) { return e.open(uri, s) }
}

func (e *Endpoint) open(uri string, s Settings) (recorder.Target, error) {
	if err := s.Access.URI(uri); err != nil {
		return nil, err
	}
	scheme, _, _ := strings.Cut(uri, "://")
	switch strings.ToLower(scheme) {
	case "file":
		path, err := endpoint.FilePath(uri)
		if err != nil {
			return nil, err
		}
		f, err := s.Access.Create(path)
		if err != nil {
			return nil, err
		}
		return recorder.File(f), nil
	case "http", "https":
		return e.openWeb(uri, s)
	case "s3":
		return upload.OpenS3(uri, upload.S3Options{
			Endpoint: s.Uploads.S3Endpoint, Region: s.Uploads.S3Region,
			AccessKey: s.Uploads.S3AccessKey, SecretKey: s.Uploads.S3SecretKey,
			Type: e.profile.mime, Transport: transport(s.Access),
		})
	}
	return nil, fmt.Errorf("recordings cannot go to %q", scheme)
}

func (e *Endpoint) openWeb(uri string, s Settings) (recorder.Target, error) {
	to, err := url.Parse(uri)
	if err != nil || to.Host == "" {
		return nil, errors.New("not an http URI") // and never its text, which may hold a password
	}
	return upload.Open(upload.Options{
		URL: to, Method: s.Uploads.Method, Type: e.profile.mime, Client: &http.Client{Transport: transport(s.Access)},
		Redirected: func(to *url.URL) error { return s.Access.URI(to.String()) },
		Final:      func(err error) bool { return errors.Is(err, access.ErrDenied) },
		Log:        e.Log(),
	}), nil
}

// transport is one whose connections are judged, and which takes a recording as it comes: a server may answer when it has
// everything.
func transport(policy *access.Policy) http.RoundTripper {
	return policy.HTTPClient(answerTimeout).Transport
}
