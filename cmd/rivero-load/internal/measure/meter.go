package measure

import (
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
)

// Counts are the packets of one or more meters that belong to the measuring window.
type Counts struct {
	Delivered int64     // recognised as sent by the publisher
	Unknown   int64     // not recognised: the server repacketised or transcoded
	Malformed int64     // no RTP, or no VP8 payload descriptor where there should be one
	Latency   Histogram // from the publisher's send call to the viewer's receive call
	Intervals Histogram // from the end of one picture to that of the next
}

// Add sums up.
func (c *Counts) Add(other *Counts) {
	c.Delivered += other.Delivered
	c.Unknown += other.Unknown
	c.Malformed += other.Malformed
	c.Latency.Merge(&other.Latency)
	c.Intervals.Merge(&other.Intervals)
}

// Meter measures one received track. One goroutine hands it the packets, others may ask it.
type Meter struct {
	ledger *Ledger
	vp8    bool

	mu       sync.Mutex
	packet   rtp.Packet
	frame    codecs.VP8Packet
	counts   Counts
	rtp      receiverState
	keyFrame keyFrameFinder
	picture  int64 // when the last one was complete, 0: there was none
}

// NewVideoMeter measures a VP8 track, NewAudioMeter one whose payload is the codec's packet itself.
func NewVideoMeter(l *Ledger, clockRate uint32) *Meter {
	return &Meter{ledger: l, vp8: true, rtp: receiverState{clockRate: clockRate}, keyFrame: newKeyFrameFinder()}
}

// NewAudioMeter measures an Opus track.
func NewAudioMeter(l *Ledger, clockRate uint32) *Meter {
	return &Meter{ledger: l, rtp: receiverState{clockRate: clockRate}, keyFrame: newKeyFrameFinder()}
}

// Packet takes a received RTP packet, whose bytes it does not keep.
func (m *Meter) Packet(data []byte) {
	now := m.ledger.window.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	payload, ok := m.payload(data)
	switch {
	case !ok:
		if m.ledger.window.Contains(now) {
			m.counts.Malformed++
		}
		return
	case len(m.packet.Payload) == 0: // padding only, sent to probe the bandwidth
		m.rtp.update(&m.packet.Header, now)
		return
	}
	m.rtp.update(&m.packet.Header, now)
	if m.vp8 {
		m.keyFrame.update(&m.packet.Header, &m.frame, now)
		m.interval(now)
	}
	m.count(payload, now)
}

// interval counts the time between pictures at the last packet of each.
func (m *Meter) interval(now int64) {
	if !m.packet.Marker {
		return
	}
	if before := m.picture; before != 0 && m.ledger.window.Contains(before) && m.ledger.window.Contains(now) {
		m.counts.Intervals.Add(time.Duration(now - before))
	}
	m.picture = now
}

// payload parses the packet and steps over the VP8 payload descriptor.
func (m *Meter) payload(data []byte) (payload []byte, ok bool) {
	if m.packet.Unmarshal(data) != nil {
		return nil, false
	}
	if !m.vp8 || len(m.packet.Payload) == 0 {
		return m.packet.Payload, true
	}
	payload, err := m.frame.Unmarshal(m.packet.Payload)
	return payload, err == nil
}

func (m *Meter) count(payload []byte, now int64) {
	at, exact, ok := m.ledger.sentAt(payload)
	switch {
	case !ok:
		if m.ledger.window.Contains(now) {
			m.counts.Unknown++
		}
	case m.ledger.window.Contains(at):
		m.counts.Delivered++
		if exact {
			m.counts.Latency.Add(time.Duration(now - at))
		}
	}
}

// AddTo adds what was counted so far to sum.
func (m *Meter) AddTo(sum *Counts) {
	m.mu.Lock()
	defer m.mu.Unlock()
	sum.Add(&m.counts)
}

// KeyFrame is closed when the first complete key frame is there; KeyFrameAt then tells when that was.
func (m *Meter) KeyFrame() <-chan struct{} { return m.keyFrame.found }

// KeyFrameAt is the time (of Window.Now) at which the first complete key frame was there, 0 before that.
func (m *Meter) KeyFrameAt() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.keyFrame.at
}

// Report makes the reception report for the next RTCP receiver report; ok is false while nothing was received.
func (m *Meter) Report() (report rtcp.ReceptionReport, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rtp.report()
}
