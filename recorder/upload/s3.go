package upload

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// S3Options say where recordings to s3://bucket/key go.
type S3Options struct {
	Endpoint  string // URL of the service, https://s3.amazonaws.com if ""
	Region    string // "": the service is asked
	AccessKey string // "", as SecretKey: those of the environment (AWS_ACCESS_KEY_ID and so on), else none
	SecretKey string
	Transport http.RoundTripper // nil: http.DefaultTransport
	Type      string            // of the content, application/octet-stream if ""
}

const (
	defaultS3 = "https://s3.amazonaws.com"
	// partSize is that of all parts but the last: the smallest that the service takes is 5 MiB, and it takes 10,000 of them, so
	// that a recording may have 78 GiB. One part is in memory, beside what waits.
	partSize = 8 << 20
)

// S3 is one recording on its way to an object store, in parts: until Close has succeeded there is no object. It is an
// io.WriteCloser for one goroutine; Write does not wait for the service.
type S3 struct {
	*spool
	done chan struct{} // closed when the error is final
}

// OpenS3 begins an upload to a URI like s3://bucket/key. Errors of the service are those of Write and Close.
func OpenS3(uri string, o S3Options) (*S3, error) {
	bucket, key, err := parseS3(uri)
	if err != nil {
		return nil, err
	}
	if o.Endpoint == "" {
		o.Endpoint = defaultS3
	}
	endpoint, err := url.Parse(o.Endpoint)
	if err != nil || endpoint.Host == "" || endpoint.Scheme != "http" && endpoint.Scheme != "https" {
		return nil, fmt.Errorf("S3 endpoint %q is not an http or https URL", o.Endpoint)
	}
	if o.Type == "" {
		o.Type = "application/octet-stream"
	}
	keys := credentials.NewEnvAWS()
	if o.AccessKey != "" {
		keys = credentials.NewStaticV4(o.AccessKey, o.SecretKey, "")
	}
	client, err := minio.New(endpoint.Host, &minio.Options{
		Creds: keys, Secure: endpoint.Scheme == "https", Region: o.Region, Transport: o.Transport, MaxRetries: attempts,
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &S3{spool: newSpool(DefaultLimit, cancel), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		defer cancel()
		from := &body{spool: s.spool}
		defer context.AfterFunc(ctx, from.stop)()
		_, err := client.PutObject(ctx, bucket, key, from, -1, minio.PutObjectOptions{ContentType: o.Type, PartSize: partSize})
		if err != nil {
			s.mu.Lock()
			s.fail(err)
			s.mu.Unlock()
		}
	}()
	return s, nil
}

// parseS3 takes s3://bucket/key apart.
func parseS3(uri string) (bucket, key string, err error) {
	scheme, rest, ok := strings.Cut(uri, "://")
	bucket, key, both := strings.Cut(rest, "/")
	if !ok || !strings.EqualFold(scheme, "s3") || !both || bucket == "" || key == "" {
		return "", "", fmt.Errorf("%q is not s3://bucket/key", uri)
	}
	if decoded, err := url.PathUnescape(key); err == nil {
		key = decoded
	}
	return bucket, key, nil
}

// Close sends the rest and returns when the object is there, or the service does not answer for too long. It may be called
// twice.
func (s *S3) Close() error {
	s.finish()
	late := time.AfterFunc(answerTime, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.fail(fmt.Errorf("the object store has not taken everything for %v", answerTime))
	})
	defer late.Stop()
	<-s.done
	return s.failed()
}
