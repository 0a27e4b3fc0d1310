package vp8

import "testing"

// TestEncoderLayers leaves out the upper layers, and begins to take them
// where Layer.Sync says so.
func TestEncoderLayers(t *testing.T) {
	t.Parallel()
	for layers := 1; layers <= 3; layers++ {
		e := mustEncoder(t, Config{Width: 32, Height: 32, MinQ: 30, Layers: layers, Partitions: 4})
		defer e.Close()
		// One decoder for each number of layers, and one that begins with the
		// base and takes more as it can.
		decoders := make([]Decoder, layers)
		var growing Decoder
		takes, synced := 0, 0
		f := newFrame(32, 32)
		var last Layer
		for i := range 60 {
			moving(f, i)
			frame, key, err := e.Encode(nil, f, i == 18)
			if err != nil {
				t.Fatal(err)
			}
			l := e.Layer()
			if key && l.ID != 0 || l.ID >= layers || l.ID == 0 && l.Sync {
				t.Fatalf("frame %d: %+v", i, l)
			}
			if base := l.ID == 0; base && l.TL0 != last.TL0+1 || !base && l.TL0 != last.TL0 {
				t.Fatalf("frame %d: %+v behind %+v", i, l, last)
			}
			last = l
			for top := l.ID; top < layers; top++ {
				checkFrame(t, i, e, &decoders[top], frame)
			}
			if l.Sync && i > 37 && l.ID == takes+1 {
				takes = l.ID
			}
			if l.Sync {
				synced |= 1 << l.ID
			}
			if l.ID <= takes {
				checkFrame(t, i, e, &growing, frame)
			}
		}
		if synced != 1<<layers-2 || takes != layers-1 {
			t.Errorf("%d layers: layers that begin somewhere: %b; %d taken", layers, synced, takes+1)
		}
	}
}

// checkFrame decodes frame i, which must be what the encoder reconstructed.
func checkFrame(t *testing.T, i int, e *Encoder, d *Decoder, frame []byte) {
	t.Helper()
	got, err := d.Decode(frame)
	if err != nil {
		t.Fatal(err)
	}
	if !same(got, e.Reconstructed()) {
		t.Fatalf("%d layers, frame %d: another picture", e.config.Layers, i)
	}
}
