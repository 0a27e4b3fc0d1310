package gcc

import "time"

const (
	// clusterGap is the pause after which the next probe belongs to another cluster.
	clusterGap = 50 * time.Millisecond
	// clusterLeast is how many probes have to arrive to say something.
	clusterLeast = 5
	// saturated is the part of the rate sent below which what arrives is what the path carries, and utilised the part of
	// that which can be used.
	saturated = 0.9
	utilised  = 0.95
	// compressed is how much faster than it was sent a cluster may arrive: beyond, something held it back.
	compressed = 2
)

// cluster measures packets that are sent on purpose faster than the estimate, for a moment: the rate at which they arrive
// is what the path carries, which no estimate that grows step by step finds out as soon. It is libwebrtc's
// ProbeBitrateEstimator, but what else was sent between the probes counts too.
type cluster struct {
	probes              int
	firstSent, lastSent time.Duration
	firstCame, lastCame time.Duration
	first, last         int // bytes of the first and the last packet
	bytes               int // up to the last probe
	between             int // after it
}

// add takes the next packet that arrived. When it shows that a cluster is complete, and that tells something, it returns
// the bitrate, otherwise 0.
func (c *cluster) add(p *Packet) (bps float64) {
	if c.probes > 0 && p.Sent-c.lastSent > clusterGap {
		bps = c.bitrate()
		*c = cluster{}
	}
	switch {
	case !p.Probe && c.probes == 0:
		return bps
	case !p.Probe:
		c.between += p.Size
		return bps
	case c.probes == 0:
		c.firstSent, c.firstCame, c.first = p.Sent, p.Arrived, p.Size
	}
	c.probes++
	c.bytes += c.between + p.Size
	c.between, c.last = 0, p.Size
	c.lastSent, c.lastCame = p.Sent, max(c.lastCame, p.Arrived)
	return bps
}

// bitrate is what the cluster shows the path to carry, 0: nothing.
func (c *cluster) bitrate() float64 {
	left, came := (c.lastSent - c.firstSent).Seconds(), (c.lastCame - c.firstCame).Seconds()
	if c.probes < clusterLeast || left <= 0 || came <= 0 {
		return 0
	}
	sent, received := float64(8*(c.bytes-c.last))/left, float64(8*(c.bytes-c.first))/came
	switch {
	case received > compressed*sent:
		return 0
	case received < saturated*sent:
		return utilised * received
	}
	return min(sent, received)
}
