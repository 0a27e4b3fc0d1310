package recorder

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "not", "there yet", "a.webm")
	open := create(path)
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
}
