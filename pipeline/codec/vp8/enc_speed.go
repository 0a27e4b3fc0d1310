// How much an encoder tries, and how it keeps pace with the pictures.

package vp8

import "time"

// Values of Config.Speed besides 0, the best pictures.
const (
	SpeedAuto = -1 // as slow as the frame rate allows
	MaxSpeed  = len(speeds) - 1
)

// speed is what Config.Speed stands for.
type speed struct {
	step      int16 // first diamond, in pixels
	walk      int   // most steps of one size
	fraction  int16 // finest step, in quarters of a pixel
	square    bool  // diagonal steps of fractions
	split     int   // smallest parts of a macroblock: 16, 8 or 4 pixels
	subblocks bool  // B_PRED beside inter prediction
	plain     bool  // no new vectors, and no B_PRED at all
}

var speeds = [...]speed{
	{step: 16, walk: 16, fraction: 1, square: true, split: 4, subblocks: true},
	{step: 16, walk: 16, fraction: 1, split: 8, subblocks: true},
	{step: 8, walk: 8, fraction: 1, split: 16, subblocks: true},
	{step: 4, walk: 8, fraction: 2, split: 16},
}

// plainSpeed leaves out what takes many bits of the first partition.
var plainSpeed = speed{plain: true, split: 16}

// A pace is the choice of a speed by the time that frames take. It goes
// faster as soon as they take too long, and slower if there was time to spare
// for a while. If the highest speed is not enough it leaves out pictures.
type pace struct {
	auto   bool
	clock  func() time.Duration
	period time.Duration // from picture to picture
	speed  int

	began    time.Duration // the current frame
	late     time.Duration // by how much all frames took longer than there was time
	load     float64       // the part of the period that frames take, smoothed
	calm     int           // frames in a row with time to spare
	patience int           // of them until it goes slower
	trial    int           // frames until going slower is known to have been right
}

// The parts of the period that frames may take. The lower one is less than
// half of the upper because a lower speed can take twice the time.
const (
	fullLoad  = .7
	spareLoad = .3
	// leastPatience is doubled each time that going slower was wrong.
	leastPatience, mostPatience = 30, 1800
)

func (p *pace) init(c *Config) {
	*p = pace{auto: c.Speed == SpeedAuto, clock: c.Clock, speed: c.Speed, patience: leastPatience}
	if p.auto {
		p.speed = MaxSpeed - 1
	}
	p.setTarget(c)
}

func (p *pace) setTarget(c *Config) { p.period = time.Duration(float64(time.Second) / c.FrameRate) }

// drop tells if there is no time for a picture, and if so counts it.
func (p *pace) drop() bool {
	if p.late <= p.period {
		return false
	}
	p.late -= p.period
	return true
}

// begin is called before a frame, end after it.
func (p *pace) begin() {
	if p.auto {
		p.began = p.clock()
	}
}

func (p *pace) end() {
	if !p.auto {
		return
	}
	took := p.clock() - p.began
	p.late = max(p.late+took-p.period, 0)
	now := float64(took) / float64(p.period)
	if p.load == 0 {
		p.load = now
	}
	p.load += (now - p.load) / 4
	p.trial--
	switch {
	case p.load > fullLoad || p.late > 0:
		if p.speed < MaxSpeed {
			p.change(1)
			if p.trial > 0 {
				p.patience = min(2*p.patience, mostPatience)
			}
		}
		p.calm = 0
	case p.load > spareLoad:
		p.calm = 0
	default:
		if p.calm++; p.calm >= p.patience && p.speed > 0 {
			p.change(-1)
			p.trial = p.patience
		}
	}
}

// change changes the speed. What frames take is then to be seen.
func (p *pace) change(by int) { p.speed, p.load, p.calm = p.speed+by, 0, 0 }
