// How much an encoder tries, and how it keeps pace with the pictures.

package vp8

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
	long      bool  // new vectors for older references too
	subblocks bool  // B_PRED in inter frames
}

var speeds = [...]speed{
	{step: 16, walk: 16, fraction: 1, square: true, split: 4, long: true, subblocks: true},
	{step: 16, walk: 16, fraction: 1, split: 8, subblocks: true},
	{step: 8, walk: 8, fraction: 1, split: 16, subblocks: true},
	{step: 4, walk: 8, fraction: 2, split: 16},
}

type pace struct{ speed int }

func (p *pace) init(c *Config)      { p.speed = max(c.Speed, 0) }
func (p *pace) setTarget(c *Config) {}
func (p *pace) drop() bool          { return false }
func (p *pace) begin()              {}
func (p *pace) end()                {}
