// Encoding of one frame: what it begins with, and what stays of it.

package vp8

// encodeToFit encodes the picture, again if the frame has not the size that
// it should, and appends it to dst.
func (e *Encoder) encodeToFit(dst []byte, key bool) []byte {
	start := len(dst)
	p := e.layers.place(key)
	e.rate.begin(key, p, len(e.layers.pattern), e.d.cols*e.d.rows)
	q := e.rate.quantizer()
	for attempt := 1; ; attempt++ {
		dst = e.encode(dst[:start], key, q)
		other := e.rate.retry(q, len(dst)-start, e.isCut(), attempt)
		if e.header.firstPartition > e.mostFirst && !e.plain {
			e.plain = true // in any case
		} else if other == q {
			break
		}
		e.d.probs = e.d.savedProbs
		q = other
	}
	e.plain = false
	e.commit()
	e.rate.spent(q, len(dst)-start)
	return dst
}

// isCut tells if little of the frame came from those before it.
func (e *Encoder) isCut() bool { return !e.header.key && e.counts.intra > e.d.cols*e.d.rows*4/10 }

// encode makes a frame with quantizer index q, behind dst. The references stay.
func (e *Encoder) encode(dst []byte, key bool, q int) []byte {
	d := &e.d
	p := e.layers.place(key)
	e.header = frameHeader{
		key: key, show: true, width: d.header.width, height: d.header.height,
		partitions: e.config.Partitions, quant: quantIndices{yAC: q},
		// Frames that may be left out leave no probabilities behind.
		refreshEntropy: !e.config.Resilient && p.layer == 0, skipEnabled: true,
	}
	h := &e.header
	e.layers.describe(h)
	d.savedProbs = d.probs
	if key {
		d.resetPersistent()
		d.deltas = encoderDeltas
		if e.config.Resilient {
			d.savedProbs = d.probs
		}
	}
	e.picture = d.pool.get(d.cols, d.rows, &d.refs, nil)
	d.prepareFrame(h)
	e.prepareCosts(h)
	e.wave.begin()
	for _, w := range e.crew.workers {
		w.begin()
	}
	e.crew.together((*worker).encodeRows)
	e.counts.add(e.crew.workers)
	if e.chooseFilter(); h.filterLevel != 0 {
		e.wave.begin()
		e.crew.together((*worker).filterRows)
	}
	return e.appendFrame(dst)
}

// commit does what a decoder does once it has decoded a frame.
func (e *Encoder) commit() {
	d, h := &e.d, &e.header
	d.updateReferences(h, e.picture)
	if !h.refreshEntropy {
		d.probs = d.savedProbs
	}
	e.layers.commit(h)
	d.header, d.shown = *h, e.picture
	d.shown.show(h)
	e.sinceKey++
	if h.key {
		d.needsKey = false
		e.sinceKey = 1
	} else {
		e.learn(h)
	}
}

// frameCounts is what all workers counted of a frame.
type frameCounts struct {
	modes, tokens [][2]uint32
	intra         int // macroblocks
}

// add adds up what the workers have.
func (c *frameCounts) add(workers []*worker) {
	c.modes, c.tokens, c.intra = workers[0].modes.counts, workers[0].tokens.counts, workers[0].intra
	for _, w := range workers[1:] {
		addCounts(c.modes, w.modes.counts)
		addCounts(c.tokens, w.tokens.counts)
		c.intra += w.intra
	}
}

func addCounts(sum, more [][2]uint32) {
	for i, n := range more {
		sum[i][0] += n[0]
		sum[i][1] += n[1]
	}
}
