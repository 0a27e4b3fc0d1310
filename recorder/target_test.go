package recorder

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestFilePath(t *testing.T) {
	tests := []struct{ uri, want string }{
		{"file:///tmp/a.webm", "/tmp/a.webm"},
		{"FILE:///tmp/a.webm", "/tmp/a.webm"},
		{"file://localhost/tmp/a.webm", "/tmp/a.webm"},
		{"file:///tmp/with%20space.webm", "/tmp/with space.webm"},
		{"file:///tmp/with space?and#more.webm", "/tmp/with space?and#more.webm"},
		{"file:///tmp/100%.webm", "/tmp/100%.webm"},
		{"file:///tmp/x/../y//a.webm", "/tmp/y/a.webm"},
		{"file:///", ""},
		{"file://", ""},
		{"file:///tmp/", ""},
		{"file://elsewhere/tmp/a.webm", ""},
		{"file://relative.webm", ""},
		{"file:///tmp/%00", ""},
		{"/tmp/a.webm", ""},
		{"http://host/a.webm", ""},
		{"", ""},
	}
	for _, tt := range tests {
		got, err := filePath(tt.uri)
		if got != filepath.FromSlash(tt.want) || (err == nil) != (tt.want != "") {
			t.Errorf("%q: %q, %v; want %q", tt.uri, got, err, tt.want)
		}
		if _, err := FileTarget(tt.uri); (err == nil) != (tt.want != "") || err != nil && !errors.Is(err, ErrOpen) {
			t.Errorf("%q: %v", tt.uri, err)
		}
	}
}

func TestFileTarget(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "not", "there yet", "a.webm")
	open, err := FileTarget("file://" + path)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"longer text", "text"} {
		target, err := open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := target.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := closeTarget(target); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("%q, %v; want %q", got, err, text)
		}
	}
	open, err = FileTarget("file://" + path + "/below a file.webm")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open(); err == nil {
		t.Error("a file in a file")
	}
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o666); err != nil {
		t.Fatal(err)
	}
	if open, err = FileTarget("file://" + fifo); err != nil {
		t.Fatal(err)
	}
	if _, err := open(); err == nil {
		t.Error("opened a pipe")
	}
}
