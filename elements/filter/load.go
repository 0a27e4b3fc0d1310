package filter

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/rivero-media/rivero/elements/access"
	"github.com/rivero-media/rivero/elements/endpoint"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

const (
	// maxImageBytes bounds the file of an image.
	maxImageBytes = 16 << 20
	// imageTimeout is how long a web server may take for an image.
	imageTimeout = 10 * time.Second
)

// LoadImage reads the PNG or JPEG file that a path, file:// or http(s):// names, if the policy allows it. Constructors and
// operations that get the URI of an image call it.
func LoadImage(ctx context.Context, policy *access.Policy, uri string) (image.Image, error) {
	data, err := load(ctx, policy, uri)
	if err != nil {
		return nil, fmt.Errorf("image %s cannot be read: %w", access.Masked(uri), err)
	}
	img, err := i420.DecodeImage(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", access.Masked(uri), err)
	}
	return img, nil
}

func load(ctx context.Context, policy *access.Policy, uri string) ([]byte, error) {
	scheme, _, hasScheme := strings.Cut(uri, "://")
	if !hasScheme {
		return loadFile(policy, uri)
	}
	if err := policy.URI(uri); err != nil {
		return nil, err
	}
	switch strings.ToLower(scheme) {
	case "file":
		path, err := endpoint.FilePath(uri)
		if err != nil {
			return nil, err
		}
		return loadFile(policy, path)
	case "http", "https":
		return download(ctx, policy, uri)
	}
	return nil, fmt.Errorf("no way to read %q", scheme)
}

func loadFile(policy *access.Policy, path string) ([]byte, error) {
	f, err := policy.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readImage(f)
}

func download(ctx context.Context, policy *access.Policy, uri string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, imageTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, uri, nil)
	if err != nil {
		return nil, err
	}
	client := policy.HTTPClient(imageTimeout)
	defer client.CloseIdleConnections()
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answers %s", answer.Status)
	}
	return readImage(answer.Body)
}

func readImage(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxImageBytes+1))
	if err == nil && len(data) > maxImageBytes {
		err = fmt.Errorf("it is larger than %d bytes", maxImageBytes)
	}
	return data, err
}
