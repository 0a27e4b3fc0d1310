package codec

import "sync/atomic"

// Budget bounds what conversions may cost together, in the unit of Step.Cost: 1,000,000 is one core. Budgets can be nested,
// a pipeline's in the server's. The zero value has no limit. It is safe for concurrent use.
type Budget struct {
	limit  atomic.Int64 // 0: none
	used   atomic.Int64
	parent *Budget // nil: none
}

// Within returns a budget without a limit of its own whose costs count in b too.
func (b *Budget) Within() *Budget { return &Budget{parent: b} }

// SetLimit changes the limit; 0 is none. What runs already goes on.
func (b *Budget) SetLimit(cost int) { b.limit.Store(int64(cost)) }

// Used is what the running conversions cost.
func (b *Budget) Used() int { return int(b.used.Load()) }

// Take asks for a cost, which is given back by Give. False, and nothing taken, when it is over a limit.
func (b *Budget) Take(cost int) bool {
	if b == nil {
		return true
	}
	used := b.used.Add(int64(cost))
	if limit := b.limit.Load(); limit > 0 && used > limit || !b.parent.Take(cost) {
		b.used.Add(-int64(cost))
		return false
	}
	return true
}

// Give takes back what Take has granted.
func (b *Budget) Give(cost int) {
	for ; b != nil; b = b.parent {
		b.used.Add(-int64(cost))
	}
}
