package jsonrpc

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestCreateIsRefusedNearTheLimits(t *testing.T) {
	c := dial(t, startServer(t, Config{ExceptionLimit: 1e-9}, testObjects(t)))
	c.send(`{"jsonrpc":"2.0","id":1,"method":"create","params":{"type":"MediaPipeline"}}`)
	want := `"data":{"type":"NOT_ENOUGH_RESOURCES"},"message":"Reached KMS `
	if got := c.receive(); !strings.Contains(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
	// What cannot be created at all is found out before.
	c.send(`{"jsonrpc":"2.0","id":2,"method":"create","params":{"type":"Nothing"}}`)
	if got := c.receive(); !strings.Contains(got, "40108") {
		t.Errorf("got %s", got)
	}
}

func TestKillLimit(t *testing.T) {
	kill := make(chan struct{}, 10)
	s := startServer(t, Config{KillLimit: 1e-9, Kill: func() { kill <- struct{}{} }}, testObjects(t))
	r := &rig{t: t, server: s, client: dial(t, s)}
	r.call("describe", `{"object":"manager_ServerManager"}`)
	first, second := r.create("MediaPipeline", `{}`), r.create("MediaPipeline", `{}`)
	r.call("release", `{"object":"`+first+`"}`)
	if len(kill) != 0 {
		t.Error("killed while there are objects")
	}
	r.call("release", `{"object":"`+second+`"}`)
	if len(kill) != 1 {
		t.Errorf("killed %d times when the last object was gone, want once", len(kill))
	}
}

func TestLimitMessage(t *testing.T) {
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil {
		t.Fatal(err)
	}
	fraction := 2 / float64(files.Cur)
	err := limits{fraction}.checkOne("files", unix.RLIMIT_NOFILE, openFiles)
	if err == nil || err.Error() != "Reached KMS files limit: 2" {
		t.Error(err)
	}
	if err := (limits{0}).check(); err != nil {
		t.Error(err)
	}
}

func TestCounts(t *testing.T) {
	before, err := openFiles()
	if err != nil {
		t.Fatal(err)
	}
	var files []*os.File
	for range 10 {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	if after, err := openFiles(); err != nil || after != before+10 {
		t.Errorf("%d files, then %d, %v", before, after, err)
	}
	for _, f := range files {
		f.Close()
	}
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := threads(); err != nil || n < len(tasks)-2 || n > len(tasks)+2 {
		t.Errorf("%d threads, %d tasks, %v", n, len(tasks), err)
	}
}

func BenchmarkLimits(b *testing.B) {
	l := limits{0.8}
	for b.Loop() {
		if err := l.check(); err != nil {
			b.Fatal(fmt.Sprint(err))
		}
	}
}
