package jsonrpc

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rs/zerolog"
)

// seeds are the requests of all transcripts.
func seeds(f *testing.F) []string {
	f.Helper()
	files, err := filepath.Glob("testdata/transcripts/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	var requests []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for exchange := range strings.SplitSeq(string(text), "\n\n") {
			lines, _ := head(strings.Split(strings.TrimSpace(exchange), "\n"))
			request, _, _ := strings.Cut(strings.Join(lines, "\n"), "\n----\n")
			requests = append(requests, request)
		}
	}
	return requests
}

// FuzzParse: whatever comes, what is answered is JSON.
func FuzzParse(f *testing.F) {
	for _, request := range seeds(f) {
		f.Add([]byte(request))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, bad := parse(text)
		if bad != nil {
			checkAnswer(t, fail(nil, bad).text)
			return
		}
		checkAnswer(t, respond(r.id, json.RawMessage("{}")))
		checkAnswer(t, fail(r.id, errMethodNotFound).text)
		r.params = r.params.with("s")
		if id, ok := r.session(); !ok || id != "s" {
			t.Errorf("session %q", id)
		}
	})
}

func checkAnswer(t *testing.T, text []byte) {
	t.Helper()
	if !json.Valid(text) || !utf8.Valid(text) {
		t.Errorf("not JSON: %q", text)
	}
}

// FuzzCall executes requests on a server with a few objects. A panic would be an answer too, so it goes below that.
func FuzzCall(f *testing.F) {
	objects := testObjects(f, testClasses(&gates{})...)
	s := NewServer(Config{}, objects, nil, zerolog.Nop())
	f.Cleanup(s.Close)
	for _, request := range seeds(f) {
		f.Add(request)
	}
	f.Fuzz(func(t *testing.T, text string) {
		pipe, err := objects.Create(t.Context(), "MediaPipeline", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer objects.Release(pipe)
		probe, err := objects.Create(t.Context(), "Probe", json.RawMessage(`{"mediaPipeline":"`+pipe.ID()+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		text = strings.NewReplacer("<pipeline>", pipe.ID(), "<probe>", probe.ID(), "<a>", probe.ID()).Replace(text)
		r, bad := parse([]byte(text))
		if bad != nil {
			return
		}
		s.route(r)
		if operation, _ := scalarText(r.params["operation"]); s.isSlow(r.params) || operation == "panic" || r.method == "transaction" {
			return // operations that are made to take long or to panic, and what may hide them
		}
		res, err := s.call(t.Context(), r, 0)
		if err != nil {
			checkAnswer(t, fail(r.id, failureOf(err)).text)
			return
		}
		if a := succeed(r, res); len(a.text) > 0 {
			checkAnswer(t, a.text)
		}
	})
}

// FuzzTransaction resolves references in whatever comes.
func FuzzTransaction(f *testing.F) {
	s := NewServer(Config{}, testObjects(f), nil, zerolog.Nop())
	f.Cleanup(s.Close)
	f.Add(`[{"jsonrpc":"2.0","id":0,"method":"ping"},{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":["newref:0",{"y":"newref:1"}]}}]`)
	f.Add(`[{"jsonrpc":"2.0","id":0,"method":"transaction","params":{"operations":[{"jsonrpc":"2.0","method":"keepAlive"}]}}]`)
	f.Fuzz(func(t *testing.T, operations string) {
		r, bad := parse([]byte(`{"jsonrpc":"2.0","id":1,"method":"transaction","params":{"operations":` + operations + `}}`))
		if bad != nil || strings.Contains(operations, "getUsedCpu") || strings.Contains(operations, `\u`) {
			return
		}
		checkAnswer(t, s.process(t.Context(), r, 0).text)
	})
}
