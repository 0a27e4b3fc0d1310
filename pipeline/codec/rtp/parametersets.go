package rtp

import (
	"bytes"
	"slices"
)

// Bounds of what ParameterSets remembers: real streams have one or two sets of less than a hundred bytes.
const (
	maxSetCount = 8
	maxSetSize  = 1024 // bytes; a set is one RTP packet when it is sent again
)

// ParameterSets knows the sequence and picture parameter sets of an H264 stream, so that each key frame can have them
// in front of it. A source may give them in its SDP only (sprop-parameter-sets, RFC 6184 §8.1), or in band once, while
// whoever comes late looks for them in the stream.
type ParameterSets struct {
	sets     [][]byte // the SPS, then PPSs
	seen     bool     // a set came with
	seenTime uint32   // this timestamp
}

// NewParameterSets begins with the sets of an SDP; nil and empty ones are left out.
func NewParameterSets(sets ...[]byte) *ParameterSets {
	p := &ParameterSets{}
	for _, nal := range sets {
		p.remember(nal)
	}
	return p
}

// Before returns the NAL units to be sent before a payload of the stream: those of a key frame that begins with the payload
// and comes without any, else none. Payloads are handed in as they come. What is returned belongs to p and is not changed.
func (p *ParameterSets) Before(timestamp uint32, payload []byte) [][]byte {
	if len(payload) < 2 {
		return nil
	}
	key := false
	look := func(nal []byte) {
		switch t := nal[0] & nalType; {
		case t == nalSPS:
			p.remember(nal)
			p.seen, p.seenTime = true, timestamp
		case t == nalPPS:
			p.remember(nal)
		default:
			key = key || len(nal) > 1 && h264OpensKey(t, nal[1], true)
		}
	}
	switch t := payload[0] & nalType; {
	case t == nalSTAPA:
		eachAggregated(payload[1:], look)
	case t == nalFUA:
		key = len(payload) > 2 && payload[1]&fuStart != 0 && h264OpensKey(payload[1]&nalType, payload[2], true)
	case isNAL(t):
		look(payload)
	}
	if !key || p.seen && p.seenTime == timestamp || len(p.sets) == 0 {
		return nil
	}
	p.seen, p.seenTime = true, timestamp
	return p.sets
}

// remember keeps a set. A new SPS makes the ones before void.
func (p *ParameterSets) remember(nal []byte) {
	if len(nal) < 2 || len(nal) > maxSetSize {
		return
	}
	first := nal[0]&nalType == nalSPS
	switch {
	case first && len(p.sets) > 0 && bytes.Equal(p.sets[0], nal):
	case first:
		p.sets = [][]byte{bytes.Clone(nal)}
	case nal[0]&nalType != nalPPS, len(p.sets) == 0: // useless without an SPS
	case slices.ContainsFunc(p.sets[1:], func(set []byte) bool { return bytes.Equal(set, nal) }):
	default:
		// A new slice: the one before may be with a caller.
		keep := p.sets[1:]
		if len(p.sets) == maxSetCount {
			keep = keep[1:]
		}
		p.sets = slices.Concat(p.sets[:1], keep, [][]byte{bytes.Clone(nal)})
	}
}
