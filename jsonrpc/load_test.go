package jsonrpc

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
)

// TestNothingIsLeft has many clients send valid and invalid calls at random, in shared and in own sessions, and leave
// without a word. When their sessions are collected no object, session or reference is left, nor a goroutine or a file.
func TestNothingIsLeft(t *testing.T) {
	const clients, calls = 50, 500
	s := startServer(t, Config{}, testObjects(t, testClasses(&gates{})...))
	first := &rig{t: t, server: s, client: dial(t, s)}
	first.call("ping", `{}`) // everything has begun
	goroutines, files := runtime.NumGoroutine(), openFilesNow(t)
	ids := &pool{}
	var all sync.WaitGroup
	for i := range clients {
		c := dialPath(t, s, "/kurento")
		random := rand.New(rand.NewPCG(uint64(i), 1))
		waiting := make(chan struct{}, 100) // a token for each unanswered call
		all.Go(func() {
			for id := range calls {
				waiting <- struct{}{}
				if err := c.WriteMessage(websocket.TextMessage, []byte(randomRequest(random, id, ids))); err != nil {
					t.Error(err)
					c.Close() // for the reader
					return
				}
			}
		})
		all.Go(func() {
			defer c.Close()
			for answers := 0; answers < calls; {
				_, text, err := c.ReadMessage()
				if err != nil {
					t.Error(err)
					for range cap(waiting) { // let the writer find out
						select {
						case <-waiting:
						default:
						}
					}
					return
				}
				if !isEvent(string(text)) {
					answers++
					<-waiting
				}
				ids.learn(string(text))
			}
		})
	}
	all.Wait()
	table := s.sessions
	eventually(t, "all connections but the first are gone", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.conns) == 1
	})
	for range 2 {
		table.collect()
	}
	eventually(t, fmt.Sprintf("goroutines have ended and files are closed, all but %d and %d", goroutines, files), func() bool {
		return runtime.NumGoroutine() <= goroutines && openFilesNow(t) <= files
	})
	if n := len(s.objects.Pipelines()); n != 0 {
		t.Errorf("%d pipelines are left", n)
	}
	table.mu.Lock()
	defer table.mu.Unlock()
	if len(table.byID) != 0 || len(table.holders) != 0 || len(table.owned) != 0 || len(table.dying) != 0 {
		t.Errorf("left: %d sessions, %d held objects, %d owners, %d dying", len(table.byID), len(table.holders), len(table.owned), len(table.dying))
	}
}

// openFilesNow counts the file descriptors of this process, where that is possible.
func openFilesNow(t *testing.T) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Logf("files are not counted: %v", err)
	}
	return len(names)
}

// pool are object ids that were seen, for anybody to use.
type pool struct {
	mu  sync.Mutex
	ids []string
}

func (p *pool) learn(text string) {
	found := valueText.FindStringSubmatch(text)
	if found == nil || !strings.Contains(found[1], "_") {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ids = append(p.ids, found[1])
}

func (p *pool) any(random *rand.Rand) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.ids) == 0 || random.IntN(10) == 0 {
		return "manager_ServerManager"
	}
	recent := p.ids[max(0, len(p.ids)-500):] // most older ones are gone
	return recent[random.IntN(len(recent))]
}

// randomRequest makes use of what others have created; a part of it makes no sense.
func randomRequest(random *rand.Rand, id int, ids *pool) string {
	a, b := ids.any(random), ids.any(random)
	kinds := []struct{ method, params string }{
		{"create", `"type":"MediaPipeline"`},
		{"create", `"type":"PassThrough","constructorParams":{"mediaPipeline":"` + a + `"}`},
		{"create", `"type":"PassThrough","constructorParams":{"mediaPipeline":"` + a + `"}`},
		{"create", `"type":"Nothing"`},
		{"invoke", `"object":"` + a + `","operation":"connect","operationParams":{"sink":"` + b + `"}`},
		{"invoke", `"object":"` + a + `","operation":"getChildren"`},
		{"invoke", `"object":"` + a + `","operation":"panic"`},
		{"describe", `"object":"` + a + `"`},
		{"subscribe", `"object":"` + a + `","type":"ElementConnected"`},
		{"subscribe", `"object":"manager_ServerManager","type":"ObjectDestroyed"`},
		{"unsubscribe", `"object":"` + a + `","subscription":"x"`},
		{"ref", `"object":"` + a + `"`},
		{"unref", `"object":"` + a + `"`},
		{"release", `"object":"` + a + `"`},
		{"closeSession", `"release":false`},
		{"transaction", `"operations":[{"jsonrpc":"2.0","id":0,"method":"create","params":{"type":"MediaPipeline"}},{"jsonrpc":"2.0","id":1,"method":"release","params":{"object":"newref:0"}}]`},
		{"ping", ``},
		{"connect", ``},
	}
	k := kinds[random.IntN(len(kinds))]
	if random.IntN(4) == 0 {
		if k.params != "" {
			k.params += ","
		}
		k.params += fmt.Sprintf(`"sessionId":"shared-%d"`, random.IntN(3))
	}
	if k.method == "connect" && k.params == "" || random.IntN(50) == 0 {
		return `{"nonsense`
	}
	return fmt.Sprintf(`{"id":"%d-%d","jsonrpc":"2.0","method":%q,"params":{%s}}`, id, random.Int64(), k.method, k.params)
}
