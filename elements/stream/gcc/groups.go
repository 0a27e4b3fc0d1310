package gcc

import "time"

const (
	// groupSpan is how far apart packets of one group left.
	groupSpan = 5 * time.Millisecond
	// burstGap and burstSpan bound what arrives as one burst: the last hop held it back and then sent it
	// at once, which says nothing about the queue.
	burstGap  = 5 * time.Millisecond
	burstSpan = 100 * time.Millisecond
	// clockJump is how far the peer's clock may be off from ours between two groups.
	clockJump = 3 * time.Second
)

// groups sorts packets into groups that left together (draft section 5.2).
type groups struct {
	now, before group
}

type group struct {
	first, last time.Duration // when its packets left
	began       time.Duration // when the first arrived
	complete    time.Duration // when the latest arrived
	packets     int
}

// add takes the next packet that arrived. When it begins a group, ok, the two before are complete: how
// far apart they left and arrived is returned.
func (g *groups) add(sent, arrived time.Duration) (left, came time.Duration, ok bool) {
	switch {
	case g.now.packets == 0:
	case sent < g.now.first:
		return 0, 0, false // of a group that is over
	case sent-g.now.first <= groupSpan || g.burst(sent, arrived):
		g.now.last = max(g.now.last, sent)
		g.now.complete = max(g.now.complete, arrived)
		g.now.packets++
		return 0, 0, false
	case g.before.packets > 0:
		left, came = g.now.last-g.before.last, g.now.complete-g.before.complete
		ok = true
		if came < 0 || came-left > clockJump {
			*g, ok = groups{}, false
		}
	}
	g.before = g.now
	g.now = group{first: sent, last: sent, began: arrived, complete: arrived, packets: 1}
	return left, came, ok
}

// burst tells whether the packet came in one burst with the group.
func (g *groups) burst(sent, arrived time.Duration) bool {
	gap := arrived - g.now.complete
	return gap-(sent-g.now.last) < 0 && gap <= burstGap && arrived-g.now.began < burstSpan
}
