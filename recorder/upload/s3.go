package upload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
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
	// that a recording may have 78 GiB. Two parts are in memory, beside what waits.
	partSize = 8 << 20
	// abortTime is how long the store may take to forget an upload that has failed.
	abortTime = 10 * time.Second
)

// ErrSent is the error for changes of what has left already.
var ErrSent = errors.New("this part of the recording has been sent")

// S3 is one recording on its way to an object store, in parts: until Close has succeeded there is no object. The first part is
// sent last, so that what stands at the beginning of a file can be said at its end. It is an io.WriteCloser and an
// io.WriterAt for one goroutine; Write does not wait for the service.
type S3 struct {
	*spool
	core        minio.Core
	bucket, key string
	options     minio.PutObjectOptions
	head        []byte        // the first part; the sender's when the recording is whole
	done        chan struct{} // closed when the error is final
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
	s := &S3{
		spool: newSpool(DefaultLimit, cancel), core: minio.Core{Client: client}, bucket: bucket, key: key,
		options: minio.PutObjectOptions{ContentType: o.Type, PartSize: partSize}, done: make(chan struct{}),
	}
	go func() {
		defer close(s.done)
		defer cancel()
		from := &body{spool: s.spool}
		defer context.AfterFunc(ctx, from.stop)()
		if err := s.send(ctx, from); err != nil {
			s.mu.Lock()
			s.fail(err)
			s.mu.Unlock()
		}
	}()
	return s, nil
}

// Write is part of io.Writer.
func (s *S3) Write(data []byte) (n int, err error) {
	if n = min(partSize-len(s.head), len(data)); n > 0 {
		if err := s.open(); err != nil {
			return 0, err
		}
		s.head = append(s.head, data[:n]...)
	}
	if n < len(data) {
		var more int
		more, err = s.spool.Write(data[n:])
		n += more
	}
	return n, err
}

// WriteAt is part of io.WriterAt. It changes what Write has taken for the first part.
func (s *S3) WriteAt(data []byte, at int64) (int, error) {
	if err := s.open(); err != nil {
		return 0, err
	}
	if end := at + int64(len(data)); at < 0 || end > int64(len(s.head)) {
		return 0, fmt.Errorf("bytes %d to %d: %w", at, end, ErrSent)
	}
	return copy(s.head[at:], data), nil
}

// send reads all parts but the first, which it sends last.
func (s *S3) send(ctx context.Context, from io.Reader) error {
	var id string // of the upload, "" while the first part is all
	var parts []minio.CompletePart
	complete := false
	defer func() {
		if id != "" && !complete {
			s.abort(ctx, id)
		}
	}()
	put := func(number int, data []byte) error {
		p, err := s.core.PutObjectPart(ctx, s.bucket, s.key, id, number, bytes.NewReader(data), int64(len(data)), minio.PutObjectPartOptions{})
		if err == nil {
			parts = append(parts, minio.CompletePart{PartNumber: number, ETag: p.ETag})
		}
		return err
	}
	next := make([]byte, partSize)
	for {
		n, err := io.ReadFull(from, next)
		if err == io.EOF {
			break
		}
		if err != nil && err != io.ErrUnexpectedEOF {
			return err
		}
		if id == "" {
			if id, err = s.core.NewMultipartUpload(ctx, s.bucket, s.key, s.options); err != nil {
				return err
			}
		}
		if err := put(len(parts)+2, next[:n]); err != nil {
			return err
		}
	}
	if id == "" {
		_, err := s.core.Client.PutObject(ctx, s.bucket, s.key, bytes.NewReader(s.head), int64(len(s.head)), s.options)
		return err
	}
	if err := put(1, s.head); err != nil {
		return err
	}
	slices.SortFunc(parts, func(a, b minio.CompletePart) int { return a.PartNumber - b.PartNumber })
	_, err := s.core.CompleteMultipartUpload(ctx, s.bucket, s.key, id, parts, s.options)
	complete = err == nil
	return err
}

// abort has the store forget the parts, which it would keep and charge for. That it fails too changes nothing: the
// recording has failed already, and stores can be told to remove what is not completed.
func (s *S3) abort(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTime)
	defer cancel()
	_ = s.core.AbortMultipartUpload(ctx, s.bucket, s.key, id)
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
