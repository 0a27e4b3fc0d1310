package jsonrpc

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestTranscripts plays the conversations in testdata/transcripts. A file is a list of exchanges:
//
//	# a remark, any number of them
//	@2
//	{"jsonrpc":"2.0", ... the request, <session> stands for what <session> was before
//	----
//	{"id":1, ... one line for each message that comes, the answer and the events
//
// @2 says that the exchange is on the second connection, which is opened if it is not there; @2 close closes it.
// A name in angle brackets stands for any text the first time, and for the same text from then on. Answers have to
// come in the order of the lines, and so have events; between the two there is no order. (empty) is a message without
// text.
func TestTranscripts(t *testing.T) {
	eachTranscript(t, "testdata/transcripts/*.txt", func(t *testing.T, text string) {
		s := startServer(t, Config{}, testObjects(t, testClasses(&gates{})...))
		play(t, text, func() *client { return dial(t, s) })
	})
}

// TestTimedTranscripts plays the conversations in testdata/timed, with sockets in memory and a clock that runs only
// when "wait 8s" says so. Sessions are collected every 240 s.
func TestTimedTranscripts(t *testing.T) {
	eachTranscript(t, "testdata/timed/*.txt", func(t *testing.T, text string) {
		synctest.Test(t, func(t *testing.T) {
			s, connect := startInMemory(t, Config{CollectorPeriod: 240 * time.Second}, testObjects(t))
			play(t, text, connect)
			s.Close() // within the bubble
		})
	})
}

func eachTranscript(t *testing.T, pattern string, play func(t *testing.T, text string)) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			play(t, string(text))
		})
	}
}

func play(t *testing.T, text string, connect func() *client) {
	conns := map[string]*client{}
	names := map[string]string{}
	for exchange := range strings.SplitSeq(text, "\n\n") {
		lines, conn := head(strings.Split(strings.TrimSpace(exchange), "\n"))
		id, end, _ := strings.Cut(conn, " ")
		if end == "close" {
			conns[id].Close()
			delete(conns, id)
			continue
		}
		if len(lines) == 0 {
			continue
		}
		if span, ok := strings.CutPrefix(lines[0], "wait "); ok {
			wait(t, span)
			continue
		}
		if conns[id] == nil {
			conns[id] = connect()
		}
		request, expected, ok := strings.Cut(strings.Join(lines, "\n"), "\n----\n")
		if !ok {
			t.Fatalf("no dashes in %q", exchange)
		}
		request = substitute(strings.TrimPrefix(request, "(empty)"), names)
		conns[id].send(request)
		compare(t, conns[id], request, strings.Split(expected, "\n"), names)
	}
}

// wait lets fake time pass.
func wait(t *testing.T, span string) {
	d, err := time.ParseDuration(span)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(d)
	synctest.Wait()
}

// head takes the remarks and the connection off an exchange.
func head(lines []string) (rest []string, conn string) {
	conn = "1"
	for len(lines) > 0 {
		switch {
		case lines[0] == "" || lines[0][0] == '#':
		case lines[0][0] == '@':
			conn = lines[0][1:]
		default:
			return lines, conn
		}
		lines = lines[1:]
	}
	return nil, conn
}

func compare(t *testing.T, c *client, request string, expected []string, names map[string]string) {
	t.Helper()
	var answers, events []string
	for _, line := range expected {
		if isEvent(line) {
			events = append(events, line)
		} else {
			answers = append(answers, line)
		}
	}
	for range expected {
		got := c.receive()
		list := &answers
		if isEvent(got) {
			list = &events
		}
		if len(*list) == 0 {
			t.Fatalf("request %s\nunexpected %s", request, got)
		}
		want := (*list)[0]
		*list = (*list)[1:]
		if !match(want, got, names) {
			t.Fatalf("request %s\ngot  %s\nwant %s", request, got, substitute(want, names))
		}
	}
}

var placeholder = regexp.MustCompile(`<[a-z][a-z0-9-]*>`)

// substitute puts the known texts in the place of names.
func substitute(text string, names map[string]string) string {
	return placeholder.ReplaceAllStringFunc(text, func(name string) string {
		if value, ok := names[name]; ok {
			return value
		}
		return name
	})
}

// match compares and learns what new names stand for.
func match(want, got string, names map[string]string) bool {
	want = substitute(strings.TrimPrefix(want, "(empty)"), names)
	var unknown []string
	pattern := regexp.QuoteMeta(want)
	pattern = placeholder.ReplaceAllStringFunc(pattern, func(name string) string {
		unknown = append(unknown, name)
		return `([^",}]*)`
	})
	found := regexp.MustCompile("^" + pattern + "$").FindStringSubmatch(got)
	if found == nil {
		return false
	}
	for i, name := range unknown {
		if known, ok := names[name]; ok && known != found[i+1] {
			return false
		}
		names[name] = found[i+1]
	}
	return true
}
