package recorder

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestFileTarget(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "not", "there yet", "a.webm")
	open := FileTarget(path)
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
	if _, err := FileTarget(path + "/below a file.webm")(); err == nil {
		t.Error("a file in a file")
	}
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := FileTarget(fifo)(); err == nil {
		t.Error("opened a pipe")
	}
}
