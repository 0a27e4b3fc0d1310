package transport

import "testing"

func TestTwoConnectionsOfOnePoolTalk(t *testing.T) {
	pool := newTestPool(t, PoolConfig{})
	a, b := newSide(t, ConnConfig{Pool: pool}), newSide(t, ConnConfig{Pool: pool})
	connect(t, a, b)
	exchange(t, a, b, 20)
	exchange(t, b, a, 20)
	t.Log(a.log)
}
