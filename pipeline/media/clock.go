package media

import "time"

// epoch is the zero of the pipeline clock.
var epoch = time.Now()

// Now reads the pipeline clock, which every pipeline of the process shares: monotonic time since
// the process started. Packet.PTS is on this clock.
func Now() time.Duration { return time.Since(epoch) }

// At converts an instant to the pipeline clock.
func At(t time.Time) time.Duration { return t.Sub(epoch) }

// Wall converts an instant of the pipeline clock to the time of day.
func Wall(pts time.Duration) time.Time { return epoch.Add(pts) }
