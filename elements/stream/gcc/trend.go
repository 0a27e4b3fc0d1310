package gcc

import "time"

// usage is what the trend of the delay says about the path.
type usage uint8

const (
	normal usage = iota
	underuse
	overuse
)

// Of the trendline filter, as in libwebrtc.
const (
	trendGroups    = 20     // that the line is fitted to
	trendSmoothing = 0.9    // of the delay
	trendGain      = 4      // makes thresholds what they were for the Kalman filter of the draft
	trendDeltas    = 60     // groups after which the trend counts in full
	thresholdUp    = 8.7e-3 // per ms
	thresholdDown  = 39e-3
	thresholdFirst = 12.5
	thresholdLeast = 6
	thresholdMost  = 600
	thresholdJump  = 15 // above the threshold, for less than a route change
	// overuseTime is how long the trend is above the threshold before that counts, in ms.
	overuseTime = 10
)

// trend estimates how the queueing delay changes (draft section 5.3 to 5.5).
type trend struct {
	started   bool
	begin     time.Duration // arrival of the first group
	delay     float64       // accumulated, ms
	smoothed  float64
	points    [trendGroups][2]float64 // arrival and smoothed delay, ms; a ring
	count     int
	slope     float64
	threshold float64
	adapted   time.Duration // arrival at which the threshold was adapted
	over      float64       // ms above the threshold, below 0: not
	overs     int
	signal    usage
}

// add takes how far apart two groups left and arrived, the second at the time at, and tells what the
// path is like now.
func (t *trend) add(left, came, at time.Duration) usage {
	if !t.started {
		*t = trend{started: true, begin: at, adapted: at, threshold: thresholdFirst, over: -1}
	}
	t.delay += milliseconds(came - left)
	t.smoothed = trendSmoothing*t.smoothed + (1-trendSmoothing)*t.delay
	t.points[t.count%trendGroups] = [2]float64{milliseconds(at - t.begin), t.smoothed}
	t.count++
	before := t.slope
	if t.count >= trendGroups {
		t.slope = t.fit()
	}
	t.detect(before, milliseconds(left))
	t.adapt(at)
	return t.signal
}

// weighted is the slope in the unit of the threshold.
func (t *trend) weighted() float64 { return float64(min(t.count, trendDeltas)) * t.slope * trendGain }

// fit is the slope of the line through the points with the least squares.
func (t *trend) fit() float64 {
	var x, y float64
	for _, p := range t.points {
		x += p[0]
		y += p[1]
	}
	x, y = x/trendGroups, y/trendGroups
	var over, under float64
	for _, p := range t.points {
		over += (p[0] - x) * (p[1] - y)
		under += (p[0] - x) * (p[0] - x)
	}
	if under == 0 {
		return t.slope
	}
	return over / under
}

// detect compares the trend with the threshold (draft section 5.4). left is the time between groups, ms.
func (t *trend) detect(before, left float64) {
	switch w := t.weighted(); {
	case w > t.threshold:
		if t.over < 0 {
			t.over = left / 2 // it began somewhere between the two
		} else {
			t.over += left
		}
		t.overs++
		if t.over > overuseTime && t.overs > 1 && t.slope >= before {
			t.over, t.overs, t.signal = 0, 0, overuse
		}
	case w < -t.threshold:
		t.over, t.overs, t.signal = -1, 0, underuse
	default:
		t.over, t.overs, t.signal = -1, 0, normal
	}
}

// adapt moves the threshold towards the trend, so that flows of TCP beside do not starve this one.
func (t *trend) adapt(at time.Duration) {
	w := t.weighted()
	w = max(w, -w)
	elapsed := min(milliseconds(at-t.adapted), 100)
	t.adapted = at
	if w > t.threshold+thresholdJump || elapsed < 0 {
		return
	}
	k := thresholdUp
	if w < t.threshold {
		k = thresholdDown
	}
	t.threshold = min(max(t.threshold+k*(w-t.threshold)*elapsed, thresholdLeast), thresholdMost)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
