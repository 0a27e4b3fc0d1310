package codec

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/rivero-media/rivero/pipeline/media"
)

// Want is what a client asks of all that an element gives (setAudioFormat, setVideoFormat). Zero fields ask nothing.
type Want struct {
	Codec string
	Caps  string // as in media.Format
	// Bitrate is that of sound which is encoded here, in bit/s. What comes in the codec that is asked for stays as it is.
	Bitrate int
}

// Allows tells whether media of a format is what is asked for.
func (w Want) Allows(f media.Format) bool {
	return (w.Codec == "" || w.Codec == f.Codec) && (w.Caps == "" || w.Caps == f.Caps)
}

// Or is w, and what another asks where w asks nothing.
func (w Want) Or(other Want) Want {
	if w.Codec == "" {
		w.Codec = other.Codec
	}
	if w.Caps == "" {
		w.Caps = other.Caps
	}
	if w.Bitrate == 0 {
		w.Bitrate = other.Bitrate
	}
	return w
}

// PictureCaps are the caps of video: a size, and the most pictures in a second. Zero fields ask nothing.
type PictureCaps struct {
	Width, Height          int // one of them alone keeps the shape of the picture
	Numerator, Denominator int // of the frame rate
}

// maxPictureSide bounds the memory that a client can ask for.
const maxPictureSide = 4096

// Valid tells whether the caps can be obeyed.
func (c PictureCaps) Valid() bool {
	return min(c.Width, c.Height, c.Numerator, c.Denominator) >= 0 && max(c.Width, c.Height) <= maxPictureSide
}

const pictureCapsLayout = "%dx%d@%d/%d"

// String is the text in media.Format, "" for caps that ask nothing.
func (c PictureCaps) String() string {
	if c == (PictureCaps{}) {
		return ""
	}
	return fmt.Sprintf(pictureCapsLayout, c.Width, c.Height, c.Numerator, c.Denominator)
}

// ParsePictureCaps reads what String has written; anything else asks nothing.
func ParsePictureCaps(text string) (c PictureCaps) {
	if _, err := fmt.Sscanf(text, pictureCapsLayout, &c.Width, &c.Height, &c.Numerator, &c.Denominator); err != nil {
		return PictureCaps{}
	}
	return c
}

// Bitrates are what encoders are to aim at, in bit/s.
type Bitrates struct {
	Target   int // while no receiver says how much it can take
	Min, Max int // Max 0: no bound
}

// For is the bitrate for receivers that can take a limit; 0: they do not say.
func (b Bitrates) For(limit int) int {
	if limit == 0 {
		limit = b.Target
	}
	if b.Max > 0 {
		limit = min(limit, b.Max)
	}
	return max(limit, b.Min)
}

// Rates are the bitrates of the encoders behind one element, which may change while they run. They are safe for
// concurrent use, and reading does not wait.
type Rates struct {
	now    atomic.Pointer[Bitrates]
	chosen atomic.Bool
	mu     sync.Mutex // of changes
}

// NewRates begins with bitrates that nobody has chosen.
func NewRates(b Bitrates) *Rates {
	r := &Rates{}
	r.now.Store(&b)
	return r
}

// Load returns the bitrates of now. Nil has none.
func (r *Rates) Load() Bitrates {
	if r == nil {
		return Bitrates{}
	}
	return *r.now.Load()
}

// Chosen tells whether a client has changed them. Those that it has not give way to those of the element before.
func (r *Rates) Chosen() bool { return r != nil && r.chosen.Load() }

// Change changes them. As in the original the bounds never cross: the one that is changed gives way.
func (r *Rates) Change(change func(*Bitrates)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.Load()
	after := before
	change(&after)
	switch {
	case after.Min <= after.Max:
	case after.Min != before.Min:
		after.Min = after.Max
	default:
		after.Max = after.Min
	}
	r.now.Store(&after)
	r.chosen.Store(true)
}
