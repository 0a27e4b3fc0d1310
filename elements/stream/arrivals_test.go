package stream

import (
	"testing"
	"time"
)

func TestArrivals(t *testing.T) {
	tests := []struct {
		name     string
		seqs     []uint16
		verdicts string // one letter each: n newest, l late, u useless, r restarts
		lost     int64
	}{
		{"in order", []uint16{1, 2, 3}, "nnn", 0},
		{"wraps", []uint16{65534, 65535, 0, 1}, "nnnn", 0},
		{"loss", []uint16{1, 2, 5}, "nnn", 2},
		{"loss over the wrap", []uint16{65533, 2}, "nn", 4},
		{"repaired", []uint16{1, 3, 2}, "nnl", 0},
		{"duplicate of the newest", []uint16{1, 2, 2}, "nnu", 0},
		{"duplicate of a late one", []uint16{1, 3, 2, 2}, "nnlu", 0},
		{"before the first", []uint16{10, 9, 9, 8}, "nlul", 0},
		{"before the first, over the wrap", []uint16{0, 65535}, "nl", 0},
		{"too old", []uint16{2000, 2000 - arrivalWindow}, "nu", 0},
		{"just young enough", []uint16{2000, 2001 - arrivalWindow}, "nl", arrivalWindow - 2},
		{"largest gap", []uint16{1, maxDropout}, "nn", maxDropout - 2},
		{"jump", []uint16{1, 10000, 10001, 10002}, "nurn", 0},
		{"jump back", []uint16{20000, 10000, 10001}, "nur", 0},
		{"single stray", []uint16{1, 10000, 2, 10001, 3}, "nunun", 0},
		{"jump at the wrap", []uint16{30000, 65535, 0}, "nur", 0},
	}
	letters := map[verdict]byte{useless: 'u', newest: 'n', late: 'l', restarts: 'r'}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var a arrivals
			a.begin(tt.seqs[0])
			got := "n"
			for _, seq := range tt.seqs[1:] {
				_, _, v := a.add(seq)
				got += string(letters[v])
			}
			if got != tt.verdicts {
				t.Errorf("verdicts %s, want %s", got, tt.verdicts)
			}
			if a.lost() != tt.lost {
				t.Errorf("%d lost, want %d", a.lost(), tt.lost)
			}
		})
	}
}

func TestArrivalsForgetWhatTheWindowPassed(t *testing.T) {
	var a arrivals
	a.begin(0)
	// Every second packet is lost, so that each slot of the window is used by
	// numbers that came and by numbers that did not.
	for seq := uint16(2); seq < 6*arrivalWindow; seq += 2 {
		if _, gap, v := a.add(seq); v != newest || gap != 1 {
			t.Fatalf("packet %d: verdict %d, gap %d", seq, v, gap)
		}
		if _, _, v := a.add(seq); v != useless {
			t.Fatalf("packet %d taken twice", seq)
		}
	}
	for seq := uint16(5*arrivalWindow + 1); seq < 6*arrivalWindow-2; seq += 2 {
		if _, _, v := a.add(seq); v != late {
			t.Fatalf("missing packet %d: verdict %d", seq, v)
		}
	}
}

func TestArrivalsFraction(t *testing.T) {
	var a arrivals
	a.begin(100)
	for _, seq := range []uint16{101, 102, 103, 108} {
		a.add(seq)
	}
	if got := a.fraction(); got != 4*256/9 {
		t.Errorf("4 of 9 lost: fraction %d", got)
	}
	if got := a.fraction(); got != 0 {
		t.Errorf("nothing since: fraction %d", got)
	}
	a.add(104) // more came than was due
	if got := a.fraction(); got != 0 {
		t.Errorf("repaired: fraction %d", got)
	}
}

func TestArrivalsJitter(t *testing.T) {
	const rate = 90000
	var a arrivals
	a.begin(0)
	at := time.Hour
	for i := range uint32(500) {
		a.timed(i*3000, at+time.Duration(i)*time.Second/30, rate)
	}
	if a.jitter>>4 > 1 { // rounding of 33.3 ms
		t.Errorf("jitter %d ticks without any", a.jitter>>4)
	}
	for i := range uint32(500) {
		wobble := time.Duration(i%2) * 10 * time.Millisecond
		a.timed((500+i)*3000, at+time.Duration(500+i)*time.Second/30+wobble, rate)
	}
	// Each transit differs by 10 ms from the one before: 900 ticks.
	if got := a.jitter >> 4; got < 890 || got > 910 {
		t.Errorf("jitter %d ticks, want about 900", got)
	}
}

func TestMissing(t *testing.T) {
	const trip = 50 * time.Millisecond
	var m missing
	if !m.add(100, 103, 0) {
		t.Fatal("three packets are too many")
	}
	if seqs, next := m.due(trip-1, trip, nil); len(seqs) != 0 || next != trip {
		t.Errorf("asked for %v before a round trip, next at %v", seqs, next)
	}
	if measured, ok := m.arrived(101, trip-1); !ok || measured != trip-1 {
		t.Errorf("round trip measured as %v, %v", measured, ok)
	}
	if _, ok := m.arrived(101, trip); ok {
		t.Error("a packet was missing twice")
	}
	seqs, next := m.due(trip, trip, nil)
	if len(seqs) != 2 || seqs[0] != 100 || seqs[1] != 102 || next != 2*trip {
		t.Errorf("asked for %v, next at %v", seqs, next)
	}
	if _, ok := m.arrived(100, 2*trip); ok {
		t.Error("round trip measured on a packet that was asked for twice")
	}
	tries := 2
	now := next
	for now != never {
		seqs, now = m.due(now, trip, nil)
		tries += len(seqs)
	}
	if tries != maxTries {
		t.Errorf("asked %d times, want %d", tries, maxTries)
	}
}

func TestMissingGivesUpInTime(t *testing.T) {
	var m missing
	m.add(1, 2, 0)
	var last time.Duration
	for now := time.Duration(0); now != never; {
		last = now
		_, now = m.due(now, time.Minute, nil) // a round trip time that cannot be
	}
	if last < maxWait || last > maxWait+mostRetry {
		t.Errorf("given up after %v, want about %v", last, maxWait)
	}
}

func TestMissingIsBounded(t *testing.T) {
	var m missing
	if m.add(0, maxMissing+1, 0) {
		t.Error("took more than it may")
	}
	if !m.add(0, maxMissing, 0) {
		t.Error("did not take what it may")
	}
	if m.add(1000, 1001, 0) || len(m.list) != 0 {
		t.Errorf("kept %d when it was full", len(m.list))
	}
}
