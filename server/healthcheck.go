package server

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/rivero-media/rivero/conf"
	"github.com/rivero-media/rivero/jsonrpc"
)

// healthTimeout is how long a healthy server may take, the same as in the health check of Kurento's image.
const healthTimeout = 3 * time.Second

// healthcheck asks the server that runs with this configuration for a pong; it returns the exit code.
func healthcheck(ctx context.Context, c *conf.Config, stdout, stderr io.Writer) int {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	target := controlURL(c)
	if err := jsonrpc.Probe(ctx, target); err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", target, err)
		return 1
	}
	fmt.Fprintf(stdout, "%s: pong\n", target)
	return 0
}

// controlURL is where the server's own machine reaches its control protocol: at ws if there is one, else at wss.
func controlURL(c *conf.Config) string {
	u := url.URL{Scheme: "ws", Path: c.WebSocket.Path}
	host, port := cmp.Or(c.WebSocket.Address, "127.0.0.1"), c.WebSocket.Port
	if port == 0 {
		u.Scheme, host, port = "wss", "127.0.0.1", c.WebSocket.Secure.Port
	}
	if ip := net.ParseIP(host); ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.To4() == nil {
			host = "::1"
		}
	}
	u.Host = net.JoinHostPort(host, strconv.Itoa(port))
	return u.String()
}
