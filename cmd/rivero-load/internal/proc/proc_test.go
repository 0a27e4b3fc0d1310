package proc

import (
	"errors"
	"os"
	"runtime"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	stat := []byte("42 (a (b) c) S 1 42 42 0 -1 4194560 9000 0 3 0 1234 66 0 0 20 0 9 0 100 1000000 500 18446744073709551615")
	if got, err := parseStat(stat); err != nil || got != 13*time.Second {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"", "42 (x) S 1", "42 (x) S 1 42 42 0 -1 4194560 9000 0 3 0 a b 0 0"} {
		if _, err := parseStat([]byte(bad)); !errors.Is(err, ErrFormat) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestParseStatus(t *testing.T) {
	if got, err := parseStatus([]byte("Name:\tx\nVmRSS:\t    2048 kB\nThreads:\t1\n")); err != nil || got != 2<<20 {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"", "VmRSS: many kB\n"} {
		if _, err := parseStatus([]byte(bad)); !errors.Is(err, ErrFormat) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestOwnProcess(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("no /proc on " + runtime.GOOS)
	}
	p, err := Open(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if rss, err := p.RSS(); err != nil || rss < 1<<20 {
		t.Errorf("RSS %d, %v", rss, err)
	}
	if _, err := Open(1 << 30); err == nil {
		t.Error("opened a process that cannot exist")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("1 (x) S 1 2 3"))
	f.Add([]byte("VmRSS:\t 1 kB\n"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = parseStat(data)
		_, _ = parseStatus(data)
	})
}
