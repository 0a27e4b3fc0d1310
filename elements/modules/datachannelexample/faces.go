package datachannelexample

import (
	"encoding/json"
	"image"
	"slices"
	"time"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/elements/filter/face"
	"github.com/rivero-media/rivero/elements/modules/vision"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// faces is a message of KmsDetectFaces: where faces are in a picture of a size, in pixels. The original hangs something like it to
// each picture, in a form that nobody outside of it can read.
type faces struct {
	Width  int   `json:"width"`
	Height int   `json:"height"`
	Faces  []box `json:"faces"`
}

type box struct {
	X      int `json:"x"`
	Y      int `json:"y"`
	Width  int `json:"width"`
	Height int `json:"height"`
}

// repeatEvery is how often boxes are sent that have not changed, for who comes late.
const repeatEvery = time.Second

// DetectFaces is KmsDetectFaces, which sends where faces are.
type DetectFaces struct {
	filter.Filter
	out outbox

	// These belong to the filter's goroutine.
	follower face.Follower
	sent     []image.Rectangle
	at       time.Duration // of the picture that was sent last
}

func newDetectFaces(c pipeline.Creation, p params) *DetectFaces {
	d := &DetectFaces{}
	d.SetupPictures(c, d, p.MediaPipeline, d.work)
	d.out.open(&d.Filter)
	return d
}

// Close is part of pipeline.Object.
func (d *DetectFaces) Close() {
	d.Filter.Close()
	d.out.output.Close()
}

func (d *DetectFaces) work(p *i420.Picture, m filter.Moment) *i420.Picture {
	if len(d.out.output.Routes()) == 0 {
		return p // nobody listens
	}
	found := d.follower.Follow(p, m.PTS)
	if slices.Equal(found, d.sent) && (len(found) == 0 || m.PTS-d.at < repeatEvery) {
		return p
	}
	d.sent, d.at = append(d.sent[:0], found...), m.PTS
	message := faces{Width: p.Width, Height: p.Height, Faces: []box{}}
	for _, r := range found {
		message.Faces = append(message.Faces, box{r.Min.X, r.Min.Y, r.Dx(), r.Dy()})
	}
	text, err := json.Marshal(message)
	if err != nil {
		log := d.Log()
		log.Error().Err(err).Msg("faces cannot be sent")
		return p
	}
	d.out.send(text)
	return p
}

// ShowFaces is KmsShowFaces, which draws the boxes of the last message.
type ShowFaces struct {
	filter.Filter
	in inbox

	// These belong to the filter's goroutine.
	shown faces
	until time.Duration
	told  bool // that a message was none
}

const (
	// showFor is how long boxes are shown when no message comes after them.
	showFor = 2 * repeatEvery
	// mostFaces is how many boxes of a message are drawn.
	mostFaces = 64
)

func newShowFaces(c pipeline.Creation, p params) *ShowFaces {
	s := &ShowFaces{}
	s.SetupPictures(c, s, p.MediaPipeline, s.work)
	s.in.open(&s.Filter)
	return s
}

func (s *ShowFaces) work(p *i420.Picture, m filter.Moment) *i420.Picture {
	s.in.take(func(message []byte) {
		var got faces
		if err := json.Unmarshal(message, &got); err != nil || got.Width < 1 || got.Height < 1 {
			s.complain(message)
			return
		}
		s.shown, s.until = got, m.PTS+showFor
	})
	if !m.Watched || m.PTS >= s.until {
		return p
	}
	for i, b := range s.shown.Faces {
		if i == mostFaces {
			break
		}
		x, y := clamp(b.X), clamp(b.Y)
		r := image.Rect(x, y, x+clamp(b.Width), y+clamp(b.Height))
		scale := func(q image.Point) image.Point {
			return image.Pt(q.X*p.Width/s.shown.Width, q.Y*p.Height/s.shown.Height)
		}
		vision.Outline(p, image.Rectangle{Min: scale(r.Min), Max: scale(r.Max)}, vision.Green)
	}
	return p
}

// clamp keeps numbers of clients in what pictures can have.
func clamp(v int) int { return min(max(v, -i420.MaxSize), i420.MaxSize) }

// complain says once that messages are not what they should be.
func (s *ShowFaces) complain(message []byte) {
	if s.told {
		return
	}
	s.told = true
	const shown = 80
	log := s.Log()
	log.Warn().Bytes("message", message[:min(len(message), shown)]).Msg("message has no faces, as later ones may: nothing is drawn")
}
