package media

import (
	"sync/atomic"
	"time"
)

// Meter is a sink that measures how long packets have been in the process when they get where it is routed. It is
// written by one producer and read by anyone.
type Meter struct {
	avg     atomic.Int64 // ns
	started atomic.Bool
}

// meterWeight is how many packets the moving average looks back, roughly.
const meterWeight = 32

// Write is part of Sink.
func (m *Meter) Write(p *Packet) {
	if p.At == 0 {
		return
	}
	d := int64(Now() - p.At)
	if !m.started.Load() {
		m.avg.Store(d)
		m.started.Store(true)
		return
	}
	avg := m.avg.Load()
	m.avg.Store(avg + (d-avg)/meterWeight)
}

// TakesLayers is part of LayeredSink: a meter is no reason to choose a layer.
func (m *Meter) TakesLayers() {}

// Average is the moving average of the latency, 0 before the first packet.
func (m *Meter) Average() time.Duration { return time.Duration(m.avg.Load()) }
