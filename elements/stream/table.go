package stream

import (
	"errors"
	"fmt"
	"slices"

	"github.com/rivero-media/rivero/pipeline/media"
)

// table is all that is negotiated at one time. It is replaced as a whole and never changed, so that
// HandleRTP reads it without a lock.
type table struct {
	lines    []Line
	incoming []incoming
	types    [128]uint8 // payload type -> index into incoming, plus one
}

// incoming is where packets of one payload type go.
type incoming struct {
	receiver *Receiver
	codec    *Codec
	repeated bool   // they are retransmissions of packets of the codec
	wide     uint8  // id of the transport-wide number that is reported, 0: none
	local    uint32 // SSRC of ours that reports come from
}

var errLine = errors.New("bad m-line")

// newTable checks m-lines and copies what may not change under us.
func newTable(lines []Line) (*table, error) {
	t := &table{lines: append([]Line(nil), lines...)}
	for i := range t.lines {
		if err := t.enter(&t.lines[i]); err != nil {
			return nil, fmt.Errorf("%w %d: %w", errLine, i, err)
		}
	}
	return t, nil
}

// enter looks at one line and enters its payload types.
func (t *table) enter(l *Line) error {
	if l.SSRC == 0 {
		return errors.New("no local ssrc")
	}
	if l.RTX == l.SSRC {
		return fmt.Errorf("local ssrc %d is used twice", l.SSRC)
	}
	for i := range t.lines {
		switch other := &t.lines[i]; {
		case other == l:
		case other.SSRC == l.SSRC:
			return fmt.Errorf("local ssrc %d is used twice", l.SSRC)
		case l.RTX != 0 && (other.RTX == l.RTX || other.SSRC == l.RTX):
			return fmt.Errorf("local ssrc %d is used twice", l.RTX)
		case l.Receiver != nil && other.Receiver == l.Receiver, l.Sender != nil && other.Sender == l.Sender:
			return errors.New("its receiver or sender is another line's")
		}
	}
	if err := l.Extensions.check(); err != nil {
		return err
	}
	if l.Sender == nil && len(l.Send) > 0 {
		return errors.New("formats to send without a sender")
	}
	l.Send = append([]Codec(nil), l.Send...)
	for i := range l.Send {
		if err := l.Send[i].check(l.Sender.kind); err != nil {
			return err
		}
	}
	l.Events = append([]Codec(nil), l.Events...)
	for i := range l.Events {
		if err := l.Events[i].check(media.Audio); err != nil {
			return err
		}
	}
	if l.Receiver == nil {
		return nil
	}
	if err := l.checkLayers(); err != nil {
		return err
	}
	l.Receive = append([]Codec(nil), l.Receive...)
	for i := range l.Receive {
		c := &l.Receive[i]
		if err := c.check(l.Receiver.kind); err != nil {
			return err
		}
		in := incoming{receiver: l.Receiver, codec: c, local: l.SSRC}
		if c.Feedback.TWCC {
			in.wide = l.Extensions.TransportCC
		}
		if err := t.direct(c.PayloadType, in); err != nil {
			return err
		}
		if c.RTX == 0 {
			continue
		}
		in.repeated = true
		if err := t.direct(c.RTX, in); err != nil {
			return err
		}
	}
	for i := range l.Events {
		c := &l.Events[i]
		if err := t.direct(c.PayloadType, incoming{receiver: l.Receiver, codec: c, local: l.SSRC}); err != nil {
			return err
		}
	}
	return nil
}

// checkLayers tells why the layers of a simulcast could not be told apart.
func (l *Line) checkLayers() error {
	switch {
	case len(l.RIDs) > media.MaxLayers:
		return fmt.Errorf("%d layers are more than %d", len(l.RIDs), media.MaxLayers)
	case len(l.RIDs) > 1 && l.Extensions.RID == 0:
		return errors.New("layers without the header extension that names them")
	}
	l.RIDs = append([]string(nil), l.RIDs...)
	for i, rid := range l.RIDs {
		if rid == "" || slices.Contains(l.RIDs[:i], rid) {
			return fmt.Errorf("layer %q is empty or listed twice", rid)
		}
	}
	return nil
}

// direct enters where packets of a payload type go.
func (t *table) direct(pt uint8, to incoming) error {
	if t.types[pt] != 0 {
		return fmt.Errorf("payload type %d is used twice", pt)
	}
	t.incoming = append(t.incoming, to)
	t.types[pt] = uint8(len(t.incoming))
	return nil
}

// check tells what makes a codec unusable on a line of the given kind.
func (c *Codec) check(kind media.Kind) error {
	switch {
	case c.Format.Kind != kind:
		return fmt.Errorf("payload type %d is %v on a line of %v", c.PayloadType, c.Format.Kind, kind)
	case c.PayloadType > 127:
		return fmt.Errorf("payload type %d is above 127", c.PayloadType)
	case c.RTX > 127:
		return fmt.Errorf("payload type %d is above 127", c.RTX)
	case c.Format.ClockRate == 0:
		return fmt.Errorf("payload type %d has no clock rate", c.PayloadType)
	case !c.Format.Packed:
		return fmt.Errorf("payload type %d is not packed", c.PayloadType)
	}
	return nil
}

// isEvent tells whether it is of telephone events.
func (c *Codec) isEvent() bool { return c.Format.Codec == media.TelephoneEvent }

// same tells whether two codecs, perhaps of two negotiations, mean the same packets.
func (c *Codec) same(other *Codec) bool {
	return c == other || c != nil && other != nil && c.PayloadType == other.PayloadType && c.Format == other.Format
}

// check tells which id cannot be written in the one-byte form (RFC 8285 section 4.2).
func (e *Extensions) check() error {
	for _, id := range []uint8{e.AbsSendTime, e.TransportCC, e.AudioLevel, e.MID, e.RID, e.RepairedRID} {
		if id > 14 {
			return fmt.Errorf("extension id %d is not between 1 and 14", id)
		}
	}
	return nil
}

// receives tells whether r is on one of the lines, sends the same for s.
func (t *table) receives(r *Receiver) bool {
	for i := range t.lines {
		if t.lines[i].Receiver == r {
			return true
		}
	}
	return false
}

func (t *table) sends(s *Sender) bool {
	for i := range t.lines {
		if t.lines[i].Sender == s {
			return true
		}
	}
	return false
}

// speaks tells whether ssrc is one of ours.
func (t *table) speaks(ssrc uint32) bool {
	for i := range t.lines {
		if t.lines[i].SSRC == ssrc {
			return true
		}
	}
	return false
}
