package stream

import (
	"slices"
	"time"

	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/pipeline/media"
)

const (
	// meterSpan is the time over which a layer's bitrate is measured.
	meterSpan = 500 * time.Millisecond
	// layerSilence is how long after the last packet of another layer one has ended.
	layerSilence = time.Second
)

// meter measures the bitrate of one layer.
type meter struct {
	since time.Duration
	bytes int
	bps   int // 0: not known yet
}

func (m *meter) add(size int, at time.Duration) {
	switch elapsed := at - m.since; {
	case m.bytes == 0 || elapsed > 2*layerSilence:
		*m = meter{since: at, bps: m.bps}
	case elapsed >= meterSpan:
		bps := int(float64(8*m.bytes) / elapsed.Seconds())
		if m.bps > 0 {
			bps = (3*m.bps + bps) / 4 // a key frame is no reason to leave the layer
		}
		*m = meter{since: at, bps: bps}
	}
	m.bytes += size
}

// rate is the bitrate, as of the last packet: as good as it is known in the beginning.
func (m *meter) rate(last time.Duration) int {
	if m.bps > 0 {
		return m.bps
	}
	return int(float64(8*m.bytes) / max(last-m.since, meterSpan/2).Seconds())
}

// layer makes the tracks those of the layers that rids list; those that are known stay. Called locked.
func (r *Receiver) layer(rids []string) {
	if len(rids) < 2 {
		r.tracks = r.tracks[:1:1]
		r.tracks[0].rid, r.tracks[0].number = "", 0
		return
	}
	tracks := make([]*track, 0, len(rids))
	for i, rid := range rids {
		t := newTrack(r)
		if known := slices.IndexFunc(r.tracks, func(t *track) bool { return t.rid == rid }); known >= 0 {
			t = r.tracks[known]
		}
		t.rid, t.number = rid, uint8(i+1)
		tracks = append(tracks, t)
	}
	r.tracks = tracks
}

// track finds the stream that a packet belongs to: by its SSRC, as soon as a packet of that has said which layer it is
// (RFC 8852 section 3). nil: it is not known. Called locked.
func (r *Receiver) track(h *rtp.Header) *track {
	if len(r.tracks) == 1 {
		return r.tracks[0]
	}
	for _, t := range r.tracks {
		if t.running && t.ssrc == h.SSRC {
			return t
		}
	}
	return r.named(h, r.extensions.RID)
}

// repairedTrack finds the stream that a retransmission belongs to. Called locked.
func (r *Receiver) repairedTrack(h *rtp.Header) *track {
	if len(r.tracks) == 1 {
		return r.tracks[0]
	}
	for _, t := range r.tracks {
		if t.repairedBy == h.SSRC && h.SSRC != 0 {
			return t
		}
	}
	t := r.named(h, r.extensions.RepairedRID)
	if t != nil {
		t.repairedBy = h.SSRC
	}
	return t
}

// named finds the layer that the header extension of the given id names.
func (r *Receiver) named(h *rtp.Header, id uint8) *track {
	if id == 0 {
		return nil
	}
	rid := h.GetExtension(id)
	for _, t := range r.tracks {
		if t.rid == string(rid) {
			return t
		}
	}
	return nil
}

// numbered is the track of a layer by its number; the first one when there is none.
func (r *Receiver) numbered(layer uint8) *track {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := int(layer) - 1; i > 0 && i < len(r.tracks) {
		return r.tracks[i]
	}
	return r.tracks[0]
}

// LayerBitrates is part of media.LayeredUpstream.
func (r *Receiver) LayerBitrates() (rates media.LayerBitrates) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.layerBitrates()
}

// layerBitrates is called locked.
func (r *Receiver) layerBitrates() (rates media.LayerBitrates) {
	if len(r.tracks) == 1 {
		return rates
	}
	var latest time.Duration
	for _, t := range r.tracks {
		latest = max(latest, t.lastAt)
	}
	for _, t := range r.tracks {
		if t.alive() && latest-t.lastAt < layerSilence {
			rates[t.number] = t.meter.rate(t.lastAt)
		}
	}
	return rates
}

// RequestLayerKeyFrame is part of media.LayeredUpstream.
func (r *Receiver) RequestLayerKeyFrame(layer uint8) { r.numbered(layer).requestKeyFrame() }

// ResendLayer is part of media.LayeredUpstream.
func (r *Receiver) ResendLayer(layer uint8, seq uint16, f func(*media.Packet)) bool {
	return r.numbered(layer).resend(seq, f)
}
