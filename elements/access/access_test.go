package access

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, t := range texts {
		list = append(list, netip.MustParsePrefix(t))
	}
	return list
}

func TestAddresses(t *testing.T) {
	p := New(Rules{Allowed: prefixes("10.0.0.0/8", "fd00::/8"), Denied: prefixes("10.1.0.0/16", "fd00:ec2::254/128")}, zerolog.Nop())
	for address, allowed := range map[string]bool{
		"10.2.3.4": true, "10.1.2.3": false, "192.168.0.1": false, "::ffff:10.2.3.4": true, "::ffff:10.1.0.1": false,
		"fd00::1": true, "fd00:ec2::254": false, "fd00:ec2::254%eth0": false, "fe80::1": false,
	} {
		if err := p.Address(netip.MustParseAddr(address)); (err == nil) != allowed || err != nil && !errors.Is(err, ErrDenied) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if err := (*Policy)(nil).Address(netip.MustParseAddr("169.254.169.254")); err != nil {
		t.Error(err)
	}
}

// A name is judged by what it stands for, at every connection, those of redirects included.
func TestConnections(t *testing.T) {
	final := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	defer final.Close()
	_, port, _ := net.SplitHostPort(final.Listener.Addr().String())
	first := httptest.NewServer(http.RedirectHandler("http://localhost:"+port+"/", http.StatusFound))
	defer first.Close()

	open := New(Rules{}, zerolog.Nop())
	answer, err := open.HTTPClient(time.Minute).Get(first.URL)
	if err != nil || answer.StatusCode != http.StatusNoContent {
		t.Fatalf("%v, %v", answer, err)
	}
	answer.Body.Close()
	closed := New(Rules{Denied: prefixes("127.0.0.0/8", "::1/128")}, zerolog.Nop())
	if _, err := closed.DialContext(context.Background(), "tcp", "localhost:"+port); !errors.Is(err, ErrDenied) {
		t.Errorf("dialed a name: %v", err)
	}
	if _, err := closed.HTTPClient(time.Minute).Get(first.URL); !errors.Is(err, ErrDenied) {
		t.Errorf("asked a server: %v", err)
	}
	secure := New(Rules{Schemes: []string{"https", "rtsp"}}, zerolog.Nop())
	if _, err := secure.HTTPClient(time.Minute).Get(first.URL); !errors.Is(err, ErrDenied) {
		t.Errorf("redirected to another scheme: %v", err)
	}
	if err := errors.Join(secure.URI("HTTPS://host/"), secure.URI("rtsp://host/")); err != nil {
		t.Error(err)
	}
	if err := secure.URI("file:///etc/passwd"); !errors.Is(err, ErrDenied) {
		t.Errorf("a file: %v", err)
	}
}

func TestRoots(t *testing.T) {
	dir := t.TempDir()
	inside, outside := filepath.Join(dir, "media"), filepath.Join(dir, "secret")
	for _, d := range []string{inside, outside} {
		if err := os.Mkdir(d, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(d, "file"), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(inside, "link")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(inside, "pipe"), 0o666); err != nil {
		t.Fatal(err)
	}
	p := New(Rules{Roots: []string{filepath.Join(dir, "none"), inside}}, zerolog.Nop())
	read := func(path string) error {
		f, err := p.Open(path)
		if err == nil {
			f.Close()
		}
		return err
	}
	write := func(path string) error {
		f, err := p.Create(path)
		if err == nil {
			f.Close()
		}
		return err
	}
	for path, allowed := range map[string]bool{
		inside + "/file": true, outside + "/file": false, inside + "/../secret/file": false, inside + "/link/file": false, inside + "x/file": false,
	} {
		if err := read(path); errors.Is(err, ErrDenied) == allowed {
			t.Errorf("reading %s: %v", path, err)
		}
		if err := write(path); errors.Is(err, ErrDenied) == allowed {
			t.Errorf("writing %s: %v", path, err)
		}
	}
	if err := errors.Join(write(inside+"/a/b/new"), read(inside+"/a/b/new")); err != nil {
		t.Error(err)
	}
	if err := write(inside + "/pipe"); err == nil {
		t.Error("a pipe was opened")
	}
	if _, err := os.Stat(filepath.Join(outside, "a")); !os.IsNotExist(err) {
		t.Error("something was made outside")
	}
}
