package pipeline

import (
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

// MediaLatencyStat is the average latency at one input.
type MediaLatencyStat struct {
	Name string    `kurento:"name"`
	Type MediaType `kurento:"type"`
	Avg  float64   `kurento:"avg"` // ns
}

// ElementStats is how long media has been in the server when it comes into an element.
type ElementStats struct {
	Stats
	InputAudioLatency float64            `kurento:"inputAudioLatency"` // 6.x: ns
	InputVideoLatency float64            `kurento:"inputVideoLatency"` // 6.x: ns
	InputLatency      []MediaLatencyStat `kurento:"inputLatency"`
}

// EndpointStats is ElementStats of an endpoint that media leaves the server by: the same latency is that from end to end.
type EndpointStats struct {
	ElementStats
	AudioE2ELatency float64            `kurento:"audioE2ELatency"` // 6.x: ns
	VideoE2ELatency float64            `kurento:"videoE2ELatency"` // 6.x: ns
	E2ELatency      []MediaLatencyStat `kurento:"E2ELatency"`
}

// latencyStats adds the element's latency to its statistics while the pipeline measures it.
func (e *MediaElement) latencyStats(all map[string]StatsEntry, kind *media.Kind) {
	if !e.pipeline.latencyStats.Load() {
		return
	}
	st := ElementStats{Stats: NewStats(e.id, "element", time.Now()), InputLatency: []MediaLatencyStat{}}
	for _, k := range []media.Kind{media.Audio, media.Video} {
		if kind != nil && *kind != k || !e.pipeline.graph.Takes(e.node, k) {
			continue
		}
		latency, _ := e.pipeline.graph.Latency(e.node, k)
		ns := float64(latency.Nanoseconds())
		st.InputLatency = append(st.InputLatency, MediaLatencyStat{
			Name: "sink_" + map[media.Kind]string{media.Audio: "audio", media.Video: "video"}[k] + "_default", Type: mediaType(k), Avg: ns,
		})
		if k == media.Audio {
			st.InputAudioLatency = ns
		} else {
			st.InputVideoLatency = ns
		}
	}
	if !e.class.descends("Endpoint") || len(st.InputLatency) == 0 {
		all[e.id] = st
		return
	}
	st.Type = "endpoint"
	all[e.id] = EndpointStats{st, st.InputAudioLatency, st.InputVideoLatency, st.InputLatency}
}
