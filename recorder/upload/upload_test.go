package upload

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// receiver is a web server that takes recordings.
type receiver struct {
	*httptest.Server
	requests atomic.Int32

	mu     sync.Mutex
	whole  [][]byte // of requests that were read to their end
	header http.Header
	method string
}

// newReceiver answers request number n (from 1 on) with what answer gives, after it has read the body, unless answer says not to.
func newReceiver(t *testing.T, answer func(n int32, w http.ResponseWriter, r *http.Request) (read bool, code int)) *receiver {
	s := &receiver{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		read, code := answer(s.requests.Add(1), w, r)
		if read {
			data, err := io.ReadAll(r.Body)
			if err != nil {
				return // it was given up
			}
			s.mu.Lock()
			s.whole, s.header, s.method = append(s.whole, data), r.Header.Clone(), r.Method
			s.mu.Unlock()
		}
		w.WriteHeader(code)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *receiver) open(t *testing.T, change func(o *Options)) *Upload {
	t.Helper()
	to, err := url.Parse(s.URL + "/recordings/a")
	if err != nil {
		t.Fatal(err)
	}
	to.User = url.UserPassword("us er", "p@ss")
	o := Options{URL: to, Client: &http.Client{Transport: &http.Transport{}}, Wait: time.Millisecond, Log: zerolog.Nop()}
	if change != nil {
		change(&o)
	}
	return Open(o)
}

// record writes so many pieces of 1000 bytes and returns what it has written.
func record(t *testing.T, u *Upload, pieces int) []byte {
	t.Helper()
	var all []byte
	for i := range pieces {
		piece := bytes.Repeat([]byte{byte(i)}, 1000)
		if _, err := u.Write(piece); err != nil {
			t.Fatal(err)
		}
		all = append(all, piece...)
	}
	return all
}

func TestUpload(t *testing.T) {
	s := newReceiver(t, func(int32, http.ResponseWriter, *http.Request) (bool, int) { return true, http.StatusCreated })
	for _, method := range []string{"", http.MethodPut} {
		u := s.open(t, func(o *Options) { o.Method, o.Type = method, "video/webm" })
		want := record(t, u, 50)
		if err := errors.Join(u.Close(), u.Close()); err != nil {
			t.Fatal(err)
		}
		s.mu.Lock()
		if got := s.whole[len(s.whole)-1]; !bytes.Equal(got, want) {
			t.Errorf("%d bytes arrived of %d", len(got), len(want))
		}
		if user := s.header.Get("Authorization"); user != "Basic dXMgZXI6cEBzcw==" || s.header.Get("Content-Type") != "video/webm" {
			t.Errorf("header %v", s.header)
		}
		if want := strings.TrimSpace(method + " POST"); s.method != strings.Fields(want)[0] {
			t.Errorf("method %s", s.method)
		}
		s.mu.Unlock()
		if _, err := u.Write([]byte("more")); err == nil {
			t.Error("more after the end")
		}
	}
}

// A request that fails is made again from the start; what nothing can mend is an error.
func TestAttempts(t *testing.T) {
	for _, test := range []struct {
		name     string
		answer   func(n int32, w http.ResponseWriter, r *http.Request) (bool, int)
		requests int32
		err      string
	}{
		{"the server is restarted", func(n int32, w http.ResponseWriter, _ *http.Request) (bool, int) {
			if n < 3 {
				panic(http.ErrAbortHandler)
			}
			return true, 200
		}, 3, ""},
		{"it is busy", func(n int32, _ http.ResponseWriter, _ *http.Request) (bool, int) {
			return true, map[bool]int{true: 503, false: 200}[n == 1]
		}, 2, ""},
		{"it stays busy", func(int32, http.ResponseWriter, *http.Request) (bool, int) { return true, 503 }, attempts, "the server answers 503"},
		{"it does not want it", func(int32, http.ResponseWriter, *http.Request) (bool, int) { return false, 401 }, 1, "the server answers 401"},
		{"it is content too soon", func(_ int32, w http.ResponseWriter, _ *http.Request) (bool, int) {
			w.Header().Set("Connection", "close")
			return false, 200
		}, 1, "before it has everything"},
		{"somewhere else", func(n int32, w http.ResponseWriter, r *http.Request) (bool, int) {
			if r.URL.Path == "/recordings/a" {
				w.Header().Set("Location", "/other")
				return false, 307
			}
			return true, 200
		}, 2, ""},
		{"somewhere forbidden", func(n int32, w http.ResponseWriter, r *http.Request) (bool, int) {
			w.Header().Set("Location", "http://forbidden/")
			return false, 308
		}, 1, "not there"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newReceiver(t, test.answer)
			u := s.open(t, func(o *Options) {
				o.Redirected = func(to *url.URL) error {
					if to.Host == "forbidden" {
						return errors.New("not there")
					}
					return nil
				}
			})
			want := bytes.Repeat([]byte("recording "), 10000)
			_, err := u.Write(want)
			if strings.Contains(test.err, "too soon") || strings.Contains(test.err, "everything") {
				<-u.done // before the end is known
			}
			if closed := u.Close(); err == nil {
				err = closed
			}
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("error %v, want %q", err, test.err)
			}
			if n := s.requests.Load(); n != test.requests {
				t.Errorf("%d requests, want %d", n, test.requests)
			}
			if strings.Contains(errorText(err), "p@ss") {
				t.Error("the password is in the error")
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			if test.err == "" && !bytes.Equal(s.whole[len(s.whole)-1], want) {
				t.Error("it is not what was recorded")
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// What was sent is forgotten at the limit; what waits beyond it is an error, and nobody is held up.
func TestLimit(t *testing.T) {
	begun, goOn := make(chan struct{}, 1), make(chan struct{})
	s := newReceiver(t, func(int32, http.ResponseWriter, *http.Request) (bool, int) {
		begun <- struct{}{}
		<-goOn
		return true, 200
	})
	defer sync.OnceFunc(func() { close(goOn) })()
	u := s.open(t, func(o *Options) { o.Limit = 64 << 20 })
	record(t, u, 10)
	<-begun
	var err error
	for written := 0; err == nil && written < 200<<20; written += 1 << 20 { // far above what sockets hold
		_, err = u.Write(make([]byte, 1<<20))
	}
	if !errors.Is(err, ErrSlow) {
		t.Errorf("error %v", err)
	}
	if err := u.Close(); !errors.Is(err, ErrSlow) {
		t.Errorf("at the end: %v", err)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.size > 64<<20 {
		t.Errorf("%d bytes are kept", u.size)
	}
}

// A recording may be far longer than the limit when the server keeps up.
func TestLongerThanTheLimit(t *testing.T) {
	var got atomic.Int64
	progress := make(chan struct{}, 1)
	s := newReceiver(t, func(_ int32, _ http.ResponseWriter, r *http.Request) (bool, int) {
		buf := make([]byte, 1<<16)
		for {
			n, err := r.Body.Read(buf)
			got.Add(int64(n))
			select {
			case progress <- struct{}{}:
			default:
			}
			if err != nil {
				return false, 200
			}
		}
	})
	u := s.open(t, func(o *Options) { o.Limit = 1 << 20 })
	const pieces, size = 100, 100_000
	for i := range pieces {
		if _, err := u.Write(make([]byte, size)); err != nil {
			t.Fatal(err)
		}
		for got.Load() < int64((i-4)*size) {
			select {
			case <-progress:
			case <-time.After(30 * time.Second):
				t.Fatalf("%d bytes arrived of %d", got.Load(), (i+1)*size)
			}
		}
	}
	if err := u.Close(); err != nil || got.Load() != pieces*size {
		t.Errorf("%d bytes, %v", got.Load(), err)
	}
}
