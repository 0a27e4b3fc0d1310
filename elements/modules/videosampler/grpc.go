package videosampler

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/rivero-media/rivero/elements/access"
)

// The service is that of the published description of VideoSampler, with the metadata that the original sends too:
//
//	syntax = "proto3";
//	package videoSampler;
//	service ImageDeliver { rpc deliverImage (SampleImage) returns (Empty) {} }
//	message SampleImage { string codec = 1; bytes data = 2; string timestamp = 3; string metadata = 4; }
//	message Empty { }
//
// Four strings and one call need no library: this is gRPC over HTTP/2 without TLS (gRPC's PROTOCOL-HTTP2.md) and the encoding of
// protocol buffers (Encoding, protobuf.dev).
const method = "/videoSampler.ImageDeliver/deliverImage"

// deliveryTimeout bounds one call.
const deliveryTimeout = 10 * time.Second

// image is a SampleImage but for its time.
type image struct {
	codec    string
	data     []byte
	metadata string
}

// client calls the service at one address.
type client struct {
	address string // host:port
	err     error  // why it is none
	policy  *access.Policy
	http    *http.Client
}

// newClient takes an address as gRPC's clients do: host:port, perhaps with dns: or dns:/// before it. Another is no error until
// something is sent, as in the original: "invalid endpoint url to not send".
func newClient(endpoint string, policy *access.Policy) *client {
	c := &client{policy: policy}
	c.address = strings.TrimPrefix(strings.TrimPrefix(endpoint, "dns:"), "///")
	if _, _, err := net.SplitHostPort(c.address); err != nil {
		c.err = fmt.Errorf("endpointUrl %q is not host:port: %w", endpoint, err)
	}
	var h2c http.Protocols
	h2c.SetUnencryptedHTTP2(true)
	c.http = &http.Client{Transport: &http.Transport{DialContext: policy.DialContext, Protocols: &h2c}}
	return c
}

func (c *client) close() { c.http.CloseIdleConnections() }

// deliver makes one call. It returns when the server has answered.
func (c *client) deliver(ctx context.Context, i image) error {
	if c.err != nil {
		return c.err
	}
	if err := c.policy.URI("grpc://" + c.address); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, deliveryTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.address+method, bytes.NewReader(framed(i.encode(time.Now()))))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/grpc+proto")
	request.Header.Set("TE", "trailers")
	answer, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	const most = 1 << 20 // an Empty has five bytes
	if _, err := io.Copy(io.Discard, io.LimitReader(answer.Body, most)); err != nil {
		return err
	}
	return status(answer)
}

// status is what the server says in its trailers, or in its headers if it has nothing else to say.
func status(answer *http.Response) error {
	from := answer.Trailer
	if from.Get("Grpc-Status") == "" {
		from = answer.Header
	}
	switch code := from.Get("Grpc-Status"); {
	case answer.StatusCode != http.StatusOK:
		return fmt.Errorf("the server answers %s", answer.Status)
	case code != "0":
		return fmt.Errorf("the server answers with gRPC status %q %s", code, from.Get("Grpc-Message"))
	}
	return nil
}

// framed is a message behind its length, not compressed.
func framed(message []byte) []byte {
	frame := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message)))
	return append(frame, message...)
}

// encode writes the fields that are not empty, as protocol buffers do. The time is written as C's ctime does.
func (i image) encode(now time.Time) []byte {
	var out []byte
	for n, field := range []string{i.codec, string(i.data), now.Format(time.ANSIC), i.metadata} {
		if field != "" {
			const bytesWithLength = 2
			out = binary.AppendUvarint(out, uint64(n+1)<<3|bytesWithLength)
			out = binary.AppendUvarint(out, uint64(len(field)))
			out = append(out, field...)
		}
	}
	return out
}
