package webrtc

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/rivero-media/rivero/elements/endpoint"
	"github.com/rivero-media/rivero/elements/sdp"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/media"
)

// StatsOf describes the RTP streams, the data channels and, unless one kind is asked for, the pairs of candidates that are
// used.
func (e *Endpoint) StatsOf(kind *media.Kind) map[string]pipeline.StatsEntry {
	all := e.BaseRtpEndpoint.StatsOf(kind)
	if d := e.data.Load(); d != nil && (kind == nil || *kind == media.Data) {
		d.stats(all)
	}
	if kind == nil && len(all) > 0 {
		now := time.Now()
		for _, l := range e.transports() {
			l.stats(all, now)
		}
	}
	return all
}

// stats describes the selected pair and its candidates, if there is one.
func (l *leg) stats(all map[string]pipeline.StatsEntry, now time.Time) {
	st := l.conn.Stats()
	if st.Local == "" {
		return
	}
	local := l.candidateStats(all, "localcandidate", st.Local, now)
	remote := l.candidateStats(all, "remotecandidate", st.Peer, now)
	pair := endpoint.RTCIceCandidatePairStats{
		LocalCandidateID: local, RemoteCandidateID: remote,
		State: "succeeded", Nominated: true, Writable: true, Readable: true,
		BytesSent: int64(st.BytesSent), BytesReceived: int64(st.BytesReceived), RoundTripTime: st.RTT.Seconds(),
	}
	id := l.statsID("candidatepair")
	pair.Stats = pipeline.NewStats(id, "candidatepair", now)
	all[id] = pair
}

// candidateStats describes a candidate and returns its id.
func (l *leg) candidateStats(all map[string]pipeline.StatsEntry, kind pipeline.StatsType, text string, now time.Time) string {
	c, err := sdp.ParseCandidate(text)
	if err != nil {
		return ""
	}
	id := l.statsID(string(kind))
	st := endpoint.RTCIceCandidateAttributes{
		IPAddress: c.Address, PortNumber: int64(c.Port), Transport: strings.ToLower(c.Protocol),
		CandidateType: candidateTypes[c.Type], Priority: int64(c.Priority),
	}
	st.Stats = pipeline.NewStats(id, kind, now)
	all[id] = st
	return id
}

// candidateTypes are the names of statistics for those of SDP (RFC 8839 §5.1).
var candidateTypes = map[string]endpoint.RTCStatsIceCandidateType{
	"host": "host", "srflx": "serverreflexive", "prflx": "peerreflexive", "relay": "relayed",
}

// statsID names an entry of this leg, the same each time.
func (l *leg) statsID(name string) string { return uuid.NewSHA1(l.statsSpace, []byte(name)).String() }
