package pipeline

import (
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

// StatsType names the kind of a statistics entry.
type StatsType string

// Values are the texts of the protocol.
func (StatsType) Values() []string {
	return []string{"inboundrtp", "outboundrtp", "session", "datachannel", "track", "transport", "candidatepair",
		"localcandidate", "remotecandidate", "element", "endpoint"}
}

// Stats is the base of every statistics entry.
type Stats struct {
	ID              string    `kurento:"id"`
	Type            StatsType `kurento:"type"`
	Timestamp       float64   `kurento:"timestamp"`       // 6.x: seconds
	TimestampMillis int64     `kurento:"timestampMillis"` // since 1970
}

func (Stats) isStats() {}

// StatsEntry is a struct that embeds Stats.
type StatsEntry interface{ isStats() }

// Measured is implemented by elements that have statistics.
type Measured interface {
	// StatsOf maps the id of each entry to the entry, for one kind of media or, with nil, for all.
	StatsOf(kind *media.Kind) map[string]StatsEntry
}

// NewStats fills the base of an entry in.
func NewStats(id string, t StatsType, now time.Time) Stats {
	ms := now.UnixMilli()
	return Stats{ID: id, Type: t, Timestamp: float64(ms) / 1000, TimestampMillis: ms}
}
