package face

import (
	"image"
	"math"
	"slices"
	"time"

	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

const (
	// searchEvery is how often all of the picture is searched for new faces. It takes several pictures: each has a part of the
	// search that is about 2 ms of work.
	searchEvery = 400 * time.Millisecond
	boxesAtOnce = 5000

	// sure is on how many pictures in a row a face must be seen before it is shown, and hold how long it is shown when it is
	// not seen any more: who turns away for a moment keeps the hat on.
	sure = 3
	hold = 700 * time.Millisecond

	// most bounds how many faces are followed, and mostLooks how many are looked at in one picture; when there are more they
	// take turns.
	most      = 16
	mostLooks = 4

	// near is how far from its last place a face is the same one, atOnce from where on a move is followed without delay, and still
	// up to where it is taken for noise; all in sizes of the box.
	near   = 0.75
	atOnce = 0.2
	still  = 0.04
)

// Follower finds the faces in the pictures of a stream and says where they are in each. New faces are searched for a few
// times a second; those it knows it looks for in every picture, near to where they were. What it says is steady: faces do
// not come and go with every doubt, and boxes do not tremble. It belongs to one goroutine at a time; the zero value is ready.
type Follower struct {
	detector Detector
	faces    []followed
	turn     int           // the face to be looked at next
	search   search        // size 0: none goes on
	began    time.Duration // when the last search did
	at       time.Duration // of the picture
	boxes    []image.Rectangle
}

// followed is a face.
type followed struct {
	box       // where it is said to be
	times int // that it was seen, up to sure
	last  time.Duration
}

// Follow returns where the faces are in a picture: squares from brow to chin, which may reach beyond its edges. at is when the
// picture is due. The slice is valid until the next call.
func (f *Follower) Follow(p *i420.Picture, at time.Duration) []image.Rectangle {
	if changed := f.detector.reduce(p); changed || at < f.at || at > f.at+hold {
		f.faces = f.faces[:0] // another stream, or this one after a gap
		f.began, f.search.size = at, smallest
	}
	f.at = at
	f.lookAgain()
	f.lookForNew()
	f.forget()
	f.boxes = f.boxes[:0]
	for _, face := range f.faces {
		if face.times >= sure {
			f.boxes = append(f.boxes, f.detector.full(face.box))
		}
	}
	return f.boxes
}

// lookAgain looks for the faces that are known.
func (f *Follower) lookAgain() {
	for range min(mostLooks, len(f.faces)) {
		f.turn = (f.turn + 1) % len(f.faces)
		face := &f.faces[f.turn]
		if b, ok := f.detector.look(face.box); ok {
			face.see(b, f.at)
		} else if face.times < sure {
			face.times = 0
		}
	}
}

// lookForNew does a part of the search.
func (f *Follower) lookForNew() {
	if f.search.size == 0 {
		if f.at < f.began+searchEvery {
			return
		}
		f.began, f.search.size = f.at, smallest
	}
	for _, candidate := range f.detector.search(&f.search, boxesAtOnce) {
		if i := f.near(candidate); i >= 0 && f.faces[i].last == f.at {
			continue
		}
		b, ok := f.detector.look(candidate)
		if !ok {
			continue
		}
		if i := f.near(b); i >= 0 {
			f.faces[i].see(b, f.at)
		} else if len(f.faces) < most {
			f.faces = append(f.faces, followed{box: b, times: 1, last: f.at})
		}
	}
	if f.detector.done(f.search) {
		f.search.size = 0
	}
}

// near says which of the faces b can be, that may have moved since it was seen; -1: none.
func (f *Follower) near(b box) int {
	return slices.IndexFunc(f.faces, func(face followed) bool {
		return math.Hypot(b.x-face.x, b.y-face.y) < near*max(b.size, face.size)
	})
}

// see takes note of where the face is. The larger a move the faster it is followed, for of a small one most is noise.
func (f *followed) see(b box, at time.Duration) {
	f.last, f.times = at, min(f.times+1, sure)
	share := func(moved float64) float64 {
		if moved < still*b.size {
			return 0
		}
		return min(1, moved/(atOnce*b.size))
	}
	moved := share(math.Hypot(b.x-f.x, b.y-f.y))
	f.x += (b.x - f.x) * moved
	f.y += (b.y - f.y) * moved
	f.size += (b.size - f.size) * share(math.Abs(b.size-f.size))
}

// forget drops the faces that are gone, those that were none, and of two that have come to the same place the later.
func (f *Follower) forget() {
	kept := f.faces[:0]
	for _, face := range f.faces {
		twin := slices.ContainsFunc(kept, func(k followed) bool { return overlap(k.box, face.box) > same })
		if face.times > 0 && f.at-face.last <= hold && !twin {
			kept = append(kept, face)
		}
	}
	f.faces = kept
}
