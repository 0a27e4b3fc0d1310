package upload

import (
	"bytes"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

func TestS3(t *testing.T) {
	store := s3mem.New()
	if err := store.CreateBucket("recordings"); err != nil {
		t.Fatal(err)
	}
	service := httptest.NewTLSServer(gofakes3.New(store).Server())
	defer service.Close()
	o := S3Options{Endpoint: service.URL, Region: "us-east-1", AccessKey: "key", SecretKey: "secret", Transport: service.Client().Transport}
	for _, size := range []int{1000, partSize, 2*partSize + 12345} {
		up, err := OpenS3("s3://recordings/a/b%20c.webm", o)
		if err != nil {
			t.Fatal(err)
		}
		want := bytes.Repeat([]byte("recording "), size/10+1)[:size]
		for rest := want; len(rest) > 0; {
			n, err := up.Write(rest[:min(len(rest), 100_000)])
			if err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		change := []byte("what is known at the end")
		if n, err := up.WriteAt(change, 100); err != nil || n != len(change) {
			t.Errorf("changed %d bytes of the first part, %v", n, err)
		}
		copy(want[100:], change)
		if _, err := up.WriteAt(change, int64(min(size, partSize)-10)); !errors.Is(err, ErrSent) {
			t.Errorf("changed what has been sent: %v", err)
		}
		if err := up.Close(); err != nil {
			t.Fatal(err)
		}
		object, err := store.GetObject("recordings", "a/b c.webm", nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(object.Contents); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes of %d, %v", len(got), len(want), err)
		}
	}
	up, err := OpenS3("s3://nowhere/a", o)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = up.Write(make([]byte, 10)) // it may fail already
	if err := up.Close(); err == nil || up.Close() == nil {
		t.Error("a bucket that is not there")
	}
	if _, err := up.Write([]byte("x")); err == nil {
		t.Error("more after the end")
	}
	if _, err := up.WriteAt([]byte("x"), 0); err == nil {
		t.Error("changed after the end")
	}
	for _, uri := range []string{"s3://bucket", "s3:///key", "http://bucket/key", "s3://bucket/"} {
		if _, err := OpenS3(uri, o); err == nil || !strings.Contains(err.Error(), uri) {
			t.Errorf("%s: %v", uri, err)
		}
	}
	if _, err := OpenS3("s3://b/k", S3Options{Endpoint: "ftp://x"}); err == nil {
		t.Error("an endpoint of another scheme")
	}
}
