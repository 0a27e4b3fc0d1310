package playback

import "time"

// tick is the grid of the pipeline clock on which playbacks wake up. All of them wake together, and each sends at once what has become
// due: what costs processor time is not a frame but an idle processor that wakes up for it, with several threads of Go's runtime. A
// frame is up to a tick late and never early. That is half of what lies between two packets of Opus, and regular sound is late by
// the same time always: receivers see no jitter in it.
const tick = 10 * time.Millisecond

// nextTick is the first tick at t or after.
func nextTick(t time.Duration) time.Duration { return (t + tick - 1).Truncate(tick) }
