package rtspout

import "github.com/bluenviron/gortsplib/v5/pkg/description"

// track is one RTP stream to a player. Packets without a payload are left out of it: browsers send them to find out what their
// path carries (padding only, RFC 3550 §5.1), and players complain of them. The numbers of those behind are closed up, as they
// would count as lost. It is used with the sender locked.
type track struct {
	media   *description.Media
	left    [64]uint16 // numbers of those that were left out, the last ones
	leftOut uint16     // how many
}

// leaveOut notes a packet that is not sent.
func (t *track) leaveOut(number uint16) {
	t.left[int(t.leftOut)%len(t.left)] = number
	t.leftOut++
}

// number is that of a packet, which may be older than one that was left out.
func (t *track) number(number uint16) uint16 {
	before := t.leftOut
	for i := range min(int(t.leftOut), len(t.left)) {
		if int16(t.left[i]-number) > 0 {
			before--
		}
	}
	return number - before
}
