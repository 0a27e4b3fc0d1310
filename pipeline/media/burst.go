package media

// Batch is what a sink keeps in a producer's burst: packets that are ready to
// leave through one socket. Only the producer's goroutine touches it.
type Batch interface {
	// Flush sends what was collected and empties the batch for its next use.
	Flush()
}

// Burst is the pending output of one producer. The producer hands it along
// with each packet and calls Flush when its turn ends (a read batch, a frame,
// a tick of the clock), so that one turn costs one system call per socket and
// nobody waits for a timer. It belongs to the producer's goroutine; the zero
// value is ready for use.
type Burst struct {
	owners  []any
	batches []Batch
	at      *Route // the receiver being written to, for Rescue
}

// Batch returns the batch that owner keeps in this burst, nil if there is none
// yet. Owners are few (one per socket): a scan beats a map.
func (b *Burst) Batch(owner any) Batch {
	for i, o := range b.owners {
		if o == owner {
			return b.batches[i]
		}
	}
	return nil
}

// Add gives owner a batch in this burst, once per owner.
func (b *Burst) Add(owner any, batch Batch) {
	b.owners = append(b.owners, owner)
	b.batches = append(b.batches, batch)
}

// Drop forgets owner's batch, for an owner that is closed before the producer
// is. Called by the producer's goroutine.
func (b *Burst) Drop(owner any) {
	for i, o := range b.owners {
		if o == owner {
			b.owners = append(b.owners[:i], b.owners[i+1:]...)
			b.batches = append(b.batches[:i], b.batches[i+1:]...)
			return
		}
	}
}

// Flush sends everything that sinks have put into the burst.
func (b *Burst) Flush() {
	for _, batch := range b.batches {
		batch.Flush()
	}
}

// Rescue is deferred by a producer once per turn. It turns a panic below the
// turn into the end of one receiver: the one that was being written to is
// handed the panic value through its Route.Fail, and the producer goes on. A
// panic outside any receiver goes to own instead.
func (b *Burst) Rescue(own func(v any)) {
	v := recover()
	if v == nil {
		return
	}
	at := b.at
	b.at = nil
	if at != nil && at.Fail != nil {
		at.Fail(v)
		return
	}
	own(v)
}
