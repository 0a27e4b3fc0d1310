package aac

import "testing"

// TestPulses adds pulses to lines of either sign, as FFmpeg's encoder never does.
func TestPulses(t *testing.T) {
	info := icsInfo{bands: bands48}
	// Two pulses from band 2 (line 8) on: +1 by 3, then +31 by 15.
	r := bitReader{data: []byte{0b01_000010, 0b00001_001, 0b1_11111_11, 0b11_000000}}
	var p pulseData
	if err := p.read(&r, &info); err != nil || r.pos != 26 {
		t.Fatal(err, r.pos)
	}
	var lines [frameSize]int16
	lines[9] = 5
	p.apply(&lines)
	if lines[9] != 8 || lines[40] != -15 {
		t.Errorf("line 9 is %d, want 8; line 40 is %d, want -15", lines[9], lines[40])
	}
	p.start = frameSize - 20
	p.apply(&lines) // beyond the end: no matter
	if err := p.read(&bitReader{data: []byte{0xff, 0xff}}, &info); err == nil {
		t.Error("a band that is not there is taken")
	}
	if err := p.read(&r, &icsInfo{sequence: eightShort}); err == nil {
		t.Error("pulses in short windows are taken")
	}
}

func TestEscape(t *testing.T) {
	for _, c := range []struct {
		line, want int16
		bytes      []byte
	}{
		{3, 3, nil}, {16, 16, []byte{0b0_0000_000}}, {-16, -31, []byte{0b0_1111_000}},
		{16, 63, []byte{0b10_11111_0}}, {-16, -8191, []byte{0xff, 0b0_1111111, 0b11111_000}},
	} {
		if err := readEscape(&bitReader{data: c.bytes}, &c.line); err != nil || c.line != c.want {
			t.Errorf("%x: %d, %v, want %d", c.bytes, c.line, err, c.want)
		}
	}
	line := int16(16)
	if err := readEscape(&bitReader{data: []byte{0xff, 0xff, 0, 0}}, &line); err == nil {
		t.Error("nine ones are taken")
	}
}

// TestGrouping reads which short windows share their scale factors.
func TestGrouping(t *testing.T) {
	var c icsInfo
	// reserved 0, sequence 2, shape 1, max_sfb 5, grouping 1101100.
	if err := c.read(&bitReader{data: []byte{0b0_10_1_0101, 0b1101100_0}}, 3); err != nil {
		t.Fatal(err)
	}
	if c.groups != 4 || c.lengths[0] != 3 || c.lengths[1] != 3 || c.lengths[2] != 1 || c.lengths[3] != 1 || c.shape != 1 {
		t.Errorf("%+v", c)
	}
	if err := c.read(&bitReader{data: []byte{0b0_00_0_1111, 0b11_000000}}, 3); err == nil {
		t.Error("63 bands are taken")
	}
}

// TestIntensity checks the sign and the level of the right channel (§4.6.8.2.3).
func TestIntensity(t *testing.T) {
	for _, c := range []struct {
		book    uint8
		present int
		used    bool
		factor  int16
		want    float32
	}{
		{intensityBook, 0, false, 0, 8}, {intensityNeg, 0, false, 0, -8}, {intensityBook, 1, true, 0, -8},
		{intensityNeg, 1, true, 0, 8}, {intensityBook, 2, true, 0, 8}, {intensityBook, 0, false, 8, 2}, {intensityBook, 0, false, -4, 16},
	} {
		var left, right channel
		right.icsInfo = icsInfo{bands: bands48, maxSFB: 1, groups: 1, lengths: [maxGroups]int{1}}
		right.book[0][0], right.factor[0][0] = c.book, c.factor
		left.spectrum[3] = 8
		p := pairTools{present: c.present}
		p.used[0][0] = c.used
		p.apply(&left, &right)
		if right.spectrum[3] != c.want || left.spectrum[3] != 8 {
			t.Errorf("%+v: %v", c, right.spectrum[3])
		}
	}
}
