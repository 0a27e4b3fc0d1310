// Package gcc estimates how many bits per second a path carries from what the receiving end reports
// of each packet: Google congestion control (draft-ietf-rmcat-gcc-02), as libwebrtc has it.
//
// Groups of packets that left together are compared by how far apart they left and arrived; the trend
// of that difference says whether a queue fills or drains (groups.go, trend.go). A queue that fills
// lowers the estimate below what arrives, otherwise it grows (rate.go), at once to what a cluster of
// probes shows (cluster.go). Loss lowers it besides (loss.go). What differs from libwebrtc is said where it does.
package gcc

import "time"

// Packet is a packet that the peer has reported about.
type Packet struct {
	Sent    time.Duration // on our clock
	Arrived time.Duration // on the peer's clock, whose zero may be anywhere
	Size    int           // bytes
	Lost    bool
	Probe   bool // sent to find out whether the path carries more
}

// Estimator is the estimate for one path. The zero value is ready for use; it is not safe for
// concurrent use and allocates nothing.
type Estimator struct {
	groups  groups
	trend   trend
	cluster cluster
	acked   acked
	delays  delays
	rate    rate
	loss    loss
}

// Update takes what one feedback message says, packets in the order in which they were sent. now is
// on our clock, trip the round trip time, 0: unknown.
func (e *Estimator) Update(now, trip time.Duration, packets []Packet) {
	full, shown := false, 0.0
	for i := range packets {
		p := &packets[i]
		e.loss.add(p.Lost)
		if p.Lost {
			continue
		}
		e.acked.add(p.Arrived, p.Size)
		e.delays.add(p.Arrived-p.Sent, now)
		shown = max(shown, e.cluster.add(p))
		if left, came, ok := e.groups.add(p.Sent, p.Arrived); ok {
			full = e.trend.add(left, came, p.Arrived) == overuse || full
		}
	}
	signal := e.trend.signal
	if full {
		signal = overuse
	}
	received, known := e.acked.bitrate()
	e.rate.update(now, trip, signal, received, known, e.delays.queue())
	e.rate.raise(now, shown)
	e.loss.update(now, trip, e.rate.bps, received)
}

// Bitrate is the estimate in bit/s, 0 while there is none.
func (e *Estimator) Bitrate() int {
	if limit := e.loss.limit; limit > 0 {
		return int(min(limit, e.rate.bps))
	}
	return int(e.rate.bps)
}

// Congested tells whether the path was ever full, or is lossy now. Until then the estimate says no more than what
// was tried, and is no reason to send less.
func (e *Estimator) Congested() bool { return e.rate.decreased > 0 || e.loss.limit > 0 }

// Queue is how long packets wait on the way, beyond the least time that they take.
func (e *Estimator) Queue() time.Duration { return e.delays.queue() }

// Acknowledged is the bitrate that has arrived lately, in bit/s.
func (e *Estimator) Acknowledged() int {
	bps, _ := e.acked.bitrate()
	return int(bps)
}
