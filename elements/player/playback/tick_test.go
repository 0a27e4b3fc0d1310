package playback

import (
	"testing"
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

func TestNextTick(t *testing.T) {
	for at, want := range map[time.Duration]time.Duration{0: 0, 1: tick, tick - 1: tick, tick: tick, tick + 1: 2 * tick, 7*tick - 1: 7 * tick} {
		if got := nextTick(at); got != want {
			t.Errorf("the tick at or after %v is %v, wanted %v", at, got, want)
		}
	}
}

// Frames of a slot wait for one tick, none is sent before its time, and the pipeline time of a frame is not rounded.
func TestFramesWaitForATick(t *testing.T) {
	b := New(nil, false)
	first, left, _ := b.until(0)
	if left > 0 {
		t.Errorf("the first frame waits for %v", left)
	}
	for at := time.Second; at < time.Second+3*tick; at += time.Millisecond {
		before := media.Now()
		pts, left, v := b.until(at)
		after := media.Now()
		if v != due || pts != first+at {
			t.Errorf("a frame at %v is due at %v after the first, verdict %v", at, pts-first, v)
		}
		if sent := nextTick(pts); sent < before+left || sent > after+left || sent < pts || sent >= pts+tick {
			t.Errorf("a frame due at %v waits for %v from %v on, wanted until %v", pts, left, before, sent)
		}
	}
}
