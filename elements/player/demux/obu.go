package demux

import (
	"fmt"

	"github.com/rivero-media/rivero/pipeline/codec/av1"
)

// OBUs turns the AV1 samples of a container into temporal units as a pipeline has them: each OBU with its size, no temporal
// delimiters, key frames with a sequence header.
type OBUs struct {
	sequence []byte
	unit     []byte
}

// NewAV1 reads an AV1CodecConfigurationRecord (AV1 in ISO BMFF §2.3.3); an empty one says nothing.
func NewAV1(record []byte) *OBUs {
	o := &OBUs{}
	if len(record) > 4 {
		if _, obu, err := av1.FindSequence(record[4:]); err == nil {
			o.sequence = obu.AppendTo(nil)
		}
	}
	return o
}

// Frame converts one sample. The result is valid until the next call.
func (o *OBUs) Frame(sample []byte, key bool) ([]byte, error) {
	o.unit = o.unit[:0]
	if key && len(o.sequence) > 0 {
		if _, _, err := av1.FindSequence(sample); err != nil {
			o.unit = append(o.unit, o.sequence...)
		}
	}
	for len(sample) > 0 {
		obu, rest, err := av1.NextOBU(sample)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrFormat, err)
		}
		if obu.Type != av1.TemporalDelimiterOBU && obu.Type != av1.TileListOBU {
			o.unit = obu.AppendTo(o.unit)
		}
		sample = rest
	}
	return o.unit, nil
}
