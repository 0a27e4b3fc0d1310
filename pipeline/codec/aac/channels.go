package aac

import (
	"errors"
	"fmt"
	"math/bits"
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

// readProgramConfig reads a program_config_element (§4.4.1.1) into slots. Pairs
// in front are seen from the middle outwards, as the standard orders them.
func readProgramConfig(r *bitReader) ([]slot, error) {
	r.bits(4 + 2 + 4) // element_instance_tag, object_type, sampling_frequency_index
	front, side, back := r.bits(4), r.bits(4), r.bits(4)
	lfe, data, coupling := r.bits(2), r.bits(3), r.bits(4)
	for _, n := range []int{4, 4, 3} { // mono, stereo and matrix mixdown
		if r.flag() {
			r.bits(n)
		}
	}
	pairsInFront := 0
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

	for _, pair := range frontPairs {
		if pair {
			pairsInFront++
		}
	}
	pairs := []slot{{idCPE, frontLeft, frontRight}}
	if pairsInFront > 1 {
		pairs = []slot{{idCPE, frontLeftOfCenter, frontRightOfCenter}, {idCPE, frontLeft, frontRight}}
	}
	var slots []slot
	used := uint32(0)
	add := func(isPair []bool, pairs []slot, single []slot) error {
		for _, p := range isPair {
			from := &single
			if p {
				from = &pairs
			}
			if len(*from) == 0 || used&((*from)[0].first|(*from)[0].second) != 0 {
				return errors.New("aac: a program of unusual channels")
			}
			used |= (*from)[0].first | (*from)[0].second
			slots = append(slots, (*from)[0])
			*from = (*from)[1:]
		}
		return nil
	}
	backSingle := []slot{{idSCE, backCenter, 0}}
	err := errors.Join(
		add(frontPairs, pairs, []slot{{idSCE, frontCenter, 0}}),
		add(sidePairs, []slot{{idCPE, sideLeft, sideRight}}, nil),
		add(backPairs, []slot{{idCPE, backLeft, backRight}}, backSingle),
	)
	if err == nil && lfe > 0 {
		slots = append(slots, slot{idLFE, lowFrequency, 0})
		used |= lowFrequency
	}
	if n := channelsOf(used); err == nil && (n == 0 || n > maxChannels || lfe > 1) {
		err = fmt.Errorf("aac: a program of %d channels", n)
	}
	return slots, err
}
