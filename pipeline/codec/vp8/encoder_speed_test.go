package vp8

import (
	"testing"
	"time"
)

// fakeTime is a clock for SpeedAuto on which each frame takes what the test says.
type fakeTime struct {
	now   time.Duration
	takes func() time.Duration
	begun bool
}

// clock is called before each frame and behind it.
func (f *fakeTime) clock() time.Duration {
	if f.begun = !f.begun; !f.begun {
		f.now += f.takes()
	}
	return f.now
}

// TestSpeedAuto encodes on machines of different speed.
func TestSpeedAuto(t *testing.T) {
	t.Parallel()
	const period = 40 * time.Millisecond
	var e *Encoder
	costs := [...]time.Duration{8, 4, 2, 1} // by speed
	unit := time.Millisecond
	f := fakeTime{takes: func() time.Duration { return unit * costs[e.pace.speed] }}
	e = mustEncoder(t, Config{Width: 16, Height: 16, FrameRate: float64(time.Second / period), Speed: SpeedAuto, Clock: f.clock})
	defer e.Close()
	picture := newFrame(16, 16)
	run := func(pictures int) (dropped int, longest time.Duration) {
		t.Helper()
		behind := time.Duration(0)
		for range pictures {
			before := f.now
			frame, _, err := e.Encode(nil, picture, false)
			if err != nil {
				t.Fatal(err)
			}
			if len(frame) == 0 {
				dropped++
			}
			behind = max(behind+f.now-before-period, 0)
			longest = max(longest, behind)
		}
		return dropped, longest
	}
	for _, step := range []struct {
		unit     time.Duration
		speed    int
		pictures int
		drops    bool
	}{
		{time.Millisecond, 0, 200, false}, // a fast machine: as good as can be
		{6 * time.Millisecond, 1, 10, false},
		{20 * time.Millisecond, 3, 10, false},
		{60 * time.Millisecond, 3, 60, true}, // too slow for any speed
		{time.Millisecond, 0, 400, false},    // but for what is left from before
	} {
		unit = step.unit
		dropped, longest := run(step.pictures)
		if e.pace.speed != step.speed || dropped > 1 != step.drops {
			t.Errorf("%+v: speed %d, %d dropped", step, e.pace.speed, dropped)
		}
		if most := 8 * unit; longest > max(most, 2*period) {
			t.Errorf("%+v: %v behind", step, longest)
		}
		if step.drops && dropped > step.pictures/2 {
			t.Errorf("%+v: %d dropped", step, dropped)
		}
	}
	// Where the lower speed takes too long, it is tried ever more seldom.
	costs, unit = [...]time.Duration{80, 40, 1, 1}, time.Millisecond
	run(20)
	tried := 0
	for range 1500 {
		before := e.pace.speed
		run(1)
		if e.pace.speed < before {
			tried++
		}
	}
	if tried == 0 || tried > 10 {
		t.Errorf("a speed that is too slow was tried %d times", tried)
	}
}
