// The probabilities that frame headers change, RFC 6386 §9.9 to §9.11.

package vp8

// probs is what refresh_entropy_probs saves and restores.
type probs struct {
	coefficients coefficientProbs
	yMode        [4]uint8
	uvMode       [3]uint8
	mv           [2]mvProbs // rows, then columns
}

var defaultProbs = probs{
	coefficients: defaultCoefficientProbs,
	yMode:        defaultYModeProbs,
	uvMode:       defaultUVModeProbs,
	mv:           defaultMVProbs,
}

// parseCoefficients reads the updates of RFC 6386 §13.4.
func (p *probs) parseCoefficients(b *boolDecoder) {
	for i := range p.coefficients {
		for j := range p.coefficients[i] {
			for k := range p.coefficients[i][j] {
				node := &p.coefficients[i][j][k]
				for t, update := range &coefficientUpdateProbs[i][j][k] {
					if b.bool(update) {
						node[t] = uint8(b.literal(8))
					}
				}
			}
		}
	}
}

// parseModes reads what follows in inter frames: modes (RFC 6386 §16.2) and
// motion vectors (§17.2).
func (p *probs) parseModes(b *boolDecoder) {
	if b.flag() {
		for i := range p.yMode {
			p.yMode[i] = uint8(b.literal(8))
		}
	}
	if b.flag() {
		for i := range p.uvMode {
			p.uvMode[i] = uint8(b.literal(8))
		}
	}
	for i := range p.mv {
		for j, update := range &mvUpdateProbs[i] {
			if b.bool(update) {
				// Seven bits, of which 0 stands for 1: a probability is never 0.
				p.mv[i][j] = uint8(max(b.literal(7)<<1, 1))
			}
		}
	}
}
