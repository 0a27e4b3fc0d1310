package http

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
)

// counter counts what is read of a body.
type counter struct {
	from io.Reader
	once sync.Once
	end  chan struct{}

	mu sync.Mutex
	n  int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n += n
	return n, err
}

func (c *counter) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

func (c *counter) done() chan struct{} {
	c.once.Do(func() { c.end = make(chan struct{}) })
	return c.end
}

// read goes through a form and returns its files, or why it is refused.
func read(r io.Reader) (files []string, err error) {
	f, err := newForm(r, "b")
	if err != nil {
		return nil, err
	}
	for {
		p, err := f.next()
		if err != nil || p == nil {
			return files, err
		}
		data, err := io.ReadAll(io.LimitReader(p, 1<<20))
		if err != nil {
			return files, err
		}
		files = append(files, string(data))
	}
}

const fileHead = "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n"

// No form makes the server hold more than the limits say.
func TestFormLimits(t *testing.T) {
	for name, c := range map[string]struct{ form, want string }{
		"no boundary in it":   {strings.Repeat("x\r\n", 1<<18), "header of more than"},
		"a large header":      {"--b\r\nX: " + strings.Repeat("x", maxPartHead) + "\r\n\r\n\r\n--b--", "header of more than"},
		"many fields":         {strings.Repeat("--b\r\n\r\nx\r\n", maxParts+1) + "--b--", "more than 64 parts"},
		"a large field":       {"--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n" + strings.Repeat("x", maxField+1) + "\r\n--b--", `field "text" of the form: more than`},
		"a large tail":        {fileHead + "\r\n" + strings.Repeat("x", 1<<20+maxTail+1) + "\r\n--b--", "not played"},
		"cut off in the head": {fileHead, "EOF"},
		"cut off in a file":   {fileHead + "\r\nhello", "EOF"},
	} {
		if _, err := read(strings.NewReader(c.form)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := newForm(nil, ""); err == nil {
		t.Error("a form without a boundary is taken")
	}
}

func FuzzForm(f *testing.F) {
	f.Add([]byte(fileHead + "\r\nhello\r\n--b--"))
	f.Add([]byte("preamble\r\n--b\r\nContent-Type: video/webm\r\n\r\nhello\r\n--b\r\n\r\nfield\r\n--b--\r\nend"))
	f.Fuzz(func(t *testing.T, data []byte) {
		files, err := read(bytes.NewReader(data))
		total := 0
		for _, file := range files {
			total += len(file)
		}
		if total > len(data) || len(files) > maxParts {
			t.Fatal(fmt.Errorf("%d files of %d bytes out of %d: %w", len(files), total, len(data), err))
		}
	})
}
