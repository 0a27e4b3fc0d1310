package http

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

// silence is how long a client may send nothing in the middle of a body.
const silence = 30 * time.Second

// body is that of a request. It is read no faster than it is played, which makes TCP slow its sender down.
// net/http cannot close a body that is being read: deadlines of the connection end a read that waits.
type body struct {
	from io.Reader
	conn *http.ResponseController

	mu      sync.Mutex
	reading bool
	over    bool
}

// Read is part of io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if err := b.begin(); err != nil {
		return 0, err
	}
	n, err := b.from.Read(p)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reading = false
	if again := b.conn.SetReadDeadline(time.Time{}); again != nil && err == nil {
		err = again
	}
	switch {
	case err == nil || err == io.EOF:
	case b.over:
		err = os.ErrClosed
	default:
		err = fmt.Errorf("the client broke off: %w", err)
	}
	return n, err
}

func (b *body) begin() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return os.ErrClosed
	}
	b.reading = true
	return b.conn.SetReadDeadline(time.Now().Add(silence))
}

// interrupt ends reading: a read that waits returns, later ones do not begin.
func (b *body) interrupt() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
	if b.reading {
		_ = b.conn.SetReadDeadline(time.Unix(1, 0)) // fails when the connection is gone, which ends the read too
	}
}
