package endpoint

import (
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/rivero-media/rivero/elements/stream"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/media"
)

// RTCStats is the base of WebRTC statistics.
type RTCStats struct{ pipeline.Stats }

// RTCRTPStreamStats is what statistics of both directions have.
type RTCRTPStreamStats struct {
	RTCStats
	SSRC             string  `kurento:"ssrc"`
	AssociateStatsID string  `kurento:"associateStatsId"`
	IsRemote         bool    `kurento:"isRemote"`
	MediaTrackID     string  `kurento:"mediaTrackId"`
	TransportID      string  `kurento:"transportId"`
	CodecID          string  `kurento:"codecId"`
	FirCount         int64   `kurento:"firCount"`
	PliCount         int64   `kurento:"pliCount"`
	NackCount        int64   `kurento:"nackCount"`
	SliCount         int64   `kurento:"sliCount"`
	Remb             int64   `kurento:"remb"` // bit/s
	PacketsLost      int64   `kurento:"packetsLost"`
	FractionLost     float64 `kurento:"fractionLost"` // 0 to 255, as in RTCP
}

// RTCInboundRTPStreamStats describes what comes from the peer.
type RTCInboundRTPStreamStats struct {
	RTCRTPStreamStats
	PacketsReceived int64   `kurento:"packetsReceived"`
	BytesReceived   int64   `kurento:"bytesReceived"`
	Jitter          float64 `kurento:"jitter"` // seconds
}

// RTCOutboundRTPStreamStats describes what goes to the peer.
type RTCOutboundRTPStreamStats struct {
	RTCRTPStreamStats
	PacketsSent   int64   `kurento:"packetsSent"`
	BytesSent     int64   `kurento:"bytesSent"`
	TargetBitrate float64 `kurento:"targetBitrate"` // bit/s
	RoundTripTime float64 `kurento:"roundTripTime"` // seconds
}

// StatsOf describes the RTP streams of one kind of media, or of all. As in the original, those of a kind are there from
// its first packet in either direction on.
func (e *BaseRtpEndpoint) StatsOf(kind *media.Kind) map[string]pipeline.StatsEntry {
	now := time.Now()
	all := map[string]pipeline.StatsEntry{}
	e.rtpMu.Lock()
	defer e.rtpMu.Unlock()
	for _, k := range media.Kinds {
		if kind != nil && *kind != k {
			continue
		}
		var in stream.ReceiverStats
		var out stream.SenderStats
		if r := e.receivers[k]; r != nil {
			in = r.Stats()
		}
		if s := e.senders[k]; s != nil {
			out = s.Stats()
		}
		if in.Packets+out.Packets == 0 {
			continue
		}
		if in.SSRC == 0 {
			in.SSRC = e.announced[k]
		}
		if in.SSRC != 0 {
			e.describeInbound(all, now, e.statsIDs[k].in, in)
		}
		if out.SSRC != 0 {
			id := e.statsIDs[k].out.String()
			all[id] = outbound(id, now, out)
		}
	}
	return all
}

// describeInbound adds what comes from the peer, each layer of a simulcast by itself.
func (e *BaseRtpEndpoint) describeInbound(all map[string]pipeline.StatsEntry, now time.Time, space uuid.UUID, s stream.ReceiverStats) {
	if len(s.Layers) == 0 {
		all[space.String()] = inbound(space.String(), now, s)
		return
	}
	for _, layer := range s.Layers {
		if layer.SSRC != 0 {
			layer.REMB = s.REMB
			id := uuid.NewSHA1(space, []byte(layer.RID)).String()
			all[id] = inbound(id, now, layer)
		}
	}
}

func inbound(id string, now time.Time, s stream.ReceiverStats) RTCInboundRTPStreamStats {
	st := RTCInboundRTPStreamStats{
		PacketsReceived: int64(s.Packets), BytesReceived: int64(s.Bytes), Jitter: s.Jitter.Seconds(),
	}
	st.Stats = pipeline.NewStats(id, "inboundrtp", now)
	st.SSRC = strconv.FormatUint(uint64(s.SSRC), 10)
	st.FirCount, st.PliCount, st.NackCount = int64(s.FIR), int64(s.PLI), int64(s.NACK)
	st.Remb, st.PacketsLost, st.FractionLost = int64(s.REMB), s.Lost, float64(s.FractionLost)
	return st
}

func outbound(id string, now time.Time, s stream.SenderStats) RTCOutboundRTPStreamStats {
	st := RTCOutboundRTPStreamStats{
		PacketsSent: int64(s.Packets), BytesSent: int64(s.Bytes),
		TargetBitrate: float64(s.TargetBitrate), RoundTripTime: s.RoundTrip.Seconds(),
	}
	st.Stats = pipeline.NewStats(id, "outboundrtp", now)
	st.SSRC = strconv.FormatUint(uint64(s.SSRC), 10)
	st.FirCount, st.PliCount, st.NackCount = int64(s.FIR), int64(s.PLI), int64(s.NACK)
	st.Remb, st.PacketsLost, st.FractionLost = int64(s.REMB), s.Lost, float64(s.FractionLost)
	return st
}
