package codec

import (
	"sync"
	"testing"
)

func TestBudget(t *testing.T) {
	var server Budget
	a, b := server.Within(), server.Within()
	server.SetLimit(100)
	a.SetLimit(60)
	for _, step := range []struct {
		budget *Budget
		take   int
		want   bool
	}{{a, 50, true}, {a, 20, false}, {a, 10, true}, {b, 50, false}, {b, 40, true}, {a, 1, false}, {&server, 1, false}} {
		if got := step.budget.Take(step.take); got != step.want {
			t.Errorf("%d: %v, want %v", step.take, got, step.want)
		}
	}
	if a.Used() != 60 || b.Used() != 40 || server.Used() != 100 {
		t.Errorf("used %d, %d, %d", a.Used(), b.Used(), server.Used())
	}
	a.Give(50)
	if server.Used() != 50 || !b.Take(50) {
		t.Errorf("used %d after something was given back", server.Used())
	}
	if !(*Budget)(nil).Take(1 << 40) {
		t.Error("no budget has a limit")
	}
	server.SetLimit(0)
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if b.Take(3) {
				b.Give(3)
			}
		})
	}
	all.Wait()
	if b.Used() != 90 || server.Used() != 100 {
		t.Errorf("used %d, %d at the end", b.Used(), server.Used())
	}
}
