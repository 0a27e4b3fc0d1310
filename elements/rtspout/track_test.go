package rtspout

import "testing"

// What is left out leaves no hole, also with packets that come late, and when numbers begin again at 0.
func TestNumbers(t *testing.T) {
	for _, first := range []uint16{0, 1000, 65530} {
		tr := &track{}
		for _, step := range []struct {
			offset uint16
			empty  bool
			want   uint16
		}{
			{0, false, 0}, {1, false, 1}, {2, true, 0}, {3, true, 0}, {5, false, 3}, {4, false, 2},
			{7, true, 0}, {6, false, 4}, {8, false, 5}, {1, false, 1},
		} {
			if step.empty {
				tr.leaveOut(first + step.offset)
			} else if n := tr.number(first+step.offset) - first; n != step.want {
				t.Errorf("from %d: packet %d has number %d, want %d", first, step.offset, n, step.want)
			}
		}
		for i := uint16(0); i < 200; i++ {
			tr.leaveOut(first + 9 + i)
		}
		if n := tr.number(first+209) - first; n != 6 {
			t.Errorf("from %d: number %d behind 200 that were left out, want 6", first, n)
		}
	}
}
