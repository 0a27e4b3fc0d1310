package aac

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
)

// Loudspeakers, as in WAVE's dwChannelMask.
const (
	frontLeft = 1 << iota
	frontRight
	frontCenter
	lowFrequency
	backLeft
	backRight
	frontLeftOfCenter
	frontRightOfCenter
	backCenter
	sideLeft
	sideRight
)

// maxChannels bounds what a program config element may ask for.
const maxChannels = 8

// slot is a syntactic element with the loudspeakers of its one or two channels.
type slot struct {
	element       int    // idSCE, idCPE or idLFE
	first, second uint32 // second is 0 for one channel
}

// channelConfigurations are the elements in their order (ISO/IEC 14496-3 table 1.19).
var channelConfigurations = [8][]slot{
	1: {{idSCE, frontCenter, 0}},
	2: {{idCPE, frontLeft, frontRight}},
	3: {{idSCE, frontCenter, 0}, {idCPE, frontLeft, frontRight}},
	4: {{idSCE, frontCenter, 0}, {idCPE, frontLeft, frontRight}, {idSCE, backCenter, 0}},
	5: {{idSCE, frontCenter, 0}, {idCPE, frontLeft, frontRight}, {idCPE, backLeft, backRight}},
	6: {{idSCE, frontCenter, 0}, {idCPE, frontLeft, frontRight}, {idCPE, backLeft, backRight}, {idLFE, lowFrequency, 0}},
	7: {{idSCE, frontCenter, 0}, {idCPE, frontLeftOfCenter, frontRightOfCenter}, {idCPE, frontLeft, frontRight},
		{idCPE, backLeft, backRight}, {idLFE, lowFrequency, 0}},
}

func channelsOf(mask uint32) int { return bits.OnesCount32(mask) }

// place is where a loudspeaker's sample lies in a frame.
func place(mask, speaker uint32) int { return bits.OnesCount32(mask & (speaker - 1)) }

// readProgramConfig reads a program_config_element (§4.4.1.1) into slots.
func readProgramConfig(r *bitReader) ([]slot, error) {
	r.bits(4 + 2 + 4) // element_instance_tag, object_type, sampling_frequency_index
	front, side, back := r.bits(4), r.bits(4), r.bits(4)
	lfe, data, coupling := r.bits(2), r.bits(3), r.bits(4)
	for _, n := range []int{4, 4, 3} { // mono, stereo and matrix mixdown
		if r.flag() {
			r.bits(n)
		}
	}
	elements := func(n int) (pairs []bool) {
		for range n {
			pairs = append(pairs, r.flag())
			r.bits(4) // tag
		}
		return pairs
	}
	frontPairs, sidePairs, backPairs := elements(front), elements(side), elements(back)
	r.bits(4*lfe + 4*data) // at most 40 bits
	r.pos += 5 * coupling
	r.align()
	r.pos += 8 * r.bits(8) // comment
	if r.overrun() {
		return nil, errTruncated
	}
	if coupling > 0 {
		return nil, errors.New("aac: coupling channels")
	}

	return program(frontPairs, sidePairs, backPairs, lfe)
}

// The loudspeakers that pairs and single channels of a program get: each the
// first of its list that is free, and where the list is used up any other, so that what is
// unusual sounds from somewhere. In front the inner pair comes first.
var (
	frontPair     = []slot{{idCPE, frontLeft, frontRight}}
	twoFrontPairs = []slot{{idCPE, frontLeftOfCenter, frontRightOfCenter}, {idCPE, frontLeft, frontRight}}
	sidePair      = []slot{{idCPE, sideLeft, sideRight}}
	backPair      = []slot{{idCPE, backLeft, backRight}}
	otherPairs    = slices.Concat(frontPair, backPair, sidePair, twoFrontPairs)
	singles       = []slot{{idSCE, frontCenter, 0}, {idSCE, backCenter, 0}}
	backSingles   = []slot{{idSCE, backCenter, 0}, {idSCE, frontCenter, 0}}
)

// program assigns loudspeakers to the elements of a program; each is a pair or not.
func program(front, side, back []bool, lfe int) ([]slot, error) {
	var slots []slot
	used := uint32(0)
	add := func(elements []bool, pairs, single []slot) error {
		for _, isPair := range elements {
			from := single
			if isPair {
				from = slices.Concat(pairs, otherPairs)
			}
			free := slices.IndexFunc(from, func(s slot) bool { return used&(s.first|s.second) == 0 })
			if free < 0 {
				return errors.New("aac: a program of too many channels")
			}
			used |= from[free].first | from[free].second
			slots = append(slots, from[free])
		}
		return nil
	}
	pairs := frontPair
	if n := len(slices.DeleteFunc(slices.Clone(front), func(isPair bool) bool { return !isPair })); n > 1 {
		pairs = twoFrontPairs
	}
	err := errors.Join(add(front, pairs, singles), add(side, sidePair, backSingles), add(back, backPair, backSingles))
	if err != nil {
		return nil, err
	}
	if lfe > 0 {
		slots = append(slots, slot{idLFE, lowFrequency, 0})
		used |= lowFrequency
	}
	if n := channelsOf(used); n == 0 || n > maxChannels || lfe > 1 {
		return nil, fmt.Errorf("aac: a program of %d channels", n+max(lfe-1, 0))
	}
	return slots, nil
}
