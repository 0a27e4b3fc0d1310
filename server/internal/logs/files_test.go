package logs

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// testFiles is a writer with a clock and a disk of the test's.
func testFiles(t *testing.T, size int64, number int, fallback *bytes.Buffer) (f *Files, clock *time.Time) {
	t.Helper()
	at := time.Date(2026, 2, 3, 23, 59, 58, 0, time.UTC)
	f = &Files{dir: t.TempDir(), size: size, number: number, fallback: fallback,
		now: func() time.Time { return at }, free: func(string) (int64, error) { return 1 << 40, nil }}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f, &at
}

func write(t *testing.T, f *Files, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if n, err := f.Write([]byte(line)); n != len(line) || err != nil {
			t.Fatalf("wrote %d of %q: %v", n, line, err)
		}
	}
}

// contents lists the texts of the log files in the order of their names.
func contents(t *testing.T, f *Files) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !logName.MatchString(e.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(f.dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, string(text))
	}
	return list
}

func expect(t *testing.T, f *Files, want string) {
	t.Helper()
	if got := strings.Join(contents(t, f), "|"); got != want {
		t.Errorf("the files hold %q, want %q", got, want)
	}
}

func TestRotationAtSize(t *testing.T) {
	f, _ := testFiles(t, 6, 3, nil)
	write(t, f, "aaa", "bbb", "ccc", "dddddddddd", "e")
	expect(t, f, "dddddddddd|e") // at most 3×6 bytes, with room for one more
	if name := filepath.Base(f.file.Name()); !strings.HasPrefix(name, "2026-02-03T235958.00003.pid") {
		t.Errorf("the file is called %s", name)
	}
}

func TestRotationAtMidnight(t *testing.T) {
	f, clock := testFiles(t, 100, 3, nil)
	write(t, f, "a")
	*clock = clock.Add(time.Second)
	write(t, f, "b")
	*clock = clock.Add(time.Second)
	write(t, f, "c", "d")
	expect(t, f, "ab|cd")
}

func TestOldFilesGoWhenTheDiskIsFull(t *testing.T) {
	f, _ := testFiles(t, 10, 100, nil)
	free := int64(100)
	f.free = func(string) (int64, error) { return free, nil }
	other := filepath.Join(f.dir, "other.log")
	if err := os.WriteFile(other, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, f, "aaaaaaaaa", "bbbbbbbbb")
	expect(t, f, "aaaaaaaaa|bbbbbbbbb")
	free = 5
	write(t, f, "ccccccccc")
	expect(t, f, "ccccccccc")
	if _, err := os.Stat(other); err != nil {
		t.Errorf("a file of somebody else: %v", err)
	}
}

// What cannot be written goes to standard error, with one line that says why, and to files again when that is possible.
func TestFallback(t *testing.T) {
	var fallback bytes.Buffer
	f, clock := testFiles(t, 100, 3, &fallback)
	write(t, f, "a")
	away := f.dir + ".away"
	if err := os.Rename(f.dir, away); err != nil {
		t.Fatal(err)
	}
	*clock = clock.Add(time.Hour) // wants a new file
	write(t, f, "b\n", "c\n")
	said := fallback.String()
	if strings.Count(said, "cannot be written") != 1 || !strings.HasSuffix(said, "\nb\nc\n") {
		t.Errorf("standard error has %q", said)
	}
	if err := os.Rename(away, f.dir); err != nil {
		t.Fatal(err)
	}
	write(t, f, "d")
	expect(t, f, "a|d")
}

func TestReopen(t *testing.T) {
	f, clock := testFiles(t, 100, 3, nil)
	write(t, f, "a")
	if err := f.Reopen(); err != nil {
		t.Fatal(err)
	}
	write(t, f, "b")
	expect(t, f, "ab")
	if err := os.Remove(f.file.Name()); err != nil {
		t.Fatal(err)
	}
	*clock = clock.Add(time.Second / 2)
	if err := f.Reopen(); err != nil {
		t.Fatal(err)
	}
	write(t, f, "c")
	expect(t, f, "c")
}

func TestOpenFilesFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFiles(filepath.Join(file, "logs"), 100, 3, nil); err == nil {
		t.Error("a directory below a file")
	}
	if free, err := freeBytes(t.TempDir()); err != nil || free <= 0 {
		t.Errorf("%d bytes are free: %v", free, err)
	}
	if _, err := freeBytes(file + "/x"); !errors.Is(err, os.ErrNotExist) && err == nil {
		t.Error("a disk that does not exist has room")
	}
}
