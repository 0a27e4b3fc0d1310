package bits

import "testing"

func TestReader(t *testing.T) {
	r := NewReader([]byte{0b1010_0001, 0xff, 0x80})
	for i, want := range []struct{ n, v uint32 }{{1, 1}, {3, 0b010}, {8, 0b0001_1111}, {5, 0b11111}} {
		if got := r.Bits(int(want.n)); got != want.v {
			t.Errorf("field %d: %b, want %b", i, got, want.v)
		}
	}
	r.Skip(6)
	if r.Flag() || r.Overrun() {
		t.Error("the last bit is a zero, and there")
	}
	if r.Bits(3) != 0 || !r.Overrun() {
		t.Error("read past the end unnoticed")
	}
}
